"""Continue a training run from its folder, also one of a network and data of the user's own."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, NonNegativeInt, ValidationError
from torch import nn

from landscape_sim.validation import InputError, require_count
from nn_bridge.data.datasets import Dataset
from nn_bridge.data.own_data import AnyData, as_dataset
from nn_bridge.measurements.training_history import TrainingHistory
from nn_bridge.measurements.training_runs import Run
from nn_bridge.results.command_line import command_line
from nn_bridge.results.progress import Progress, silent
from nn_bridge.results.provenance import Provenance, read_provenance
from nn_bridge.training.beginning import Place
from nn_bridge.training.checkpoints import Checkpoint, TrainingRecord
from nn_bridge.training.folder import latest_checkpoint, require_later
from nn_bridge.training.networks import OWN
from nn_bridge.training.several_inputs import taking_one_tensor
from nn_bridge.training.sgd import check_training


class _Plan(BaseModel):
    """What ``run.json`` says of a run: how far it was to go, and what stays."""

    epochs: NonNegativeInt
    keep: frozenset[NonNegativeInt]

    @classmethod
    def of(cls, provenance: Provenance, folder: Path) -> _Plan:
        if provenance.command != "train":
            raise InputError(
                f"{folder} is of nn-bridge {provenance.command}; name a folder of train"
            )
        try:
            return cls.model_validate(provenance.settings)
        except ValidationError as error:
            raise InputError(f"the run.json in {folder} is damaged; train anew") from error


def resume_training(
    folder: Path | str,
    epochs: int | None = None,
    *,
    network: nn.Module | None = None,
    data: AnyData | None = None,
    place: Place = Place(),  # noqa: B008 (frozen)
    progress: Progress = silent,
) -> TrainingHistory:
    """Continue the run in ``folder``, to ``epochs`` in all if given.

    The result has the same bits as if the run had not been stopped.

    Parameters
    ----------
    folder : path
        That :func:`~nn_bridge.measurements.training_runs.train` was given as ``out``.
    epochs : int, optional
        In all; by default those that the run was to have.
    network : torch.nn.Module, optional
        Of the same architecture, to be filled with the weights and trained; by default the
        network is built anew, if it is one of the paper's.
    data : Dataset, pair of tensors, or torch.utils.data.Dataset, optional
        The same as before; by default they are loaded again, if they are of the paper's.
    place : Place
        Where to find data, and where to build the network.
    progress : callable, optional
        See :data:`~nn_bridge.results.progress.Progress`.

    Raises
    ------
    InputError
        If the folder holds no training run, it is further than ``epochs``, network or data are of
        the user's own and not given, or they are others than before.
    """
    folder = Path(folder)
    provenance = read_provenance(folder)
    plan = _Plan.of(provenance, folder)
    checkpoint = latest_checkpoint(folder)
    record = checkpoint.record
    epochs = plan.epochs if epochs is None else require_count("epochs", epochs, minimum=0)
    require_later(epochs, record)
    network = _network_again(checkpoint, network, place)
    dataset = _data_again(record, data, place).to(next(network.parameters()).device)
    network = taking_one_tensor(network, dataset)
    check_training(network, dataset, record.sgd)
    checkpoint.restore(network)
    provenance = provenance.model_copy(
        update={
            "settings": {**provenance.settings, "epochs": epochs},
            "device": str(dataset.inputs.device),
            "command_line": command_line(),
        }
    )
    # Before the first step: a run that is killed can then be resumed to the same end.
    provenance.write(folder, is_complete=False)
    run = Run(provenance, network, dataset, epochs, plan.keep, progress)
    history = run.in_folder(folder, record)
    history.write_into(folder)
    return history


def _network_again(checkpoint: Checkpoint, network: nn.Module | None, place: Place) -> nn.Module:
    if network is not None:
        return network
    if checkpoint.record.network.name == OWN:
        raise InputError("the run is of a network of your own; build it and give it as network=")
    weight = next(iter(checkpoint.weights.values()))
    return checkpoint.network(weight.dtype).to(place.find_device())


def _data_again(record: TrainingRecord, data: AnyData | None, place: Place) -> Dataset:
    if data is None:
        return record.data.load(place.data_dir)
    dataset = as_dataset(data)
    if (dict(dataset.sha256), len(dataset)) != (record.data.sha256, record.data.samples):
        raise InputError(
            f"the data are not those of the run: {len(dataset)} samples where it had "
            f"{record.data.samples}, or another sha256; give the same data"
        )
    return dataset
