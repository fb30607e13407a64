"""Where a measurement begins: from scratch by a plan, or at checkpoints; on their device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.data.datasets import Dataset, load_dataset
from nn_bridge.training.checkpoints import Checkpoint, TrainingRecord, read_checkpoint
from nn_bridge.training.networks import NetworkSpec
from nn_bridge.training.paper import TrainingPlan
from nn_bridge.training.sgd import SgdSettings


@dataclass(frozen=True)
class Place:
    """Where data are found and networks evaluated.

    Attributes
    ----------
    data_dir : Path or None
        See :func:`~nn_bridge.data.datasets.load_dataset`.
    device : str
        "cpu" or "cuda".
    """

    data_dir: Path | None = None
    device: str = "cpu"

    def find_device(self) -> torch.device:
        """Return the device, if it is there, set so that it computes as exactly as a CPU does.

        Raises
        ------
        InputError
            If it is not.
        """
        name = self.device
        if name == "cpu":
            return torch.device(name)
        if name == "cuda" and torch.cuda.is_available():
            # By default its convolutions round to ten bits, and add in whatever order comes.
            torch.backends.cudnn.allow_tf32 = False
            torch.backends.cudnn.deterministic = True
            return torch.device(name)
        raise InputError(f"device {name} is not available here; use cpu")


@dataclass(frozen=True)
class WeightsOrigin:
    """Where the weights of a network are from, as far as that is known.

    Attributes
    ----------
    network : NetworkSpec
        How the network was built; by default one of the user's own.
    epoch : int
        Epochs that led to the weights.
    checkpoint : Checkpoint or None
        The file that they were read from.
    """

    network: NetworkSpec = NetworkSpec()  # noqa: RUF009 (frozen)
    epoch: int = 0
    checkpoint: Checkpoint | None = None


#: Of a network of the user's own.
UNKNOWN = WeightsOrigin()


@dataclass(frozen=True)
class Beginning:
    """Network and data on their device, and how SGD goes on from there.

    Attributes
    ----------
    network : torch.nn.Module
    dataset : Dataset
    settings : SgdSettings
    origin : WeightsOrigin
    """

    network: nn.Module
    dataset: Dataset
    settings: SgdSettings
    origin: WeightsOrigin


def begin_from_scratch(
    plan: TrainingPlan, place: Place, *, allow_unofficial: bool = False
) -> Beginning:
    """Return the beginning that ``plan`` describes, freshly initialised.

    Raises
    ------
    InputError
        If network, data or device are not there.
    """
    device = place.find_device()
    spec = plan.spec
    network = spec.build()
    dataset = load_dataset(
        plan.dataset,
        data_dir=place.data_dir,
        samples=plan.samples,
        allow_unofficial=allow_unofficial,
        scaling=plan.scaling,
    )
    settings = SgdSettings(plan.learning_rate, plan.batch_size, plan.loss, plan.seed)
    return Beginning(network.to(device), dataset.to(device), settings, WeightsOrigin(spec))


def begin_at_checkpoint(
    path: Path,
    place: Place,
    *,
    samples: int | None = None,
    learning_rate: float | None = None,
    batch_size: int | None = None,
    seed: int | None = None,
) -> Beginning:
    """Return the beginning at a checkpoint, on its data or the first ``samples`` of them.

    SGD goes on as it led there, but for what is given; its seed is one more, so that the
    batches are others.

    Raises
    ------
    InputError
        If device, checkpoint or data are not there, or a setting is out of range.
    """
    device = place.find_device()
    checkpoint = read_checkpoint(path)
    checkpoint.network()  # first refuse what is wrong with it: data may have to be downloaded
    dataset = checkpoint.record.data.load(place.data_dir, samples).to(device)
    return begin_with(
        checkpoint, dataset, learning_rate=learning_rate, batch_size=batch_size, seed=seed
    )


def begin_with(
    checkpoint: Checkpoint,
    dataset: Dataset,
    *,
    learning_rate: float | None = None,
    batch_size: int | None = None,
    seed: int | None = None,
) -> Beginning:
    """Return the beginning of :func:`begin_at_checkpoint` on data that are loaded already.

    Raises
    ------
    InputError
        If a weight is not finite, or a setting is out of range.
    """
    record = checkpoint.record
    settings = SgdSettings(
        learning_rate=record.learning_rate if learning_rate is None else learning_rate,
        batch_size=record.batch_size if batch_size is None else batch_size,
        loss=record.loss,
        seed=record.seed + 1 if seed is None else seed,
    )
    network = checkpoint.network().to(dataset.inputs.device)
    return Beginning(network, dataset, settings, origin_of(checkpoint))


def begin_at_checkpoints(
    paths: Sequence[Path], place: Place, *, samples: int | None = None
) -> list[Beginning]:
    """Return the beginnings at checkpoints of one run, in the order of their epochs.

    Raises
    ------
    InputError
        As :func:`begin_at_checkpoint` does, or if they are not of one run, each of another epoch.
    """
    device = place.find_device()
    checkpoints = sorted(map(read_checkpoint, paths), key=lambda found: found.record.epoch)
    runs = {
        checkpoint.record.model_dump_json(exclude={"losses", "epoch"}) for checkpoint in checkpoints
    }
    epochs = {checkpoint.record.epoch for checkpoint in checkpoints}
    if len(runs) > 1 or len(epochs) < len(checkpoints):
        raise InputError("the checkpoints must be of one run, each of another epoch")
    record: TrainingRecord = checkpoints[0].record
    networks = [checkpoint.network().to(device) for checkpoint in checkpoints]
    dataset = record.data.load(place.data_dir, samples).to(device)
    return [
        Beginning(network, dataset, record.sgd, origin_of(checkpoint))
        for checkpoint, network in zip(checkpoints, networks, strict=True)
    ]


def origin_of(checkpoint: Checkpoint) -> WeightsOrigin:
    """Return where the weights of a checkpoint are from."""
    return WeightsOrigin(checkpoint.record.network, checkpoint.record.epoch, checkpoint)
