"""Compare exact and decoupled spectra at checkpoints and leave a results folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from landscape_sim.comparison.results_folder import write_dataset, write_table
from landscape_sim.plots.style import save_figure
from landscape_sim.validation import InputError
from nn_bridge.checkpoints import Checkpoint, DataSpec, read_checkpoint
from nn_bridge.cli.progress import live_bar
from nn_bridge.data import Dataset
from nn_bridge.decoupling import DecouplingSpectra, decoupling_spectra
from nn_bridge.gram import output_gradients, require_gram_memory
from nn_bridge.losses import find_loss
from nn_bridge.plots.decoupling import plot_decoupling
from nn_bridge.run_record import RunRecord

_TRACE_SHARE = 0.99
#: The Gram matrix, its scaled copy and what LAPACK needs besides.
_MATRICES = 2


def measure_decoupling(
    paths: Sequence[Path], *, samples: int | None, data_dir: Path | None, out: Path | None
) -> dict[str, Any]:
    """Measure at every checkpoint; return the ``--json`` document.

    Raises
    ------
    InputError
        If a checkpoint or its data cannot be read, the checkpoints are of different runs, or
        the memory is short.
    """
    checkpoints = sorted(map(read_checkpoint, paths), key=lambda found: found.record.epoch)
    _check_one_run(checkpoints)
    record = checkpoints[0].record
    dataset = record.data.load(data_dir, samples)
    require_gram_memory(len(dataset), _MATRICES)
    run = RunRecord(
        command="decoupling",
        settings={
            "checkpoints": [checkpoint.path.name for checkpoint in checkpoints],
            "training": record.model_dump(mode="json", exclude={"losses", "data", "epoch"}),
        },
        data=DataSpec.of(dataset),
        seeds={"weights and batches": record.seed},
    )
    found: dict[int, DecouplingSpectra] = {}
    is_complete = True
    try:
        with live_bar("spectra", len(checkpoints), "checkpoints") as bar:
            for checkpoint in checkpoints:
                bar.describe(f"spectra, epoch {checkpoint.record.epoch}")
                found[checkpoint.record.epoch] = _measure(checkpoint, dataset)
                bar.advance()
    except KeyboardInterrupt:
        if not found:
            raise
        is_complete = False
    folder = run.create_folder(out)
    _store(folder, run, found)
    run.write(folder, is_complete=is_complete)
    return _document(folder, run, found, is_complete)


def _check_one_run(checkpoints: Sequence[Checkpoint]) -> None:
    runs = {
        checkpoint.record.model_dump_json(exclude={"losses", "epoch"}) for checkpoint in checkpoints
    }
    epochs = {checkpoint.record.epoch for checkpoint in checkpoints}
    if len(runs) > 1 or len(epochs) < len(checkpoints):
        raise InputError("the checkpoints must be of one run, each of another epoch")
    if checkpoints[0].record.loss != "mean-square":
        raise InputError("decoupling is defined for the mean-square loss; train with that")


def _measure(checkpoint: Checkpoint, dataset: Dataset) -> DecouplingSpectra:
    gradients = output_gradients(checkpoint.network(), dataset.inputs)
    loss = find_loss(checkpoint.record.loss, dataset.targets)
    losses = loss(torch.from_numpy(gradients.outputs), dataset.targets.double()).numpy()
    return decoupling_spectra(gradients, losses)


def _rows(found: dict[int, DecouplingSpectra]) -> list[dict[str, Any]]:
    return [
        {
            "epoch": epoch,
            "loss": spectra.loss,
            "trace_ratio": spectra.trace_ratio,
            "trace_error": spectra.trace_ratio_error,
            "distance": spectra.trace_weighted_distance,
            "worst_of_99%": spectra.worst_ratio(_TRACE_SHARE),
            "smallest": float(np.nanmin(spectra.ratios)),
            "largest": float(np.nanmax(spectra.ratios)),
        }
        for epoch, spectra in found.items()
    ]


def _store(folder: Path, run: RunRecord, found: dict[int, DecouplingSpectra]) -> None:
    rows = _rows(found)
    spectra = found.values()
    rank = ("epoch", "rank")
    dataset = xr.Dataset(
        {
            "exact": (rank, [s.exact for s in spectra], {"long_name": "of (1/N) Σ ℓ_μ C_μ"}),
            "decoupled": (rank, [s.decoupled for s in spectra], {"long_name": "of L (1/N) Σ C_μ"}),
            "ratio": (rank, [s.ratios for s in spectra], {"long_name": "exact/decoupled"}),
            "loss": ("epoch", [s.loss for s in spectra]),
            "trace_ratio": ("epoch", [s.trace_ratio for s in spectra]),
            "trace_ratio_error": ("epoch", [s.trace_ratio_error for s in spectra]),
            "trace_weighted_distance": ("epoch", [s.trace_weighted_distance for s in spectra]),
        },
        coords={"epoch": list(found), "rank": np.arange(1, run.data.samples + 1)},
        attrs={"data": run.data.provenance},
    )
    write_dataset(folder / "results.nc", dataset)
    write_table(folder / "decoupling.csv", rows, list(rows[0]))
    title = f"{run.settings['training']['network']['name']}, {run.data.provenance}"
    save_figure(plot_decoupling(dataset, title), folder, "spectra")


def _document(
    folder: Path, run: RunRecord, found: dict[int, DecouplingSpectra], is_complete: bool
) -> dict[str, Any]:
    last = list(found.values())[-1]
    return {
        "command": "decoupling",
        "folder": str(folder),
        "is_complete": is_complete,
        "settings": run.settings,
        "data": run.data.model_dump(),
        "tables": {"(1/N) Σ ℓ_μ C_μ against L (1/N) Σ C_μ": _rows(found)},
        "sentences": [
            "The paper: the two spectra agree except for very small eigenvalues.",
            f"Here, at the last epoch: exact over decoupled is {last.trace_ratio:.3f} for the "
            f"trace, at worst {last.worst_ratio(_TRACE_SHARE):.3g} among the eigenvalues that hold "
            f"99 % of it, and {np.nanmin(last.ratios):.2g} … {np.nanmax(last.ratios):.3g} among "
            f"all; the trace-weighted distance is {last.trace_weighted_distance:.2g}.",
            f"Data: {run.data.provenance}.",
        ],
    }
