"""A training run in a folder: checkpoints as it goes, and the same bits when it is resumed."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.data.datasets import Dataset
from nn_bridge.training.checkpoints import (
    Checkpoint,
    TrainingRecord,
    read_checkpoint,
    save_checkpoint,
)
from nn_bridge.training.finished_epochs import FinishedEpochs
from nn_bridge.training.sgd import AfterEpoch, descend, full_loss

_LATEST = "latest.safetensors"
_SECONDS_BETWEEN_SAVES = 10.0


@dataclass(frozen=True)
class KeptCheckpoint:
    """A point of a run that stays: the loss over all samples, and its file if there is one."""

    epoch: int
    loss: float
    path: Path | None


def checkpoint_path(folder: Path, epoch: int) -> Path:
    """Return where the checkpoint after ``epoch`` epochs lies in a training folder."""
    return folder / "checkpoints" / f"epoch-{epoch:05d}.safetensors"


def latest_checkpoint(folder: Path) -> Checkpoint:
    """Return the checkpoint with the most epochs done: there a run in ``folder`` is resumed.

    Raises
    ------
    InputError
        If there is none or it cannot be read.
    """
    latest = read_checkpoint(folder / "checkpoints" / _LATEST)
    kept = sorted((folder / "checkpoints").glob("epoch-*.safetensors"))[-1:]
    return max(
        [latest, *map(read_checkpoint, kept)], key=lambda checkpoint: checkpoint.record.epoch
    )


def train_in_folder(
    folder: Path,
    network: nn.Module,
    dataset: Dataset,
    record: TrainingRecord,
    epochs: int,
    keep: Collection[int],
    *,
    after_epoch: AfterEpoch | None = None,
    after_step: Callable[[], None] | None = None,
) -> TrainingRecord:
    """Train from the state of ``record`` to ``epochs``; return the record at the end.

    The state is saved every ten seconds, at the end and on Ctrl-C (``latest``), and after the
    epochs in ``keep`` under their own names, also where ``keep`` has 0. A run that was killed
    and is resumed from :func:`latest_checkpoint` ends with the same bits, on the same machine
    and number of threads, as one that was not: there is no state but weights and epoch.

    Parameters
    ----------
    folder : Path
        Exists already.
    network : Module
        With the weights of ``record.epoch``.
    dataset : Dataset
    record : TrainingRecord
    epochs : int
        At the end, those of ``record`` included.
    keep : collection of int
        Epochs whose checkpoints stay.
    after_epoch, after_step : callable, optional
        See :func:`~nn_bridge.training.sgd.descend`.

    Raises
    ------
    InputError
        As :func:`~nn_bridge.training.sgd.descend` does; what was saved before stays.
    """
    (folder / "checkpoints").mkdir(exist_ok=True)
    latest, saved_at = folder / "checkpoints" / _LATEST, time.monotonic()
    done = FinishedEpochs(network, record.losses)

    def state() -> TrainingRecord:
        return record.model_copy(update={"epoch": len(done.losses), "losses": done.losses})

    def save(epoch: int, loss: float) -> None:
        nonlocal saved_at
        done.add(loss)
        if epoch in keep:
            save_checkpoint(checkpoint_path(folder, epoch), network, state())
        if epoch == epochs or time.monotonic() - saved_at > _SECONDS_BETWEEN_SAVES:
            save_checkpoint(latest, network, state())
            saved_at = time.monotonic()
        if after_epoch is not None:
            after_epoch(epoch, loss)

    try:
        _save_start(folder, network, record, keep)
        descend(
            network, dataset, record.sgd, epochs,
            first_epoch=record.epoch, after_epoch=save, after_step=after_step,
        )  # fmt: skip
    except KeyboardInterrupt:
        done.restore()
        save_checkpoint(latest, network, state())
        raise
    return state()


def _save_start(
    folder: Path, network: nn.Module, record: TrainingRecord, keep: Collection[int]
) -> None:
    if record.epoch > 0:
        return
    save_checkpoint(folder / "checkpoints" / _LATEST, network, record)
    if 0 in keep:
        save_checkpoint(checkpoint_path(folder, 0), network, record)


def kept_checkpoints(
    folder: Path, network: nn.Module, dataset: Dataset, epochs: Collection[int]
) -> list[KeptCheckpoint]:
    """Return those of ``epochs`` that are there, with ``L(θ)``, for networks like ``network``."""
    kept, network = [], copy.deepcopy(network)
    for epoch in sorted(epochs):
        path = checkpoint_path(folder, epoch)
        if path.exists():
            checkpoint = read_checkpoint(path)
            checkpoint.restore(network)
            kept.append(
                KeptCheckpoint(epoch, full_loss(network, dataset, checkpoint.record.loss), path)
            )
    return kept


def require_later(epochs: int, record: TrainingRecord) -> None:
    """Refuse to "resume" to an epoch that is past.

    Raises
    ------
    InputError
        If ``epochs`` is before the record's.
    """
    if epochs < record.epoch:
        raise InputError(f"epochs {epochs} is before epoch {record.epoch} of the run; ask for more")
