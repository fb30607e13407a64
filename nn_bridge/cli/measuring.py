"""The commands on decoupling and escape, and the one that lays an escape beside its toys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_sim.console.options import read_numbers
from landscape_sim.validation import InputError
from nn_bridge.cli.options import OutputOptions, PlaceOptions, SamplesOption, WorkersOptions
from nn_bridge.cli.running import require_alone, resume_and_print, run_and_print
from nn_bridge.cli.several import (
    ALSO_OF_SEVERAL,
    is_of_several,
    measure_several,
    resume_several,
)

if TYPE_CHECKING:
    from landscape_sim.workers.workers import Workers
    from nn_bridge.results.measurement import Measurement
    from nn_bridge.results.progress import Progress


# Long: every option with its help.
def decoupling(
    place: PlaceOptions,
    output: OutputOptions,
    crew: WorkersOptions,
    checkpoints: Annotated[
        list[Path] | None,
        typer.Argument(help="Checkpoints of nn-bridge train, of one run or of several."),
    ] = None,
    samples: SamplesOption = None,
    resume: Annotated[
        Path | None,
        typer.Option(help="Go on with the measurement in this folder, and at more checkpoints."),
    ] = None,
) -> None:
    """Compare the spectra of (1/N) Σ ℓ_μ C_μ and L (1/N) Σ C_μ, the paper's Section 5.1.

    For networks with one output. Both come from the N x N Gram matrix of the gradients, in
    double precision: at N = 10,000 some two minutes a checkpoint and 3 GiB. Every checkpoint is
    kept once it is done; --resume goes on with what is missing. They may be shared by worker
    processes, here or elsewhere; no number depends on how many these are. Of several runs the means
    between them, each with its interval.
    """
    paths, workers = checkpoints or [], crew.chosen()
    if resume is not None:
        require_alone(samples, output.out, but="checkpoints, those of workers, ")
        if is_of_several(resume, "decoupling"):
            further = tuple(paths)
            resume_several(resume, place, output, workers, command="decoupling", further=further)
            return
        resume_and_print(_going_on(paths, workers), "decoupling", resume, place, output)
        return
    if not paths:
        raise InputError("name checkpoints of one run; or --resume with a folder")
    from nn_bridge.measurements.decoupling import measure_decoupling
    from nn_bridge.runs.at_checkpoints import DecouplingRuns, are_of_several_runs
    from nn_bridge.training.beginning import begin_at_checkpoints

    if are_of_several_runs(paths):
        measure_several(DecouplingRuns(tuple(paths), samples), place, output, workers)
        return
    starts = begin_at_checkpoints(paths, place.place(), samples=samples)

    def measure(out: Path, progress: Progress) -> Measurement:
        return measure_decoupling(
            {start.origin.epoch: start.network for start in starts},
            starts[0].dataset,
            out=out,
            origins=[start.origin for start in starts],
            progress=progress,
            workers=workers,
            place=place.place(),
        )

    run_and_print(measure, "decoupling", output.out, output.as_json)


def _going_on(further: list[Path], workers: Workers | None) -> Callable[..., Measurement]:
    from nn_bridge.measurements.decoupling import resume_decoupling

    return partial(resume_decoupling, further=further, workers=workers)


# Long: every option with its help.
# Wide: one argument an option of the command line.
def escape(
    place: PlaceOptions,
    output: OutputOptions,
    crew: WorkersOptions,
    checkpoints: Annotated[
        list[Path] | None,
        typer.Argument(help="A converged checkpoint of nn-bridge train, or one each of several."),
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="η of the replicas; below 2/h.")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="B of the replicas.")] = None,
    thresholds: Annotated[
        str, typer.Option(help="Values of c, in rising order.")
    ] = "1.5,2,2.5,3,4,5",
    replicas: Annotated[int, typer.Option(min=2, help="Runs of SGD, batched together.")] = 40,
    max_steps: Annotated[int, typer.Option(min=1, help="Steps after which to censor.")] = 2000,
    look_every: Annotated[int, typer.Option(min=1, help="Steps between looks at the loss.")] = 1,
    evaluation: Annotated[
        str,
        typer.Option(
            help="full, or incremental: the same loss from what each step changes, much faster "
            "for a network that begins with a linear layer."
        ),
    ] = "full",
    eigenvalues: Annotated[
        int | None,
        typer.Option(min=2, help="Of the Hessian, for n and h*. [default: 20, if there are]"),
    ] = None,
    directions: Annotated[
        int, typer.Option(min=0, help="Of the tangent model for the chain of crosscheck; 0: none.")
    ] = 16,
    samples: SamplesOption = None,
    seed: Annotated[
        int,
        typer.Option(min=0, help="Of every replica's batches; of several runs, added to theirs."),
    ] = 0,
    resume: Annotated[
        Path | None,
        typer.Option(help="Go on with the measurement in this folder, of several also with more."),
    ] = None,
) -> None:
    """Measure how long SGD takes from a checkpoint until the full loss is c times as high.

    The clock starts at the checkpoint, whose loss is L*. Mean times t = ηk with intervals that
    assume no law unless replicas are censored, a test of exponential times, a bound on what
    looking every few steps adds, and the exponent in c beside B/(ηh*) + 1 - n/2 for n and h* by
    several rules. The paper's Section 5.3.2, which nn-bridge paper 3c repeats. What was stopped or
    killed is continued by --resume with the same result as if it had not been. Of checkpoints of
    several runs the means between them too, each with its interval; workers may share them.
    """
    levels = read_numbers("--thresholds", thresholds)
    from nn_bridge.measurements.escape import measure_escape, resume_escape
    from nn_bridge.measurements.escape_settings import EscapeSettings
    from nn_bridge.runs.at_checkpoints import EscapeRuns
    from nn_bridge.training.beginning import begin_at_checkpoint

    # Refused at once, and not after the curvature.
    settings = EscapeSettings(
        levels, replicas, max_steps, look_every, eigenvalues, evaluation, directions
    )
    paths, workers = tuple(checkpoints or ()), crew.chosen()
    if resume is not None:
        changed = True if seed or settings != EscapeSettings() else None
        require_alone(learning_rate, batch_size, samples, output.out, changed, but=ALSO_OF_SEVERAL)
        if is_of_several(resume, "escape"):
            resume_several(resume, place, output, workers, command="escape", further=paths)
            return
        require_alone(*paths, workers)
        resume_and_print(resume_escape, "escape", resume, place, output)
        return
    if not paths or learning_rate is None or batch_size is None:
        raise InputError(
            "name a checkpoint, --learning-rate and --batch-size; or --resume with a folder"
        )
    if len(paths) > 1 or workers is not None:
        study = EscapeRuns(paths, samples, learning_rate, batch_size, seed, settings)
        measure_several(study, place, output, workers)
        return
    start = begin_at_checkpoint(
        paths[0],
        place.place(),
        samples=samples,
        learning_rate=learning_rate,
        batch_size=batch_size,
        seed=seed,
    )

    def measure(out: Path, progress: Progress) -> Measurement:
        return measure_escape(
            start.network, start.dataset, start.settings, settings,
            out=out, origin=start.origin, progress=progress,
        )  # fmt: skip

    run_and_print(measure, "escape", output.out, output.as_json)


def crosscheck(
    output: OutputOptions,
    result: Annotated[Path, typer.Argument(help="Results folder of nn-bridge escape.")],
    curvatures: Annotated[
        int, typer.Option(min=1, max=16, help="Eigenvalues in the anisotropic valley.")
    ] = 10,
    relative_error: Annotated[float, typer.Option(help="Accuracy of the simulations.")] = 0.03,
    seed: Annotated[int, typer.Option(min=0, help="Of the simulations.")] = 0,
) -> None:
    """Lay a network's first passages beside those of the valley that should explain them.

    For n and h* by every rule: the leading power law, the exact radial solution and a simulation
    of the quadratic valley with the network's L*, η and B; and a simulation of the valley with
    the measured eigenvalues, one by one.
    """
    from nn_bridge.measurements.cross_check import cross_check

    def measure(folder: Path, progress: Progress) -> Measurement:
        return cross_check(
            result,
            n_curvatures=curvatures,
            relative_error=relative_error,
            seed=seed,
            out=folder,
            progress=progress,
        )

    run_and_print(measure, "crosscheck", output.out, output.as_json)
