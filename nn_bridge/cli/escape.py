"""Measure first passages of the loss from a checkpoint and leave a results folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from landscape_sim.comparison.results_folder import write_dataset, write_table
from landscape_sim.plots.style import save_figure
from landscape_sim.validation import InputError
from nn_bridge.checkpoints import DataSpec, read_checkpoint
from nn_bridge.cli.options import read_device
from nn_bridge.cli.progress import live_bar
from nn_bridge.curvature_study import CurvatureSettings, CurvatureStudy, study_curvature
from nn_bridge.escape import (
    LossRecord,
    ThresholdPassage,
    passage_exponent,
    record_losses,
    threshold_passages,
)
from nn_bridge.plots.escape import plot_escape
from nn_bridge.run_record import RunRecord
from nn_bridge.training import SgdSettings


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
    record = read_checkpoint(path).record
    dataset = record.data.load(data_dir, samples).to(target)
    network = read_checkpoint(path).network().to(target)
    settings = SgdSettings(learning_rate, batch_size, record.loss, seed)
    run = RunRecord(
        command="escape",
        settings={
            "checkpoint": path.name,
            "training": record.model_dump(mode="json", exclude={"losses", "data"}),
            **dataclasses.asdict(settings),
            "thresholds": list(thresholds),
            "n_replicas": n_replicas,
            "max_steps": max_steps,
            "look_every": look_every,
            "n_eigenvalues": n_eigenvalues,
        },
        data=DataSpec.of(dataset),
        seeds={"batches of all replicas, start and random vectors": seed},
    )
    with live_bar("curvature", None, "products") as bar:
        curvature = study_curvature(
            network,
            dataset,
            CurvatureSettings(
                learning_rate, batch_size, record.loss, n_eigenvalues=n_eigenvalues, seed=seed
            ),
            started=bar.describe,
            after_product=bar.advance,
        )
    _check_stability(learning_rate, curvature)
    with live_bar("replicas", max_steps // look_every, "looks") as bar:

        def after_look(steps: int, on_their_way: int) -> None:
            bar.advance()
            bar.note(f"{on_their_way} of {n_replicas} below the highest threshold")

        losses = record_losses(
            network,
            dataset,
            settings,
            highest_threshold=max(thresholds),
            n_replicas=n_replicas,
            max_steps=max_steps,
            look_every=look_every,
            after_look=after_look,
        )
    passages = threshold_passages(losses, thresholds)
    folder = run.create_folder(out)
    _store(folder, run, losses, passages, curvature)
    is_complete = losses.is_complete
    run.write(folder, is_complete=is_complete)
    return _document(folder, run, losses, passages, curvature)


def _check_stability(learning_rate: float, curvature: CurvatureStudy) -> None:
    """Refuse a learning rate at which gradient descent itself leaves the minimum."""
    largest = float(curvature.hessian.values[0])
    if learning_rate * largest >= 2:
        raise InputError(
            f"learning_rate {learning_rate:g} is not below 2/h = {2 / largest:.4g} of the largest "
            f"eigenvalue {largest:.4g}: SGD diverges without any noise; lower it"
        )


def passage_rows(passages: Sequence[ThresholdPassage]) -> list[dict[str, Any]]:
    """Return one row for each threshold."""
    rows = []
    for passage in passages:
        rate = passage.rate
        rows.append(
            {
                "c": passage.threshold,
                "mean_time": None if rate.n_events == 0 else passage.mean_time,
                "time_low": 1 / rate.interval.high,
                "time_high": None if rate.n_events == 0 else 1 / rate.interval.low,
                "look_bias": None if np.isnan(passage.look_bias) else passage.look_bias,
                "n_events": rate.n_events,
                "n_censored": rate.n_censored,
            }
        )
    return rows


def _store(
    folder: Path,
    run: RunRecord,
    losses: LossRecord,
    passages: Sequence[ThresholdPassage],
    curvature: CurvatureStudy,
) -> None:
    rows, rules = passage_rows(passages), curvature.rule_rows()
    n_replicas, n_looks = losses.ratios.shape
    units = {"units": "t"}
    columns = ("mean_time", "time_low", "time_high", "look_bias", "n_events", "n_censored")
    values = {name: [np.nan if r[name] is None else r[name] for r in rows] for name in columns}
    dataset = xr.Dataset(
        {
            "loss_ratio": (
                ("replica", "time"),
                losses.ratios.astype(np.float32),
                {"long_name": "L/L*; NaN after the highest threshold"},
            ),
            **{name: ("threshold", values[name], units) for name in columns},
            "eigenvalue": ("rank", curvature.hessian.values, {"long_name": "of the Hessian"}),
            "n_outliers": ("rule", [row["n"] for row in rules]),
            "outlier_curvature": ("rule", [row["h*"] for row in rules]),
            "exponent": ("rule", [row["exponent"] for row in rules]),
        },
        coords={
            "time": ("time", losses.look_interval * np.arange(1, n_looks + 1), units),
            "threshold": [passage.threshold for passage in passages],
            "rule": [row["rule"] for row in rules],
            "replica": np.arange(n_replicas),
        },
        attrs={
            "initial_loss": losses.initial_loss,
            "gradient_norm": curvature.gradient_norm,
            "learning_rate": run.settings["learning_rate"],
            "batch_size": run.settings["batch_size"],
            "trace": curvature.density.trace[0],
            "data": run.data.provenance,
        },
    )
    write_dataset(folder / "results.nc", dataset)
    write_table(folder / "passages.csv", rows, list(rows[0]))
    write_table(folder / "outliers.csv", rules, list(rules[0]))
    save_figure(plot_escape(dataset, _title(run)), folder, "escape")


def _title(run: RunRecord) -> str:
    network = run.settings["training"]["network"]["name"]
    return (
        f"{network} on {run.data.name}, η = {run.settings['learning_rate']:g}, "
        f"B = {run.settings['batch_size']}"
    )


def _document(
    folder: Path,
    run: RunRecord,
    losses: LossRecord,
    passages: Sequence[ThresholdPassage],
    curvature: CurvatureStudy,
) -> dict[str, Any]:
    low, high = curvature.exponent_range
    n, h = curvature.band.n_range, curvature.band.curvature_range
    document: dict[str, Any] = {
        "command": "escape",
        "folder": str(folder),
        "is_complete": losses.is_complete,
        "settings": run.settings,
        "data": run.data.model_dump(),
        "loss": losses.initial_loss,
        "gradient_norm": curvature.gradient_norm,
        "exponent_predicted_low": low,
        "exponent_predicted_high": high,
        "exponent_measured": None,
        "exponent_measured_low": None,
        "exponent_measured_high": None,
        "tables": {
            "First passage of the full loss to c L*, times in t = ηk": passage_rows(passages),
            "Outliers of the Hessian, and what they predict": curvature.rule_rows(),
        },
    }
    measured = "too few passages for an exponent"
    seen = [passage.threshold for passage in passages if passage.rate.n_events > 1]
    if len(seen) > 1:
        exponent, interval = passage_exponent(losses, seen)
        document["exponent_measured"] = exponent
        document["exponent_measured_low"] = interval.low
        document["exponent_measured_high"] = interval.high
        measured = (
            f"exponent of the mean time in c, over c = {min(seen):g} … {max(seen):g}: "
            f"{exponent:.3g} [{interval.low:.3g}, {interval.high:.3g}]"
        )
    # The time on which gradient flow alone would lower the loss.
    drift = losses.initial_loss / max(curvature.gradient_norm**2, 1e-300)
    document["sentences"] = [
        f"L* = {losses.initial_loss:.4g}, |∇L| = {curvature.gradient_norm:.3g}: without noise the "
        f"loss would still fall, on a time scale of t = {drift:.3g}.",
        f"Predicted: n = {n[0]} … {n[1]}, h* = {h[0]:.4g} … {h[1]:.4g}, exponent B/(ηh*) + 1 − n/2 "
        f"= {low:.3g} … {high:.3g}. Measured: {measured}.",
        "The first passage of a network is an extension of the paper's Section 5.3.",
        f"Data: {run.data.provenance}.",
    ]
    return document
