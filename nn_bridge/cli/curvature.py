"""Measure the spectrum of the Hessian at a checkpoint and leave a results folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from landscape_sim.console.progress import live_bar
from landscape_sim.results_folder import write_dataset
from nn_bridge.cli.options import read_device
from nn_bridge.curvature.hessian import TopEigenpairs
from nn_bridge.measurements.curvature import CurvatureSettings, study_curvature
from nn_bridge.measurements.curvature_tables import CurvatureStudy, hessian_rows
from nn_bridge.measurements.run_record import CheckpointOrigin, RunRecord
from nn_bridge.plots.spectrum import plot_spectrum
from nn_bridge.training.checkpoints import DataSpec, read_checkpoint


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

    Interrupted after the Hessian's eigenvalues, it is a document with these alone.

    Raises
    ------
    InputError
        If the checkpoint or its data cannot be read, or a setting is out of range.
    """
    target = read_device(device)
    checkpoint = read_checkpoint(path)
    record = checkpoint.record
    dataset = record.data.load(data_dir, samples).to(target)
    network = checkpoint.network().to(target)
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
        settings=dataclasses.asdict(settings),
        data=DataSpec.of(dataset),
        seeds={"start and random vectors": seed, "weights and batches": record.seed},
        checkpoints=(CheckpointOrigin.of(checkpoint),),
        device=device,
    )
    with run.started_folder(out) as folder, live_bar("starting", None, "products") as bar:
        found: list[TopEigenpairs] = []

        def keep(pairs: TopEigenpairs) -> None:
            found.append(pairs)
            run.save_table(folder, "eigenvalues.csv", hessian_rows(pairs))

        try:
            study = study_curvature(
                network,
                dataset,
                settings,
                started=bar.describe,
                after_product=bar.advance,
                found_eigenvalues=keep,
            )
        except KeyboardInterrupt:
            if not found:
                raise
            return _interrupted(folder, run, found[0])
        _store(folder, run, study)
        run.write(folder, is_complete=True)
    return _document(folder, run, study)


def _store(folder: Path, run: RunRecord, study: CurvatureStudy) -> None:
    dataset = study.to_dataset().assign_attrs(data=run.data.provenance)
    write_dataset(folder / "results.nc", dataset)
    run.save_table(folder, "outliers.csv", study.rule_rows())
    run.save_table(folder, "eigenvalues.csv", study.eigenvalue_rows())
    training = run.checkpoints[0].training
    title = (
        f"{training.network.name} on {run.data.name}, N = {run.data.samples}, "
        f"epoch {training.epoch}"
    )
    run.save_figure(folder, "spectrum", plot_spectrum(dataset, title))


def _start(folder: Path, run: RunRecord, *, is_complete: bool) -> dict[str, Any]:
    return {
        "command": "curvature",
        "folder": str(folder),
        "is_complete": is_complete,
        "settings": run.settings,
        "data": run.data.model_dump(),
    }


def _interrupted(folder: Path, run: RunRecord, pairs: TopEigenpairs) -> dict[str, Any]:
    rows = hessian_rows(pairs)
    return {
        **_start(folder, run, is_complete=False),
        "eigenvalues": rows,
        "tables": {"Largest eigenvalues of the Hessian": rows},
        "sentences": [f"Data: {run.data.provenance}."],
    }


def _document(folder: Path, run: RunRecord, study: CurvatureStudy) -> dict[str, Any]:
    low, high = study.exponent_range
    trace, error = study.density.trace
    return {
        **_start(folder, run, is_complete=True),
        "loss": study.loss,
        "gradient_norm": study.gradient_norm,
        "trace": trace,
        "trace_standard_error": error,
        "lowest_ritz_value": study.density.lowest_node,
        "exponent_low": low,
        "exponent_high": high,
        "open_rules": study.open_rules,
        "eigenvalues": study.eigenvalue_rows(),
        "tables": {"Outliers of the Hessian, and what they predict": study.rule_rows()},
        "sentences": [
            f"L = {study.loss:.4g}, |∇L| = {study.gradient_norm:.3g}, "
            f"Tr H = {trace:.4g} ± {error:.2g}, lowest Ritz value "
            f"{study.density.lowest_node:.3g}.",
            f"Up to rank {study.band.n_range[0]}, eigenvalues of Hessian and Gauss–Newton matrix "
            f"({study.gauss_newton_method}) differ by at most "
            f"{study.gauss_newton_difference:.2g} of their size, over all "
            f"{study.hessian.values.size} by {study.largest_difference:.2g} of the largest.",
            f"{study.describe_band()}.",
            f"Data: {run.data.provenance}.",
        ],
    }
