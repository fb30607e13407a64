"""Measure the spectrum of the Hessian at a checkpoint and leave a results folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from landscape_sim.comparison.results_folder import write_dataset, write_table
from landscape_sim.plots.style import save_figure
from nn_bridge.checkpoints import DataSpec, read_checkpoint
from nn_bridge.cli.options import read_device
from nn_bridge.cli.progress import live_bar
from nn_bridge.curvature_study import CurvatureSettings, CurvatureStudy, study_curvature
from nn_bridge.plots.spectrum import plot_spectrum
from nn_bridge.run_record import RunRecord


def measure_curvature(
    path: Path,
    *,
    n_eigenvalues: int,
    samples: int | None,
    n_probes: int,
    n_steps: int,
    learning_rate: float | None,
    batch_size: int | None,
    seed: int,
    data_dir: Path | None,
    device: str,
    out: Path | None,
) -> dict[str, Any]:
    """Measure at the checkpoint ``path``; return the ``--json`` document.

    Raises
    ------
    InputError
        If the checkpoint or its data cannot be read, or a setting is out of range.
    """
    target = read_device(device)
    checkpoint = read_checkpoint(path)
    record = checkpoint.record
    dataset = record.data.load(data_dir, samples)
    settings = CurvatureSettings(
        learning_rate=record.learning_rate if learning_rate is None else learning_rate,
        batch_size=record.batch_size if batch_size is None else batch_size,
        loss=record.loss,
        n_eigenvalues=n_eigenvalues,
        n_probes=n_probes,
        n_steps=n_steps,
        seed=seed,
    )
    run = RunRecord(
        command="curvature",
        settings={
            "checkpoint": path.name,
            "training": record.model_dump(mode="json", exclude={"losses", "data"}),
            **dataclasses.asdict(settings),
        },
        data=DataSpec.of(dataset),
        seeds={"start and random vectors": seed, "weights and batches": record.seed},
    )
    with live_bar("starting", None, "products") as bar:
        study = study_curvature(
            checkpoint.network().to(target),
            dataset.to(target),
            settings,
            started=bar.describe,
            after_product=bar.advance,
        )
    folder = run.create_folder(out)
    _store(folder, study, f"{record.network.name}, {record.data.name}, epoch {record.epoch}")
    run.write(folder, is_complete=True)
    return _document(folder, run, study)


def _store(folder: Path, study: CurvatureStudy, title: str) -> None:
    dataset = study.to_dataset()
    write_dataset(folder / "results.nc", dataset)
    rules, spectrum = study.rule_rows(), study.eigenvalue_rows()
    write_table(folder / "outliers.csv", rules, list(rules[0]))
    write_table(folder / "eigenvalues.csv", spectrum, list(spectrum[0]))
    save_figure(plot_spectrum(dataset, title), folder, "spectrum")


def _document(folder: Path, run: RunRecord, study: CurvatureStudy) -> dict[str, Any]:
    low, high = study.exponent_range
    n, h = study.band.n_range, study.band.curvature_range
    trace, error = study.density.trace
    return {
        "command": "curvature",
        "folder": str(folder),
        "is_complete": True,
        "settings": run.settings,
        "data": run.data.model_dump(),
        "loss": study.loss,
        "gradient_norm": study.gradient_norm,
        "trace": trace,
        "trace_standard_error": error,
        "lowest_ritz_value": study.density.lowest_node,
        "exponent_low": low,
        "exponent_high": high,
        "eigenvalues": study.eigenvalue_rows(),
        "tables": {"Outliers of the Hessian, and what they predict": study.rule_rows()},
        "sentences": [
            f"L = {study.loss:.4g}, |∇L| = {study.gradient_norm:.3g}, "
            f"Tr H = {trace:.4g} ± {error:.2g}, lowest Ritz value "
            f"{study.density.lowest_node:.3g}.",
            f"Up to rank {n[0]}, eigenvalues of Hessian and Gauss–Newton matrix differ by at most "
            f"{study.gauss_newton_difference:.2g} of their size.",
            f"n = {n[0]} … {n[1]}, h* = {h[0]:.4g} … {h[1]:.4g}: exponent B/(ηh*) + 1 − n/2 = "
            f"{low:.4g} … {high:.4g}.",
            f"Data: {run.data.provenance}.",
        ],
    }
