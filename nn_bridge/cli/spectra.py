"""The commands that measure curvature and stability, at one checkpoint or at several."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nn_bridge.cli.options import OutputOptions, PlaceOptions, SamplesOption, WorkersOptions
from nn_bridge.cli.running import require_alone, run_and_print
from nn_bridge.cli.several import (
    ALSO_OF_SEVERAL,
    ResumeOption,
    measure_several,
    require_checkpoint,
    resume_several,
)

if TYPE_CHECKING:
    from nn_bridge.results.measurement import Measurement
    from nn_bridge.results.progress import Progress


# Long: every option with its help.
# Wide: one argument an option of the command line.
def curvature(
    place: PlaceOptions,
    output: OutputOptions,
    crew: WorkersOptions,
    checkpoints: Annotated[
        list[Path] | None,
        typer.Argument(help="A checkpoint of nn-bridge train, or one each of several runs."),
    ] = None,
    eigenvalues: Annotated[
        int | None,
        typer.Option(min=2, help="Largest eigenvalues to compute. [default: 40, if there are]"),
    ] = None,
    by_layer: Annotated[
        bool, typer.Option("--by-layer", help="Of every layer's block of the Hessian too.")
    ] = False,
    samples: SamplesOption = None,
    probes: Annotated[
        int, typer.Option(min=4, help="Random vectors for the density and the traces.")
    ] = 4,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Lanczos steps for each of them. [default: 40, if there are]"),
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="η of the prediction. [default: the checkpoint's]")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="B of the prediction. [default: the checkpoint's]")
    ] = None,
    seed: Annotated[
        int,
        typer.Option(min=0, help="Of start and random vectors; of several runs, added to theirs."),
    ] = 0,
    resume: ResumeOption = None,
) -> None:
    """Measure the Hessian's outliers at a checkpoint and what they predict.

    Largest eigenvalues of the Hessian and of the Gauss-Newton matrix, spectral density, the
    number n and size h* of the outliers by several rules, the critical dimension n_c, and
    the exponent B/(ηh*) + 1 - n/2 with the spread that the rules leave. Of checkpoints of several
    runs the means between them too, each with its interval. Every one is kept once it is done;
    --resume goes on with what is missing, and at more of them. Workers may share them.
    """
    from nn_bridge.measurements.curvature import measure_curvature
    from nn_bridge.measurements.curvature_settings import CurvatureSettings
    from nn_bridge.runs.at_checkpoints import CurvatureRuns
    from nn_bridge.training.beginning import begin_at_checkpoint

    settings = CurvatureSettings(eigenvalues, probes, steps, seed, by_layer)
    paths, workers = tuple(checkpoints or ()), crew.chosen()
    if resume is not None:
        changed = None if settings == CurvatureSettings() else True
        require_alone(samples, learning_rate, batch_size, output.out, changed, but=ALSO_OF_SEVERAL)
        resume_several(resume, place, output, workers, command="curvature", further=paths)
        return
    if require_checkpoint(paths) and (len(paths) > 1 or workers is not None):
        study = CurvatureRuns(paths, samples, learning_rate, batch_size, seed, settings)
        measure_several(study, place, output, workers)
        return
    start = begin_at_checkpoint(
        paths[0],
        place.place(),
        samples=samples,
        learning_rate=learning_rate,
        batch_size=batch_size,
    )

    def measure(out: Path, progress: Progress) -> Measurement:
        return measure_curvature(
            start.network, start.dataset, start.settings, settings,
            out=out, origin=start.origin, progress=progress,
        )  # fmt: skip

    run_and_print(measure, "curvature", output.out, output.as_json)


# Long: every option with its help.
# Wide: one argument an option of the command line.
def stability(
    place: PlaceOptions,
    output: OutputOptions,
    crew: WorkersOptions,
    checkpoints: Annotated[
        list[Path] | None,
        typer.Argument(help="A converged checkpoint of nn-bridge train, or one each of several."),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="B while η rises. [default: 8]")
    ] = None,
    first: Annotated[float, typer.Option(help="η of the first level.")] = 0.001,
    last: Annotated[float, typer.Option(help="η of the last level.")] = 0.2,
    levels: Annotated[int, typer.Option(min=2, help="Levels of η.")] = 100,
    epochs_per_level: Annotated[int, typer.Option(min=1, help="Epochs at each.")] = 1,
    spacing: Annotated[str, typer.Option(help="linear or geometric.")] = "linear",
    jump: Annotated[
        float,
        typer.Option(help="The loss of the transition over that of the first level."),
    ] = 10.0,
    samples: SamplesOption = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Of the batches; of several runs, added to theirs. [default: the checkpoint's, "
            "plus 1]",
        ),
    ] = None,
    resume: ResumeOption = None,
) -> None:
    """Raise η until the loss jumps, the paper's Section 5.4.

    Beside it the critical η of Eq. (18) with h_max and n by Eqs. (45) and (46), that of descent
    2/h_max, of the mean square 2B/Tr H and of the linear chain, E log|δ| = 0: at the
    checkpoint and just before the loss jumped. Of checkpoints of several runs the means between
    them too, each with its interval. Every one is kept once it is done; --resume goes on with what
    is missing, and at more of them. Workers may share them.
    """
    from nn_bridge.measurements.stability import StabilitySettings, measure_stability
    from nn_bridge.runs.at_checkpoints import StabilityRuns
    from nn_bridge.training.beginning import begin_at_checkpoint
    from nn_bridge.training.raised_rate import Schedule

    schedule = Schedule(first, last, levels, epochs_per_level, spacing)
    settings = StabilitySettings(schedule, jump)
    paths, workers = tuple(checkpoints or ()), crew.chosen()
    if resume is not None:
        is_plain = batch_size is None and settings == StabilitySettings()
        require_alone(samples, seed, output.out, None if is_plain else True, but=ALSO_OF_SEVERAL)
        resume_several(resume, place, output, workers, command="stability", further=paths)
        return
    batch_size = 8 if batch_size is None else batch_size
    if require_checkpoint(paths) and (len(paths) > 1 or workers is not None):
        # As of one run: by default its batches are others than those that led to the checkpoint.
        added = 1 if seed is None else seed
        study = StabilityRuns(paths, samples, None, batch_size, added, settings)
        measure_several(study, place, output, workers)
        return
    start = begin_at_checkpoint(
        paths[0], place.place(), samples=samples, batch_size=batch_size, seed=seed
    )

    def measure(out: Path, progress: Progress) -> Measurement:
        return measure_stability(
            start.network, start.dataset, start.settings, settings,
            out=out, origin=start.origin, progress=progress,
        )  # fmt: skip

    run_and_print(measure, "stability", output.out, output.as_json)
