"""Train in a results folder, or continue there, and leave history, figure and record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import xarray as xr

from landscape_sim.console.progress import live_bar
from landscape_sim.results_folder import write_dataset
from landscape_sim.validation import InputError
from nn_bridge.cli.beginning import Beginning
from nn_bridge.cli.options import read_device
from nn_bridge.data.datasets import Dataset
from nn_bridge.measurements.run_record import RunRecord, read_run_record
from nn_bridge.plots.training import plot_history
from nn_bridge.training.checkpoints import DataSpec, TrainingRecord
from nn_bridge.training.folder import (
    KeptCheckpoint,
    kept_checkpoints,
    latest_checkpoint,
    require_later,
    train_in_folder,
)
from nn_bridge.training.sgd import check_training


def run_training(plan: dict[str, Any], beginning: Beginning, out: Path | None) -> dict[str, Any]:
    """Train as ``plan`` says in a new folder; return the ``--json`` document.

    Raises
    ------
    InputError
        If the folder exists, or the run diverges: what it had saved stays.
    """
    settings = beginning.settings
    state = TrainingRecord(
        network=beginning.spec,
        data=DataSpec.of(beginning.dataset),
        learning_rate=settings.learning_rate,
        batch_size=settings.batch_size,
        loss=settings.loss,
        seed=settings.seed,
        epoch=0,
    )
    run = RunRecord(
        command="train",
        settings={**plan, "keep": list(plan["keep"])},
        data=state.data,
        seeds={"weights and batches": settings.seed},
        device=str(beginning.dataset.inputs.device),
    )
    with run.started_folder(out) as folder:
        return _train(folder, run, beginning.network, beginning.dataset, state)


def resume_training(
    folder: Path, epochs: int | None, data_dir: Path | None, device: str
) -> dict[str, Any]:
    """Continue the run in ``folder``, to ``epochs`` if given; return the ``--json`` document.

    Raises
    ------
    InputError
        If the folder holds no training run, it is further than ``epochs``, or its data cannot
        be loaded again.
    """
    target = read_device(device)
    run = read_run_record(folder)
    if run.command != "train":
        raise InputError(f"{folder} is of nn-bridge {run.command}; name a folder of train")
    checkpoint = latest_checkpoint(folder)
    epochs = run.settings["epochs"] if epochs is None else epochs
    require_later(epochs, checkpoint.record)
    settings = {**run.settings, "epochs": epochs}
    run = run.model_copy(update={"settings": settings, "device": str(target)})
    dataset = checkpoint.record.data.load(data_dir).to(target)
    network = checkpoint.network().to(target)
    check_training(network, dataset, checkpoint.record.sgd)
    # Before the first step: a run that is killed can then be resumed to the same end.
    run.write(folder, is_complete=False)
    return _train(folder, run, network, dataset, checkpoint.record)


def _train(
    folder: Path, run: RunRecord, network: torch.nn.Module, dataset: Dataset, state: TrainingRecord
) -> dict[str, Any]:
    epochs = run.settings["epochs"]
    keep = {*run.settings["keep"], epochs}
    n_steps = (epochs - state.epoch) * (len(dataset) // state.batch_size)
    is_complete = True
    try:
        with live_bar("training", n_steps, "steps") as bar:
            state = train_in_folder(
                folder,
                network,
                dataset,
                state,
                epochs,
                keep,
                after_epoch=lambda epoch, loss: bar.note(f"epoch {epoch}, loss {loss:.4g}"),
                after_step=bar.advance,
            )
    except KeyboardInterrupt:
        state, is_complete = latest_checkpoint(folder).record, False
    kept = kept_checkpoints(folder, network, dataset, keep)
    _store(folder, run, state, kept)
    run.write(folder, is_complete=is_complete)
    return _document(folder, run, state, kept, is_complete)


def _store(folder: Path, run: RunRecord, state: TrainingRecord, kept: list[KeptCheckpoint]) -> None:
    epochs = list(range(1, state.epoch + 1))
    rows = [
        {"epoch": epoch, "batch_loss": loss}
        for epoch, loss in zip(epochs, state.losses, strict=True)
    ]
    run.save_table(folder, "history.csv", rows)
    dataset = xr.Dataset(
        {
            "batch_loss": ("epoch", list(state.losses), {"long_name": "mean loss of the batches"}),
            "loss": ("checkpoint", [k.loss for k in kept], {"long_name": "loss, all samples"}),
        },
        coords={"epoch": epochs, "checkpoint": [k.epoch for k in kept]},
        attrs={"record": state.model_dump_json(exclude={"losses"})},
    )
    write_dataset(folder / "results.nc", dataset)
    title = f"{state.network.label} on {state.data.name}, η = {state.learning_rate:g}"
    run.save_figure(folder, "history", plot_history(dataset, f"{title}, B = {state.batch_size}"))


def _document(
    folder: Path,
    run: RunRecord,
    state: TrainingRecord,
    kept: list[KeptCheckpoint],
    is_complete: bool,
) -> dict[str, Any]:
    rows = [{"epoch": k.epoch, "loss": k.loss, "checkpoint": str(k.path)} for k in kept]
    return {
        "command": "train",
        "folder": str(folder),
        "is_complete": is_complete,
        "settings": run.settings,
        "data": run.data.model_dump(),
        "epoch": state.epoch,
        "tables": {"Checkpoints and the loss over all samples": rows},
        "sentences": [f"Data: {run.data.provenance}."],
    }
