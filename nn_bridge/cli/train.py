"""Train in a results folder, or continue there, and leave history, figure and record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import xarray as xr

from landscape_sim.comparison.results_folder import write_dataset, write_table
from landscape_sim.plots.style import save_figure
from landscape_sim.validation import InputError
from nn_bridge.checkpoints import DataSpec, NetworkSpec, TrainingRecord
from nn_bridge.cli.options import read_device
from nn_bridge.cli.progress import live_bar
from nn_bridge.data import Dataset, load_dataset
from nn_bridge.plots.training import plot_history
from nn_bridge.run_record import RunRecord, read_run_record
from nn_bridge.training import check_training
from nn_bridge.training_run import (
    KeptCheckpoint,
    kept_checkpoints,
    latest_checkpoint,
    require_later,
    train_in_folder,
)

#: The paper's settings: experiment 5.1 for MNIST, 5.2 (ICML version) for the others.
_PAPER: dict[str, dict[str, Any]] = {
    "mnist-parity": {"network": "mlp-100", "learning_rate": 0.01, "samples": 10_000, "epochs": 500},
    "fashion-mnist": {"network": "fc", "learning_rate": 0.1, "epochs": 100},
    "cifar-10": {"network": "cnn", "learning_rate": 0.05, "epochs": 100},
}
_DEFAULTS = {"batch_size": 100, "loss": "mean-square", "seed": 0, "keep": (0, 50, 500)}


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


def run_training(
    plan: dict[str, Any],
    data_dir: Path | None,
    allow_unofficial: bool,
    device: str,
    out: Path | None,
) -> dict[str, Any]:
    """Train as ``plan`` says in a new folder; return the ``--json`` document."""
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
    state = TrainingRecord(
        network=spec,
        data=DataSpec.of(dataset),
        learning_rate=plan["learning_rate"],
        batch_size=plan["batch_size"],
        loss=plan["loss"],
        seed=plan["seed"],
        epoch=0,
    )
    run = RunRecord(
        command="train",
        settings={**plan, "keep": list(plan["keep"])},
        data=state.data,
        seeds={"weights and batches": plan["seed"]},
    )
    dataset = dataset.to(target)
    network = network.to(target)
    check_training(network, dataset, state.sgd)
    folder = run.create_folder(out)
    run.write(folder, is_complete=False)
    return _train(folder, run, network, dataset, state)


def resume_training(
    folder: Path, epochs: int | None, data_dir: Path | None, device: str
) -> dict[str, Any]:
    """Continue the run in ``folder``, to ``epochs`` if given; return the ``--json`` document.

    Raises
    ------
    InputError
        If the folder holds no training run, or its data cannot be loaded again.
    """
    target = read_device(device)
    run = read_run_record(folder)
    if run.command != "train":
        raise InputError(f"{folder} is of nn-bridge {run.command}; name a folder of train")
    checkpoint = latest_checkpoint(folder)
    if epochs is not None:
        require_later(epochs, checkpoint.record)
        run = run.model_copy(update={"settings": {**run.settings, "epochs": epochs}})
    dataset = checkpoint.record.data.load(data_dir)
    network = checkpoint.network().to(target)
    return _train(folder, run, network, dataset.to(target), checkpoint.record)


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
    _store(folder, state, kept)
    run.write(folder, is_complete=is_complete)
    return _document(folder, run, state, kept, is_complete)


def _store(folder: Path, state: TrainingRecord, kept: list[KeptCheckpoint]) -> None:
    epochs = list(range(1, state.epoch + 1))
    rows = [
        {"epoch": epoch, "batch_loss": loss}
        for epoch, loss in zip(epochs, state.losses, strict=True)
    ]
    write_table(folder / "history.csv", rows, ["epoch", "batch_loss"])
    dataset = xr.Dataset(
        {
            "batch_loss": ("epoch", list(state.losses), {"long_name": "mean loss of the batches"}),
            "loss": ("checkpoint", [k.loss for k in kept], {"long_name": "loss, all samples"}),
        },
        coords={"epoch": epochs, "checkpoint": [k.epoch for k in kept]},
        attrs={"record": state.model_dump_json(exclude={"losses"})},
    )
    write_dataset(folder / "results.nc", dataset)
    title = f"{state.network.name} on {state.data.name}, η = {state.learning_rate:g}"
    save_figure(plot_history(dataset, f"{title}, B = {state.batch_size}"), folder, "history")


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
