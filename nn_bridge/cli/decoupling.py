"""Compare exact and decoupled spectra at checkpoints and leave a results folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import nn

from landscape_sim.console.progress import live_bar
from landscape_sim.results_folder import write_dataset
from landscape_sim.validation import InputError
from nn_bridge.cli.options import read_device
from nn_bridge.data.datasets import Dataset
from nn_bridge.gradients.gram import output_gradients, require_gram_memory
from nn_bridge.measurements.decoupling import EXTRA_MATRICES, DecouplingSpectra, decoupling_spectra
from nn_bridge.measurements.run_record import CheckpointOrigin, RunRecord
from nn_bridge.plots.decoupling import plot_decoupling
from nn_bridge.training.checkpoints import Checkpoint, DataSpec, read_checkpoint
from nn_bridge.training.losses import mean_square

#: Shares of the trace and ratios for which the results say what ranks they hold.
_TRACE_SHARES = (0.5, 0.9, 0.99)
_FALLEN_RATIOS = (0.9, 0.5)
_TOLERANCE = 0.1


def measure_decoupling(
    paths: Sequence[Path],
    *,
    samples: int | None,
    data_dir: Path | None,
    device: str,
    out: Path | None,
) -> dict[str, Any]:
    """Measure at every checkpoint; return the ``--json`` document.

    Raises
    ------
    InputError
        If a checkpoint or its data cannot be read, the checkpoints are of different runs or of a
        network with several outputs, or the memory is short.
    """
    target = read_device(device)
    checkpoints = sorted(map(read_checkpoint, paths), key=lambda found: found.record.epoch)
    _check_one_run(checkpoints)
    networks = [checkpoint.network().to(target) for checkpoint in checkpoints]
    record = checkpoints[0].record
    dataset = record.data.load(data_dir, samples).to(target)
    _check_one_output(dataset)
    require_gram_memory(networks[0], dataset.inputs, 1 + EXTRA_MATRICES)
    run = RunRecord(
        command="decoupling",
        settings={
            "checkpoints": [checkpoint.path.name for checkpoint in checkpoints],
            "training": record.model_dump(mode="json", exclude={"losses", "data", "epoch"}),
        },
        data=DataSpec.of(dataset),
        seeds={"weights and batches": record.seed},
        checkpoints=tuple(map(CheckpointOrigin.of, checkpoints)),
        device=device,
    )
    found: dict[int, DecouplingSpectra] = {}
    is_complete = True
    with run.started_folder(out) as folder:
        try:
            with live_bar("spectra", len(checkpoints), "checkpoints") as bar:
                for checkpoint, network in zip(checkpoints, networks, strict=True):
                    epoch = checkpoint.record.epoch
                    bar.describe(f"spectra, epoch {epoch}")
                    found[epoch] = _measure(network, dataset)
                    # Each takes minutes: it is kept whatever becomes of the next.
                    _store(folder, run, found)
                    bar.advance()
        except KeyboardInterrupt:
            if not found:
                raise
            is_complete = False
        run.save_figure(folder, "spectra", plot_decoupling(_to_dataset(run, found), _title(run)))
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


def _check_one_output(dataset: Dataset) -> None:
    if (n_outputs := dataset.targets.shape[1]) != 1:
        raise InputError(
            f"the network has {n_outputs} outputs; decoupling is defined for one, as for parity"
        )


def _measure(network: nn.Module, dataset: Dataset) -> DecouplingSpectra:
    gradients = output_gradients(network, dataset.inputs)
    outputs = torch.from_numpy(gradients.outputs)
    losses = mean_square(outputs, dataset.targets.cpu().double()).numpy()
    return decoupling_spectra(gradients, losses)


def decoupling_rows(found: Mapping[int, DecouplingSpectra]) -> list[dict[str, Any]]:
    """Return one row for each epoch."""
    return [
        {
            "epoch": epoch,
            "loss": spectra.loss,
            "trace_ratio": spectra.trace_ratio,
            "trace_error": spectra.trace_ratio_error,
            "distance": spectra.trace_weighted_distance,
            f"within_{_TOLERANCE:.0%}": spectra.share_within(_TOLERANCE),
            "smallest": float(np.nanmin(spectra.ratios)),
            "largest": float(np.nanmax(spectra.ratios)),
        }
        for epoch, spectra in found.items()
    ]


def leading_rows(found: Mapping[int, DecouplingSpectra]) -> list[dict[str, Any]]:
    """Return the ratios of the ranks that hold a share of the trace, for each epoch and share."""
    return [
        {"epoch": epoch, **asdict(spectra.leading(share))}
        for epoch, spectra in found.items()
        for share in _TRACE_SHARES
    ]


def fallen_rows(found: Mapping[int, DecouplingSpectra]) -> list[dict[str, Any]]:
    """Return from which rank on the ratio stays low, for each epoch and ratio."""
    rows = []
    for epoch, spectra in found.items():
        for ratio in _FALLEN_RATIOS:
            fallen = spectra.fallen(ratio)
            if fallen.first_rank is not None:
                rows.append({"epoch": epoch, **asdict(fallen)})
    return rows


def _store(folder: Path, run: RunRecord, found: Mapping[int, DecouplingSpectra]) -> None:
    write_dataset(folder / "results.nc", _to_dataset(run, found))
    run.save_table(folder, "decoupling.csv", decoupling_rows(found))
    run.save_table(folder, "leading.csv", leading_rows(found))
    run.save_table(folder, "fallen.csv", fallen_rows(found))


def _title(run: RunRecord) -> str:
    return f"{run.checkpoints[0].training.network.label}, {run.data.provenance}"


def _to_dataset(run: RunRecord, found: Mapping[int, DecouplingSpectra]) -> xr.Dataset:
    spectra = found.values()
    rank = ("epoch", "rank")
    return xr.Dataset(
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


def _document(
    folder: Path, run: RunRecord, found: dict[int, DecouplingSpectra], is_complete: bool
) -> dict[str, Any]:
    last = list(found.values())[-1]
    most = last.leading(_TRACE_SHARES[-1])
    return {
        "command": "decoupling",
        "folder": str(folder),
        "is_complete": is_complete,
        "settings": run.settings,
        "data": run.data.model_dump(),
        "tables": {
            "(1/N) Σ ℓ_μ C_μ against L (1/N) Σ C_μ": decoupling_rows(found),
            "Exact over decoupled eigenvalue, of the largest that hold a share of the trace": (
                leading_rows(found)
            ),
            "Ranks from which on exact over decoupled eigenvalue stays below a ratio": (
                fallen_rows(found)
            ),
        },
        "sentences": [
            "The paper: the two spectra agree except for very small eigenvalues.",
            f"Here, at the last epoch: exact over decoupled is {last.trace_ratio:.3f} for the "
            f"trace, {most.low:.3g} … {most.high:.3g} among the eigenvalues that hold "
            f"{most.trace_share:.0%} of it, and {np.nanmin(last.ratios):.2g} … "
            f"{np.nanmax(last.ratios):.3g} among all; the trace-weighted distance is "
            f"{last.trace_weighted_distance:.2g}.",
            f"Data: {run.data.provenance}.",
        ],
    }
