"""Several runs in one folder, for the commands that measure one."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_sim.validation import InputError
from nn_bridge.cli.options import OutputOptions, PlaceOptions
from nn_bridge.cli.running import resume_and_print, run_and_print

if TYPE_CHECKING:
    from landscape_sim.workers.workers import Workers
    from nn_bridge.results.measurement import Measurement
    from nn_bridge.results.progress import Progress
    from nn_bridge.runs.study import RunsStudy

ResumeOption = Annotated[
    Path | None,
    typer.Option(help="Go on with the several runs in this folder, and at more checkpoints."),
]
RunsOption = Annotated[
    int | None,
    typer.Option(min=1, help="Measure so many runs, of this --seed and those after it."),
]
#: What ``--resume`` of several runs takes beside the folder.
ALSO_OF_SEVERAL = "more checkpoints of several runs, options of workers, "
ALSO_OF_RUNS = "--runs of several, options of workers, "


def require_checkpoint(paths: tuple[Path, ...]) -> bool:
    """Refuse where no checkpoint is named.

    Raises
    ------
    InputError
        If there is none.
    """
    if not paths:
        raise InputError(
            "name a checkpoint, or several of different runs; or --resume with a folder"
        )
    return True


def measure_several(
    study: RunsStudy, place: PlaceOptions, output: OutputOptions, workers: Workers | None
) -> None:
    """Measure every run of ``study``, and print them with their means."""
    from nn_bridge.runs.measuring import measure_runs

    def measure(out: Path, progress: Progress) -> Measurement:
        return measure_runs(study, place.place(), out=out, progress=progress, workers=workers)

    run_and_print(measure, study.command, output.out, output.as_json)


def resume_several(
    folder: Path,
    place: PlaceOptions,
    output: OutputOptions,
    workers: Workers | None,
    *,
    command: str,
    n_runs: int | None = None,
    further: tuple[Path, ...] = (),
) -> None:
    """Go on with the study of this command in ``folder``, and print it.

    Raises
    ------
    InputError
        If it is of another command, or of one run.
    """
    from nn_bridge.runs.measuring import resume_runs

    if not is_of_several(folder, command):
        raise InputError(f"{folder} is of one run; measure several anew, or name their folder")
    resume = partial(resume_runs, n_runs=n_runs, further=further, workers=workers)
    resume_and_print(resume, command, folder, place, output)


def is_of_several(folder: Path, command: str) -> bool:
    """Return whether a folder to resume is of several runs.

    Raises
    ------
    InputError
        If it is of another command, or of none.
    """
    from nn_bridge.results.provenance import read_provenance
    from nn_bridge.runs.measuring import is_of_several

    begun = read_provenance(folder)
    if begun.command != command:
        raise InputError(f"{folder} is of nn-bridge {begun.command}; name a folder of {command}")
    return is_of_several(begun)
