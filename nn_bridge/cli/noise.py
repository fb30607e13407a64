"""Measure the noise strength at every epoch of a run and leave a results folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from landscape_sim.comparison.results_folder import write_dataset, write_table
from landscape_sim.estimators.noise_exponent import NoiseExponentFit
from landscape_sim.plots.style import save_figure
from landscape_sim.validation import InputError
from nn_bridge.alignment import Alignment, noise_alignment
from nn_bridge.checkpoints import DataSpec, NetworkSpec, read_checkpoint
from nn_bridge.cli.options import read_device
from nn_bridge.cli.progress import live_bar
from nn_bridge.data import Dataset, load_dataset
from nn_bridge.gram import output_gradients
from nn_bridge.losses import find_loss
from nn_bridge.networks import count_parameters
from nn_bridge.noise_record import alignment_rows, fit_rows, series_rows, to_dataset
from nn_bridge.noise_run import METHODS, Method, NoiseSeries, measure_noise_run
from nn_bridge.plots.noise import plot_noise
from nn_bridge.run_record import RunRecord
from nn_bridge.training import SgdSettings

_DIRECTIONS = 10


@dataclass(frozen=True)
class _Start:
    """Where a run begins, on which data, and how it goes on."""

    network: nn.Module
    spec: NetworkSpec
    dataset: Dataset
    settings: SgdSettings
    epoch: int


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


def start_from_plan(plan: dict[str, Any], data_dir: Path | None, allow_unofficial: bool) -> _Start:
    """Return a run from scratch, as ``nn-bridge train`` would begin it."""
    spec = NetworkSpec(
        name=plan["network"],
        width=plan["width"],
        ghost_batch_size=plan["ghost_batch_size"],
        seed=plan["seed"],
    )
    dataset = load_dataset(
        plan["dataset"],
        data_dir=data_dir,
        samples=plan["samples"],
        allow_unofficial=allow_unofficial,
    )
    settings = SgdSettings(plan["learning_rate"], plan["batch_size"], plan["loss"], plan["seed"])
    return _Start(spec.build(), spec, dataset, settings, 0)


def start_from_checkpoint(path: Path, given: dict[str, Any], data_dir: Path | None) -> _Start:
    """Return a run from a checkpoint, on its data; ``given`` may change how it goes on."""
    checkpoint = read_checkpoint(path)
    record = checkpoint.record
    dataset = record.data.load(data_dir, given.get("samples"))
    settings = SgdSettings(
        learning_rate=given.get("learning_rate") or record.learning_rate,
        batch_size=given.get("batch_size") or record.batch_size,
        loss=record.loss,
        # Not the batches that led here.
        seed=record.seed + 1 if given.get("seed") is None else given["seed"],
    )
    return _Start(checkpoint.network(), record.network, dataset, settings, record.epoch)


def measure_noise(
    start: _Start,
    epochs: int,
    *,
    method: str | None,
    window: tuple[float, float] | None,
    alignment_samples: int,
    device: str,
    out: Path | None,
) -> dict[str, Any]:
    """Train, measure and store; return the ``--json`` document.

    Raises
    ------
    InputError
        If a setting is out of range, or the run diverges: what was measured is stored first.
    """
    target = read_device(device)
    chosen = noise_method(method, start.spec)
    network, dataset = start.network.to(target), start.dataset.to(target)
    run = RunRecord(
        command="noise",
        settings={
            "network": start.spec.model_dump(),
            **asdict(start.settings),
            "first_epoch": start.epoch,
            "epochs": epochs,
            "method": chosen,
            "window": None if window is None else list(window),
            "alignment_samples": alignment_samples,
        },
        data=DataSpec.of(dataset),
        seeds={"weights": start.spec.seed, "batches": start.settings.seed},
    )
    series, failure, is_complete = NoiseSeries(), None, True
    try:
        with live_bar("noise", epochs + 1, "epochs") as bar:

            def after_epoch(epoch: int, loss: float) -> None:
                bar.advance()
                bar.note(f"loss {loss:.4g}")

            measure_noise_run(
                network, dataset, start.settings, epochs, chosen, series, after_epoch=after_epoch
            )
    except (KeyboardInterrupt, InputError) as error:
        if not series.points:
            raise
        is_complete = False
        failure = error if isinstance(error, InputError) else None
    alignment = _align(network, dataset, start, alignment_samples) if is_complete else None
    folder = run.create_folder(out)
    fits = series.fits(window)
    _store(folder, run, series, fits, alignment)
    run.write(folder, is_complete=is_complete)
    if failure is not None:
        raise InputError(f"{failure}; what was measured is in {folder}")
    return _document(folder, run, series, fits, alignment, is_complete)


def _align(network: nn.Module, dataset: Dataset, start: _Start, samples: int) -> Alignment | None:
    if not samples or start.spec.ghost_batch_size is not None:
        return None
    part = dataset.first(samples)
    return noise_alignment(
        output_gradients(network, part.inputs),
        part.targets,
        find_loss(start.settings.loss, part.targets),
        n_parameters=count_parameters(network),
        n_directions=_DIRECTIONS,
    )


def _store(
    folder: Path,
    run: RunRecord,
    series: NoiseSeries,
    fits: dict[str, NoiseExponentFit | str],
    alignment: Alignment | None,
) -> None:
    dataset = to_dataset(series, fits, alignment, run.settings["first_epoch"])
    dataset.attrs["data"] = run.data.provenance
    write_dataset(folder / "results.nc", dataset)
    tables = {
        "noise.csv": series_rows(series, run.settings["first_epoch"]),
        "exponents.csv": fit_rows(fits),
        "alignment.csv": alignment_rows(alignment),
    }
    for name, rows in tables.items():
        if rows:
            write_table(folder / name, rows, list(rows[0]))
    title = (
        f"{run.settings['network']['name']} on {run.data.name}, "
        f"η = {run.settings['learning_rate']:g}, B = {run.settings['batch_size']}, "
        f"{run.settings['loss']}"
    )
    save_figure(plot_noise(dataset, title), folder, "noise")


def _document(
    folder: Path,
    run: RunRecord,
    series: NoiseSeries,
    fits: dict[str, NoiseExponentFit | str],
    alignment: Alignment | None,
    is_complete: bool,
) -> dict[str, Any]:
    sentences = ["The paper: 𝒩 ∝ L, exponent 1, in the later stage of training."]
    sentences += [
        f"No exponent, {name}: {fit}." for name, fit in fits.items() if isinstance(fit, str)
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
            f"Σ and H at the end: cosine {alignment.cosine:.3f}; noise without a direction would "
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
