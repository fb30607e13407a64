"""Measure first passages of the loss from a checkpoint and leave a results folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from landscape_sim.console.progress import live_bar
from landscape_sim.results_folder import write_dataset
from landscape_sim.validation import InputError, require_count
from nn_bridge.cli.options import read_device
from nn_bridge.data.datasets import Dataset
from nn_bridge.measurements.curvature import CurvatureSettings, study_curvature
from nn_bridge.measurements.curvature_tables import CurvatureStudy
from nn_bridge.measurements.escape import LossRecord, record_losses, require_thresholds
from nn_bridge.measurements.escape_tables import EscapeRecord
from nn_bridge.measurements.run_record import CheckpointOrigin, RunRecord
from nn_bridge.plots.escape import plot_escape
from nn_bridge.training.checkpoints import DataSpec, read_checkpoint
from nn_bridge.training.sgd import SgdSettings


def measure_escape(
    path: Path,
    *,
    learning_rate: float,
    batch_size: int,
    thresholds: Sequence[float],
    n_replicas: int,
    max_steps: int,
    look_every: int,
    n_eigenvalues: int,
    samples: int | None,
    seed: int,
    data_dir: Path | None,
    device: str,
    out: Path | None,
) -> dict[str, Any]:
    """Measure from the checkpoint ``path``; return the ``--json`` document.

    Raises
    ------
    InputError
        If the checkpoint or its data cannot be read, or a setting is out of range.
    """
    target = read_device(device)
    # At once, and not after the curvature.
    require_thresholds(thresholds)
    require_count("max_steps", max_steps, minimum=look_every)
    checkpoint = read_checkpoint(path)
    record = checkpoint.record
    dataset = record.data.load(data_dir, samples).to(target)
    network = checkpoint.network().to(target)
    settings = SgdSettings(learning_rate, batch_size, record.loss, seed)
    run = RunRecord(
        command="escape",
        settings={
            **dataclasses.asdict(settings),
            "thresholds": list(thresholds),
            "n_replicas": n_replicas,
            "max_steps": max_steps,
            "look_every": look_every,
            "n_eigenvalues": n_eigenvalues,
        },
        data=DataSpec.of(dataset),
        seeds={"batches of all replicas, start and random vectors": seed},
        checkpoints=(CheckpointOrigin.of(checkpoint),),
        device=device,
    )
    with run.started_folder(out) as folder:
        curvature = _measure_curvature(network, dataset, settings, n_eigenvalues)
        losses = _run_replicas(network, dataset, settings, run)
        result = EscapeRecord(losses, tuple(thresholds), curvature, settings)
        _store(folder, run, result)
        run.write(folder, is_complete=losses.is_complete)
    return _document(folder, run, result)


def _measure_curvature(
    network: Any, dataset: Dataset, settings: SgdSettings, n_eigenvalues: int
) -> CurvatureStudy:
    """Return the curvature; refuse a learning rate at which descent itself leaves the minimum."""
    with live_bar("curvature", None, "products") as bar:
        curvature = study_curvature(
            network,
            dataset,
            CurvatureSettings(
                settings.learning_rate,
                settings.batch_size,
                settings.loss,
                n_eigenvalues=n_eigenvalues,
                seed=settings.seed,
            ),
            started=bar.describe,
            after_product=bar.advance,
        )
    largest = float(curvature.hessian.values[0])
    if settings.learning_rate * largest >= 2:
        raise InputError(
            f"learning_rate {settings.learning_rate:g} is not below 2/h = {2 / largest:.4g} of the "
            f"largest eigenvalue {largest:.4g}: SGD diverges without any noise; lower it"
        )
    return curvature


def _run_replicas(
    network: Any, dataset: Dataset, settings: SgdSettings, run: RunRecord
) -> LossRecord:
    given = run.settings
    n_replicas, look_every = given["n_replicas"], given["look_every"]
    with live_bar("replicas", given["max_steps"] // look_every, "looks") as bar:

        def after_look(steps: int, on_their_way: int) -> None:
            bar.advance()
            bar.note(f"{on_their_way} of {n_replicas} below the highest threshold")

        return record_losses(
            network,
            dataset,
            settings,
            highest_threshold=max(given["thresholds"]),
            n_replicas=n_replicas,
            max_steps=given["max_steps"],
            look_every=look_every,
            after_look=after_look,
        )


def _store(folder: Path, run: RunRecord, result: EscapeRecord) -> None:
    dataset = result.to_dataset().assign_attrs(data=run.data.provenance)
    write_dataset(folder / "results.nc", dataset)
    run.save_table(folder, "passages.csv", result.passage_rows())
    run.save_table(folder, "outliers.csv", result.curvature.rule_rows())
    title = (
        f"{run.checkpoints[0].training.network.name} on {run.data.name}, N = {run.data.samples}, "
        f"η = {result.settings.learning_rate:g}, B = {result.settings.batch_size}"
    )
    run.save_figure(folder, "escape", plot_escape(dataset, title))


def _document(folder: Path, run: RunRecord, result: EscapeRecord) -> dict[str, Any]:
    curvature = result.curvature
    low, high = curvature.exponent_range
    fit = result.exponent
    loss, slope = result.losses.initial_loss, curvature.gradient_norm
    # The time on which gradient flow alone would lower the loss.
    drift = loss / max(slope**2, 1e-300)
    return {
        "command": "escape",
        "folder": str(folder),
        "is_complete": result.losses.is_complete,
        "settings": run.settings,
        "data": run.data.model_dump(),
        "loss": loss,
        "gradient_norm": slope,
        "exponent_predicted_low": low,
        "exponent_predicted_high": high,
        "open_rules": curvature.open_rules,
        "exponent_measured": None if fit is None else fit.exponent,
        "exponent_measured_low": None if fit is None else fit.interval.low,
        "exponent_measured_high": None if fit is None else fit.interval.high,
        "passages": result.passage_rows(),
        "tables": {
            "First passage of the full loss to c L*, times in t = ηk": _short(result),
            "Outliers of the Hessian, and what they predict": curvature.rule_rows(),
        },
        "sentences": [
            f"L* = {loss:.4g}, |∇L| = {slope:.3g}: without noise the loss would still fall, on a "
            f"time scale of t = {drift:.3g}.",
            f"Predicted: {curvature.describe_band()}.",
            f"Measured: {result.describe_exponent()}.",
            *result.remarks(),
            "p_exp tests exponential times, which no interval without censored replicas assumes; "
            "at_least marks lower bounds.",
            "The first passage of a network is an extension of the paper's Section 5.3.",
            f"Data: {run.data.provenance}.",
        ],
    }


def _short(result: EscapeRecord) -> list[dict[str, Any]]:
    """Return what fits on one line; ``passages`` and the table on disk have all."""
    names = {
        "c": "c",
        "mean_time": "mean_time",
        "time_low": "low",
        "time_high": "high",
        "is_lower_bound": "at_least",
        "exponentiality": "p_exp",
        "look_bias": "look_bias",
        "n_events": "events",
        "n_censored": "censored",
    }
    return [{short: row[name] for name, short in names.items()} for row in result.passage_rows()]
