"""Train a network, in memory or in a folder."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from torch import nn

from landscape_sim.validation import InputError, require_count
from nn_bridge.data.datasets import Dataset
from nn_bridge.data.description import DataSpec
from nn_bridge.data.own_data import AnyData, as_dataset
from nn_bridge.measurements.training_history import TrainingHistory
from nn_bridge.results.progress import Part, Progress, silent
from nn_bridge.results.provenance import Provenance, provenance_of
from nn_bridge.results.storing import measure_and_store
from nn_bridge.training.beginning import UNKNOWN, WeightsOrigin
from nn_bridge.training.checkpoints import TrainingRecord
from nn_bridge.training.finished_epochs import FinishedEpochs
from nn_bridge.training.folder import (
    KeptCheckpoint,
    kept_checkpoints,
    latest_checkpoint,
    train_in_folder,
)
from nn_bridge.training.networks import OWN, BuiltNetwork
from nn_bridge.training.several_inputs import taking_one_tensor
from nn_bridge.training.sgd import SgdSettings, check_training, descend, full_loss


# Wide: what is trained (4), and what is kept, told and known of it.
def train(
    network: nn.Module,
    data: AnyData,
    settings: SgdSettings,
    epochs: int,
    *,
    out: Path | str | None = None,
    keep: Collection[int] = (),
    origin: WeightsOrigin = UNKNOWN,
    progress: Progress = silent,
) -> TrainingHistory:
    """Train ``network`` in place by plain SGD, ``θ_{k+1} = θ_k − η ∇L_{B_k}(θ_k)``.

    Parameters
    ----------
    network : torch.nn.Module
        Of any kind; on the device and in the dtype of the data. It is trained in the mode that it
        is in: dropout draws from torch's global generator, which ``settings.seed`` does not
        set. Losses over all samples are those in evaluation mode.
    data : Dataset, pair of tensors, or torch.utils.data.Dataset
        See :func:`~nn_bridge.data.own_data.as_dataset`.
    settings : SgdSettings
        ``η``, ``B``, loss and seed of the batches.
    epochs : int
        0 or more.
    out : path, optional
        Folder to create, for checkpoints as it goes, history, figure and ``run.json``. The run
        can be continued there by :func:`~nn_bridge.measurements.resuming.resume_training`.
    keep : collection of int
        Epochs whose checkpoints stay in ``out``, besides the last; those beyond ``epochs`` count
        where the run is resumed to more.
    origin : WeightsOrigin
        How the network was built; by default as
        :func:`~nn_bridge.training.networks.build_network` says, if it did that.
    progress : callable, optional
        See :data:`~nn_bridge.results.progress.Progress`.

    Returns
    -------
    TrainingHistory
        On Ctrl-C, of the epochs that were done; the network is at the end of the last of them.

    Raises
    ------
    InputError
        If network, origin, loss and data do not fit one another, an epoch is out of range, or the
        loss is no longer finite.
    """
    dataset = as_dataset(data)
    network = taking_one_tensor(network, dataset)
    check_training(network, dataset, settings)
    _check_epochs(epochs, keep, out)
    # What was trained before has its spec still, and no longer the weights from its seed.
    seeds, origin = _seeds(origin, settings), _origin_of(network, origin)
    record = TrainingRecord(
        **asdict(settings), network=origin.network, data=DataSpec.of(dataset), epoch=0
    )
    provenance = provenance_of(
        "train",
        {
            "network": origin.network.model_dump(),
            **asdict(settings),
            "epochs": epochs,
            "keep": sorted(keep),
        },
        dataset,
        seeds=seeds,
    )
    run = Run(provenance, network, dataset, epochs, frozenset(keep), progress)
    return measure_and_store(
        provenance,
        out,
        lambda keeper: (
            run.in_memory(record) if keeper.folder is None else run.in_folder(keeper.folder, record)
        ),
    )


def _check_epochs(epochs: int, keep: Collection[int], out: Path | str | None) -> None:
    require_count("epochs", epochs, minimum=0)
    for epoch in keep:
        require_count("keep", epoch, minimum=0)
    if keep and out is None:
        raise InputError("keep asks for checkpoints, and there is no folder; name one as out")


def _origin_of(network: nn.Module, origin: WeightsOrigin) -> WeightsOrigin:
    """Return how the network was built, if it or ``origin`` says so."""
    if origin.epoch:
        raise InputError(
            f"the origin is at epoch {origin.epoch}, and train begins at 0; continue a run with "
            "resume_training, or leave the origin out"
        )
    if origin is not UNKNOWN:
        origin.network.require_built(network)
    elif isinstance(network, BuiltNetwork):
        try:
            network.spec.require_built(network)
        except InputError:
            # Its layers were changed since: it is the user's own now.
            return UNKNOWN
        return WeightsOrigin(network.spec)
    return origin


def _seeds(origin: WeightsOrigin, settings: SgdSettings) -> dict[str, int]:
    """Return the seed of the batches, and that of the weights where ``origin`` says it."""
    spec = origin.network
    if spec.name == OWN:
        return {"batches": settings.seed}
    if spec.seed == settings.seed:
        return {"weights and batches": settings.seed}
    return {"weights": spec.seed, "batches": settings.seed}


@dataclass(frozen=True)
class Run:
    """A run to ``epochs``, with or without a folder."""

    provenance: Provenance
    network: nn.Module
    dataset: Dataset
    epochs: int
    keep: frozenset[int]
    progress: Progress

    def in_folder(self, folder: Path, record: TrainingRecord) -> TrainingHistory:
        """Go on from ``record`` and leave checkpoints in ``folder``."""
        keep, part, is_complete = {*self.keep, self.epochs}, self._part(record), True
        try:
            record = train_in_folder(
                folder,
                self.network,
                self.dataset,
                record,
                self.epochs,
                keep,
                after_epoch=lambda epoch, loss: part.note(_note(epoch, loss)),
                after_step=part.advance,
            )
        except KeyboardInterrupt:
            record, is_complete = latest_checkpoint(folder).record, False
        kept = kept_checkpoints(folder, self.network, self.dataset, keep)
        return self._history(record, kept, is_complete)

    def in_memory(self, record: TrainingRecord) -> TrainingHistory:
        """Go on from ``record`` and leave nothing but the network."""
        part, is_complete = self._part(record), True
        done = FinishedEpochs(self.network, record.losses)
        first = self._point(record.epoch, record.loss)

        def after_epoch(epoch: int, loss: float) -> None:
            done.add(loss)
            part.note(_note(epoch, loss))

        try:
            descend(
                self.network,
                self.dataset,
                record.sgd,
                self.epochs,
                first_epoch=record.epoch,
                after_epoch=after_epoch,
                after_step=part.advance,
            )
        except KeyboardInterrupt:
            done.restore()
            if not done.losses:
                raise
            is_complete = False
        record = record.model_copy(update={"epoch": len(done.losses), "losses": done.losses})
        last = self._point(record.epoch, record.loss)
        return self._history(record, [first, last] if done.losses else [first], is_complete)

    def _part(self, record: TrainingRecord) -> Part:
        n_steps = (self.epochs - record.epoch) * (len(self.dataset) // record.batch_size)
        return Part(self.progress, "training", n_steps, "steps")

    def _point(self, epoch: int, loss: str) -> KeptCheckpoint:
        return KeptCheckpoint(epoch, full_loss(self.network, self.dataset, loss), None)

    def _history(
        self, record: TrainingRecord, kept: list[KeptCheckpoint], is_complete: bool
    ) -> TrainingHistory:
        return TrainingHistory(
            record=record, kept=tuple(kept), provenance=self.provenance, is_complete=is_complete
        )


def _note(epoch: int, loss: float) -> str:
    return f"epoch {epoch}, loss {loss:.4g}"
