"""The commands that train: from scratch by the paper's settings, or on from a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_sim.result_files import interruptions_naming
from landscape_sim.validation import InputError
from nn_bridge.cli.options import (
    OutputOptions,
    PlaceOptions,
    TrainingOptions,
    UnofficialOption,
    WorkersOptions,
    read_epochs,
    read_window,
)
from nn_bridge.cli.running import require_alone, resume_and_print, run_and_print
from nn_bridge.cli.several import (
    ALSO_OF_RUNS,
    RunsOption,
    is_of_several,
    measure_several,
    resume_several,
)

if TYPE_CHECKING:
    from nn_bridge.results.measurement import Measurement
    from nn_bridge.results.progress import Progress
    from nn_bridge.training.beginning import Beginning

#: What a checkpoint fixes.
_FIXED = ("network", "hidden", "width", "ghost_batch_size", "loss", "scaling")


# Long: every option with its help.
# Wide: one argument an option of the command line.
def train(
    options: TrainingOptions,
    place: PlaceOptions,
    output: OutputOptions,
    crew: WorkersOptions,
    dataset: Annotated[
        str | None, typer.Argument(help="mnist-parity, fashion-mnist or cifar-10.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=0, help="Epochs in all. [default: 500, 80 or 100]")
    ] = None,
    iterations: Annotated[
        int | None,
        typer.Option(min=1, help="Steps in all instead, a whole number of epochs."),
    ] = None,
    checkpoints: Annotated[
        str | None,
        typer.Option(help="Epochs to keep. [default: 0,50,500; the last one always]"),
    ] = None,
    runs: RunsOption = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            help="Continue the run in this folder; --epochs may extend it, and of several --runs."
        ),
    ] = None,
    allow_unofficial: UnofficialOption = False,
) -> None:
    """Train a network by plain SGD and keep checkpoints to measure from.

    Defaults are the paper's: the first 10,000 samples of mnist-parity with mlp-100 and η = 0.01;
    fashion-mnist with fc and 0.1; cifar-10 with cnn and 0.1, or 0.05 with cross-entropy. A run that
    was stopped is continued by --resume with the same result as if it had not been. With --runs
    several, each in a folder of its own under runs, and the mean of their losses with its interval.
    """
    keep, workers = read_epochs("--checkpoints", checkpoints), crew.chosen()
    if resume is not None:
        require_alone(
            *(dataset, output.out, keep, iterations, *options.given().values()),
            but=f"--epochs, {ALSO_OF_RUNS}",
        )
        if is_of_several(resume, "train"):
            require_alone(epochs, but=ALSO_OF_RUNS)
            resume_several(resume, place, output, workers, command="train", n_runs=runs)
            return
        require_alone(runs, workers, but="--epochs, ")
        _resume(resume, epochs, place, output)
        return
    if dataset is None:
        raise InputError("name a data set, e.g. nn-bridge train mnist-parity")
    if epochs is not None and iterations is not None:
        raise InputError("give --epochs or --iterations, not both")
    from nn_bridge.measurements.training_runs import train
    from nn_bridge.runs.from_scratch import TrainRuns
    from nn_bridge.training.beginning import begin_from_scratch
    from nn_bridge.training.paper import plan_training

    length = {"epochs": epochs, "iterations": iterations, "keep": keep}
    plan = plan_training(dataset, {**options.given(), **length})
    if runs is not None or workers is not None:
        study = TrainRuns(plan, runs or 1, allow_unofficial)
        measure_several(study, place, output, workers)
        return
    start = begin_from_scratch(plan, place.place(), allow_unofficial=allow_unofficial)
    n_epochs = plan.n_epochs(len(start.dataset))

    def measure(out: Path, progress: Progress) -> Measurement:
        return train(
            start.network, start.dataset, start.settings, n_epochs,
            out=out, keep=plan.keep, origin=start.origin, progress=progress,
        )  # fmt: skip

    run_and_print(measure, "train", output.out, output.as_json)


def _resume(folder: Path, epochs: int | None, place: PlaceOptions, output: OutputOptions) -> None:
    from nn_bridge.measurements.resuming import resume_training

    def measure(out: Path, progress: Progress) -> Measurement:
        return resume_training(out, epochs, place=place.place(), progress=progress)

    # Also before the first step: earlier ones are there.
    with interruptions_naming(folder):
        run_and_print(measure, "train", folder, output.as_json)


# Long: every option with its help.
# Wide: one argument an option of the command line.
def noise(
    options: TrainingOptions,
    place: PlaceOptions,
    output: OutputOptions,
    crew: WorkersOptions,
    dataset: Annotated[
        str | None, typer.Argument(help="mnist-parity, fashion-mnist or cifar-10.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="Go on from this checkpoint, on its data, instead of from scratch."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Epochs of training. [default: 50]")
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="layer-wise (exact), mini-batch or both. [default: mini-batch for convolutions "
            "and ghost batches, else layer-wise]"
        ),
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(help="Fit over losses low:high only. [default: whole run and later stage]"),
    ] = None,
    alignment_samples: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Samples for the alignment of Σ with H at the end; 0: none. [default: 2000 over "
            "the number of outputs, as far as there are samples and memory]",
        ),
    ] = None,
    runs: RunsOption = None,
    resume: Annotated[
        Path | None,
        typer.Option(help="Go on with the measurement in this folder; of several to more --runs."),
    ] = None,
    allow_unofficial: UnofficialOption = False,
) -> None:
    """Measure loss and noise strength at every epoch, the paper's Section 5.2.

    The noise strength is (1/N) Σ |∇ℓ_μ|² - |∇L|², exactly, or estimated from mini-batches. Fitted:
    its exponent in the loss, which the paper says is 1 in the later stage. A run starts from
    scratch, as nn-bridge train would, or goes on from a checkpoint. One that was stopped or killed
    is continued by --resume with the same result as if it had not been. With --runs several from
    scratch, each in a folder of its own under runs, and the mean of their exponents with its
    interval.
    """
    workers = crew.chosen()
    if resume is not None:
        others = (dataset, checkpoint, output.out, epochs, method, window, alignment_samples)
        require_alone(*others, *options.given().values(), but=ALSO_OF_RUNS)
        if is_of_several(resume, "noise"):
            resume_several(resume, place, output, workers, command="noise", n_runs=runs)
            return
        require_alone(runs, workers)
        from nn_bridge.measurements.noise import resume_noise

        resume_and_print(resume_noise, "noise", resume, place, output)
        return
    bounds = read_window(window)
    if (dataset is None) == (checkpoint is None):
        raise InputError("give either a data set, or --checkpoint with its data")
    from nn_bridge.measurements.noise import measure_noise
    from nn_bridge.measurements.noise_settings import NoiseSettings
    from nn_bridge.runs.from_scratch import NoiseRuns
    from nn_bridge.training.paper import plan_training

    settings = NoiseSettings(50 if epochs is None else epochs, method, bounds, alignment_samples)
    if runs is not None or workers is not None:
        if checkpoint is not None:
            raise InputError(
                "--runs and --workers are of runs from scratch, each with weights of its own; name "
                "a data set, or leave them out"
            )
        plan = plan_training(dataset or "", options.given())
        study = NoiseRuns(plan, runs or 1, allow_unofficial, settings)
        measure_several(study, place, output, workers)
        return
    start = _begin(dataset, checkpoint, options, place, allow_unofficial)

    def measure(out: Path, progress: Progress) -> Measurement:
        return measure_noise(
            start.network, start.dataset, start.settings, settings,
            out=out, origin=start.origin, progress=progress,
        )  # fmt: skip

    run_and_print(measure, "noise", output.out, output.as_json)


def _begin(
    dataset: str | None,
    checkpoint: Path | None,
    options: TrainingOptions,
    place: PlaceOptions,
    allow_unofficial: bool,
) -> Beginning:
    from nn_bridge.training.beginning import begin_at_checkpoint, begin_from_scratch
    from nn_bridge.training.paper import plan_training

    if checkpoint is not None:
        if refused := [name for name in _FIXED if name in options.given()]:
            raise InputError(f"{', '.join(refused)} are those of the checkpoint; leave them out")
        return begin_at_checkpoint(checkpoint, place.place(), **options.given())
    plan = plan_training(dataset or "", options.given())
    return begin_from_scratch(plan, place.place(), allow_unofficial=allow_unofficial)
