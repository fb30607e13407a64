"""Measure the noise strength at every epoch of a run and leave a results folder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from landscape_sim.console.progress import live_bar
from landscape_sim.estimators.noise_exponent import NoiseExponentFit
from landscape_sim.results_folder import write_dataset
from landscape_sim.validation import InputError
from nn_bridge.cli.beginning import Beginning
from nn_bridge.gradients.alignment import Alignment, alignment_samples, noise_alignment
from nn_bridge.gradients.gram import output_gradients
from nn_bridge.measurements.noise import METHODS, Method, NoiseSeries, measure_noise_run
from nn_bridge.measurements.noise_tables import (
    Fits,
    alignment_rows,
    fit_rows,
    series_rows,
    to_dataset,
)
from nn_bridge.measurements.run_record import CheckpointOrigin, RunRecord
from nn_bridge.plots.noise import plot_noise
from nn_bridge.training.checkpoints import DataSpec, NetworkSpec
from nn_bridge.training.losses import find_loss
from nn_bridge.training.networks import count_parameters

_DIRECTIONS = 10


def noise_method(text: str | None, spec: NetworkSpec) -> Method:
    """Return the method of this name, or the one that suits the network.

    Convolutions are dear by layers, and ghost batch normalisation allows mini-batches only.

    Raises
    ------
    InputError
        If there is no such method.
    """
    if text is None:
        by_batches = spec.name == "cnn" or spec.ghost_batch_size is not None
        return "mini-batch" if by_batches else "layer-wise"
    for method in METHODS:
        if method == text:
            return method
    raise InputError(f"--method {text!r} is unknown; choose one of {', '.join(METHODS)}")


def measure_noise(
    beginning: Beginning,
    epochs: int,
    *,
    method: str | None,
    window: tuple[float, float] | None,
    n_alignment_samples: int | None,
    out: Path | None,
) -> dict[str, Any]:
    """Train, measure and store; return the ``--json`` document.

    Raises
    ------
    InputError
        If a setting is out of range, or the run diverges: what was measured is stored first.
    """
    chosen = noise_method(method, beginning.spec)
    n_aligned = _alignment_samples(beginning, n_alignment_samples)
    run = _run_record(beginning, epochs, chosen, window, n_aligned)
    series, alignment, failure = NoiseSeries(), None, None
    with run.started_folder(out) as folder:
        try:
            _measure_series(beginning, epochs, chosen, series)
            # What took the time is on the disk before the alignment asks for memory.
            _store(folder, run, series, series.fits(window), None)
            alignment = _align(beginning, n_aligned)
        except BaseException as error:
            if not series.points:
                raise
            failure = error
        fits = series.fits(window)
        dataset = _store(folder, run, series, fits, alignment)
        run.save_figure(folder, "noise", plot_noise(dataset, _title(run)))
        run.write(folder, is_complete=failure is None)
        if isinstance(failure, InputError):
            raise InputError(f"{failure}; what was measured is in {folder}") from failure
        if failure is not None and not isinstance(failure, KeyboardInterrupt):
            raise failure
    return _document(folder, run, series, fits, alignment, failure is None)


def _alignment_samples(beginning: Beginning, asked: int | None) -> int:
    """Return how many samples the alignment will take, 0 where there will be none."""
    if asked == 0 or beginning.spec.ghost_batch_size is not None:
        return 0
    inputs, targets = beginning.dataset.inputs, beginning.dataset.targets
    return alignment_samples(beginning.network, inputs, targets.shape[1], asked)


def _run_record(
    beginning: Beginning,
    epochs: int,
    method: Method,
    window: tuple[float, float] | None,
    n_aligned: int,
) -> RunRecord:
    origin = beginning.checkpoint
    return RunRecord(
        command="noise",
        settings={
            "network": beginning.spec.model_dump(),
            **asdict(beginning.settings),
            "first_epoch": beginning.epoch,
            "epochs": epochs,
            "method": method,
            "window": None if window is None else list(window),
            "alignment_samples": n_aligned,
        },
        data=DataSpec.of(beginning.dataset),
        seeds={"weights": beginning.spec.seed, "batches": beginning.settings.seed},
        checkpoints=() if origin is None else (CheckpointOrigin.of(origin),),
        device=str(beginning.dataset.inputs.device),
    )


def _measure_series(beginning: Beginning, epochs: int, method: Method, series: NoiseSeries) -> None:
    with live_bar("noise", epochs + 1, "epochs") as bar:

        def after_epoch(epoch: int, loss: float) -> None:
            bar.advance()
            bar.note(f"loss {loss:.4g}")

        measure_noise_run(
            beginning.network,
            beginning.dataset,
            beginning.settings,
            epochs,
            method,
            series,
            after_epoch=after_epoch,
        )


def _align(beginning: Beginning, n_samples: int) -> Alignment | None:
    if n_samples == 0:
        return None
    part = beginning.dataset.first(n_samples)
    return noise_alignment(
        output_gradients(beginning.network, part.inputs),
        part.targets,
        find_loss(beginning.settings.loss, part.targets),
        n_parameters=count_parameters(beginning.network),
        n_directions=min(_DIRECTIONS, part.targets.numel() - 1),
    )


def _store(
    folder: Path, run: RunRecord, series: NoiseSeries, fits: Fits, alignment: Alignment | None
) -> xr.Dataset:
    """Write the tables and the Dataset, over what was there; return the latter."""
    dataset = to_dataset(series, fits, alignment, run.settings["first_epoch"])
    dataset.attrs["data"] = run.data.provenance
    write_dataset(folder / "results.nc", dataset)
    run.save_table(folder, "noise.csv", series_rows(series, run.settings["first_epoch"]))
    run.save_table(folder, "exponents.csv", fit_rows(fits))
    run.save_table(folder, "alignment.csv", alignment_rows(alignment))
    return dataset


def _title(run: RunRecord) -> str:
    return (
        f"{NetworkSpec(**run.settings['network']).label} on {run.data.name}, "
        f"N = {run.data.samples}, η = {run.settings['learning_rate']:g}, "
        f"B = {run.settings['batch_size']}, {run.settings['loss']}"
    )


def _document(
    folder: Path,
    run: RunRecord,
    series: NoiseSeries,
    fits: Fits,
    alignment: Alignment | None,
    is_complete: bool,
) -> dict[str, Any]:
    sentences = ["The paper: 𝒩 ∝ L, exponent 1, in the later stage of training."]
    sentences += [
        f"No exponent, {name}: {fit}." for name, fit in fits.items() if isinstance(fit, str)
    ]
    sentences += [
        f"{name}: the residuals stay correlated for so long that blocks of {fit.block_length} of "
        f"{fit.n_points} points, a quarter, are too short; the interval may be too narrow."
        for name, fit in fits.items()
        if isinstance(fit, NoiseExponentFit) and fit.block_is_capped
    ]
    cost = None if np.isnan(series.cost) else series.cost
    if cost is not None:
        sentences.append(f"A measurement cost {cost:.2f} times an epoch of training.")
    scores = series.batch_scores()
    if scores.size:
        sentences.append(
            f"Mini-batch against layer-wise 𝒩: rms {np.sqrt(np.mean(scores**2)):.2f} standard "
            f"errors over {scores.size} epochs."
        )
    if alignment is not None:
        sentences.append(
            f"Σ and H at the end, over {run.settings['alignment_samples']} samples: cosine "
            f"{alignment.cosine:.3f}; noise without a direction would "
            f"have {alignment.isotropic_cosine:.3g}. With K outputs of independent residuals of "
            "one size, noise/(2 L h) would be 1/K."
        )
    return {
        "command": "noise",
        "folder": str(folder),
        "is_complete": is_complete,
        "settings": run.settings,
        "data": run.data.model_dump(),
        "cost": cost,
        "rms_score": float(np.sqrt(np.mean(scores**2))) if scores.size else None,
        "cosine": None if alignment is None else alignment.cosine,
        "isotropic_cosine": None if alignment is None else alignment.isotropic_cosine,
        "tables": {
            "Exponent of 𝒩 in L": fit_rows(fits),
            "Noise along the eigenvectors of H": alignment_rows(alignment),
        },
        "sentences": [*sentences, f"Data: {run.data.provenance}."],
    }
