"""Where a run of SGD begins: from scratch by the paper's settings, or at a checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.cli.options import read_device
from nn_bridge.data.datasets import Dataset, load_dataset
from nn_bridge.training.checkpoints import Checkpoint, NetworkSpec, read_checkpoint
from nn_bridge.training.sgd import SgdSettings, check_training

#: The paper's settings: experiment 5.1 for MNIST, 5.2 (ICML version) for the others.
_PAPER: dict[str, dict[str, Any]] = {
    "mnist-parity": {"network": "mlp-100", "learning_rate": 0.01, "samples": 10_000, "epochs": 500},
    "fashion-mnist": {"network": "fc", "learning_rate": 0.1, "epochs": 100},
    "cifar-10": {"network": "cnn", "learning_rate": 0.05, "epochs": 100},
}
_DEFAULTS = {"batch_size": 100, "loss": "mean-square", "seed": 0, "keep": (0, 50, 500)}


@dataclass(frozen=True)
class Beginning:
    """Network and data on their device, and how SGD goes on from there.

    Attributes
    ----------
    network : torch.nn.Module
    spec : NetworkSpec
        How it was built.
    dataset : Dataset
    settings : SgdSettings
    epoch : int
        Epochs that led to the weights.
    checkpoint : Checkpoint or None
        Where the weights are from; None from scratch.
    """

    network: nn.Module
    spec: NetworkSpec
    dataset: Dataset
    settings: SgdSettings
    epoch: int = 0
    checkpoint: Checkpoint | None = None


def plan_training(dataset: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return all settings: those given, the paper's for ``dataset`` where None.

    Raises
    ------
    InputError
        If the data set is unknown.
    """
    if dataset not in _PAPER:
        raise InputError(f"data set {dataset!r} is unknown; choose one of {', '.join(_PAPER)}")
    chosen = {name: value for name, value in given.items() if value is not None}
    empty = dict.fromkeys(given)
    return {"dataset": dataset, **empty, **_DEFAULTS, **_PAPER[dataset], **chosen}


def begin_from_scratch(
    plan: dict[str, Any], data_dir: Path | None, allow_unofficial: bool, device: str
) -> Beginning:
    """Return the beginning that ``plan`` describes, freshly initialised.

    Raises
    ------
    InputError
        If network, data, settings and device do not fit one another.
    """
    target = read_device(device)
    spec = NetworkSpec(
        name=plan["network"],
        width=plan["width"],
        ghost_batch_size=plan["ghost_batch_size"],
        seed=plan["seed"],
    )
    network = spec.build()
    dataset = load_dataset(
        plan["dataset"],
        data_dir=data_dir,
        samples=plan["samples"],
        allow_unofficial=allow_unofficial,
    )
    settings = SgdSettings(plan["learning_rate"], plan["batch_size"], plan["loss"], plan["seed"])
    return _checked(Beginning(network.to(target), spec, dataset.to(target), settings))


def begin_at_checkpoint(
    path: Path, given: dict[str, Any], data_dir: Path | None, device: str
) -> Beginning:
    """Return the beginning at a checkpoint, on its data; ``given`` may change how it goes on.

    Raises
    ------
    InputError
        As :func:`begin_from_scratch` does, or if the checkpoint cannot be read.
    """
    target = read_device(device)
    checkpoint = read_checkpoint(path)
    record = checkpoint.record
    network = checkpoint.network().to(target)
    dataset = record.data.load(data_dir, given["samples"]).to(target)
    own: dict[str, Any] = {
        "learning_rate": record.learning_rate,
        "batch_size": record.batch_size,
        # Not the batches that led here.
        "seed": record.seed + 1,
    }
    chosen = {name: own[name] if given[name] is None else given[name] for name in own}
    settings = SgdSettings(loss=record.loss, **chosen)
    return _checked(Beginning(network, record.network, dataset, settings, record.epoch, checkpoint))


def _checked(beginning: Beginning) -> Beginning:
    check_training(beginning.network, beginning.dataset, beginning.settings)
    return beginning
