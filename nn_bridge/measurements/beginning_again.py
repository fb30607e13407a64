"""Where a measurement that was stopped began: network, data and settings from its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.data.datasets import Dataset
from nn_bridge.data.own_data import AnyData, as_dataset
from nn_bridge.results.provenance import (
    Provenance,
    is_whole,
    read_provenance,
    settings_again,
)
from nn_bridge.training.beginning import Place, WeightsOrigin, begin_at_checkpoint
from nn_bridge.training.networks import OWN, NetworkSpec
from nn_bridge.training.several_inputs import taking_one_tensor
from nn_bridge.training.sgd import SgdSettings


@dataclass(frozen=True)
class BegunMeasurement:
    """A measurement in a folder, at its beginning."""

    provenance: Provenance
    network: nn.Module
    dataset: Dataset
    sgd: SgdSettings
    origin: WeightsOrigin


def begin_again(
    folder: Path, command: str, *, network: nn.Module | None, data: AnyData | None, place: Place
) -> BegunMeasurement:
    """Return what the measurement in ``folder`` began with.

    Raises
    ------
    InputError
        If the folder is of another command, finished, or of an older version; network or data
        are of the user's own and not given; or data or checkpoint are others than before.
    """
    provenance = read_provenance(folder)
    if provenance.command != command:
        raise InputError(
            f"{folder} is of nn-bridge {provenance.command}; name a folder of {command}"
        )
    if is_whole(folder):
        raise InputError(f"{folder} is finished; there is nothing to resume")
    given = provenance.settings
    with settings_again(folder):
        sgd = SgdSettings(*(given[key] for key in ("learning_rate", "batch_size", "loss", "seed")))
        found, dataset, origin = _problem(provenance, network, data, place)
    if (dict(dataset.sha256), len(dataset)) != (provenance.data.sha256, provenance.data.samples):
        raise InputError("the data are not those of the measurement (sha256 or number differs)")
    return BegunMeasurement(provenance, found, dataset, sgd, origin)


def _problem(
    provenance: Provenance, network: nn.Module | None, data: AnyData | None, place: Place
) -> tuple[nn.Module, Dataset, WeightsOrigin]:
    if provenance.checkpoints and network is None:
        (known,) = provenance.checkpoints
        start = begin_at_checkpoint(Path(known.path), place, samples=provenance.data.samples)
        read = start.origin.checkpoint
        if read is None or read.sha256 != known.sha256:
            raise InputError(f"{known.path} is not the checkpoint of the measurement any more")
        return start.network, start.dataset, start.origin
    spec = NetworkSpec.model_validate(provenance.settings.get("network", {}))
    if network is None:
        if spec.name == OWN:
            raise InputError(
                "the measurement is of a network of your own; build it and give it as network="
            )
        network = spec.build().to(place.find_device())
    dataset = provenance.data.load(place.data_dir) if data is None else as_dataset(data)
    device = next(network.parameters()).device
    return (
        taking_one_tensor(network, dataset),
        dataset.to(device),
        WeightsOrigin(spec, provenance.settings.get("first_epoch", 0)),
    )
