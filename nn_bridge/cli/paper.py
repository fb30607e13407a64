"""The command that makes the paper's figures on networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landscape_sim.columns import Table
from landscape_sim.console.tables import print_tables
from landscape_sim.result_files import interruptions_naming
from landscape_sim.validation import InputError
from nn_bridge.cli.options import (
    OutputOptions,
    PlaceOptions,
    SamplesOption,
    UnofficialOption,
    WorkersOptions,
)
from nn_bridge.cli.running import run_and_print

if TYPE_CHECKING:
    from landscape_sim.workers.workers import Workers
    from nn_bridge.results.measurement import Measurement
    from nn_bridge.results.progress import Progress


# Long: every option with its help.
# Wide: one argument an option of the command line.
def paper(
    place: PlaceOptions,
    output: OutputOptions,
    crew: WorkersOptions,
    figure: Annotated[
        str | None, typer.Argument(help="Its number; without one, they are listed.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A small version, in a minute.")] = False,
    resume: Annotated[
        Path | None,
        typer.Option(help="Go on with the figure in this folder; other settings may extend it."),
    ] = None,
    runs: Annotated[
        int | None, typer.Option(min=1, help="Seeds. [default: 5, or the paper's 10]")
    ] = None,
    replicas: Annotated[
        int | None, typer.Option(min=2, help="3c: runs of SGD from each minimum. [default: 100]")
    ] = None,
    max_time: Annotated[
        float | None, typer.Option(help="3c: t = ηk after which to censor. [default: 100]")
    ] = None,
    samples: SamplesOption = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="2, 7: of each run. [default: 80 and 100]")
    ] = None,
    width: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="2, 7: of the convolutional network; the other shrinks alike. [default: 64]",
        ),
    ] = None,
    iterations: Annotated[
        int | None, typer.Option(min=1, help="3c, 4: of pre-training. [default: the paper's]")
    ] = None,
    levels: Annotated[
        int | None, typer.Option(min=2, help="4: levels of η. [default: 100]")
    ] = None,
    scaling: Annotated[
        str | None, typer.Option(help="Of the pixels: unit or standardised. [default: unit]")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the first run. [default: 0]")] = None,
    allow_unofficial: UnofficialOption = False,
) -> None:
    """Make a figure of the paper again: its claims beside what is measured, with intervals.

    Every part is kept once it is done; --resume goes on with what is missing, also with other
    settings: more --runs, say, or more --replicas from the same minima. Parts may be shared by
    worker processes, here or elsewhere; no number depends on how many they are.
    """
    given = {
        "runs": runs, "replicas": replicas, "max_time": max_time, "samples": samples,
        "epochs": epochs, "width": width, "iterations": iterations, "levels": levels,
        "scaling": scaling, "seed": seed,
    }  # fmt: skip
    chosen = {name: value for name, value in given.items() if value is not None}
    workers = crew.chosen()
    if resume is not None:
        if figure is not None or output.out is not None or quick:
            raise InputError(
                "--resume goes on with the figure of its folder, and there; leave out figure, "
                "--quick and --out"
            )
        _resume(resume, chosen, place, output, workers)
        return
    if figure is None:
        if quick or chosen or workers or output.out is not None:
            raise InputError("name a figure, e.g. nn-bridge paper 3c --quick")
        _list(output)
        return
    from nn_bridge.paper.figures import plan_figure
    from nn_bridge.paper.making import make_figure

    plan = plan_figure(figure, chosen, quick=quick)

    def measure(out: Path, progress: Progress) -> Measurement:
        return make_figure(
            plan, place.place(), out=out, allow_unofficial=allow_unofficial, progress=progress,
            workers=workers,
        )  # fmt: skip

    run_and_print(measure, f"paper-{figure}", output.out, output.as_json)


def _resume(
    folder: Path,
    changes: dict[str, Any],
    place: PlaceOptions,
    output: OutputOptions,
    workers: Workers | None,
) -> None:
    from nn_bridge.paper.making import resume_figure

    def measure(out: Path, progress: Progress) -> Measurement:
        return resume_figure(
            out, place.place(), changes=changes, progress=progress, workers=workers
        )

    # Also before the first part: earlier ones are there.
    with interruptions_naming(folder):
        run_and_print(measure, "paper", folder, output.as_json)


def _list(output: OutputOptions) -> None:
    from nn_bridge.paper.figures import FIGURES

    rows = [
        {
            "figure": name,
            "section": kind.section,
            "shows": kind.title,
            "statement": kind.statement,
            "cost": kind.cost,
        }
        for name, kind in FIGURES.items()
    ]
    if output.as_json:
        typer.echo(json.dumps({"command": "paper", "figures": rows}))
        return
    shown = [{key: row[key] for key in ("figure", "section", "shows", "cost")} for row in rows]
    sentences = [f"{row['figure']}: {row['statement']}" for row in rows]
    hint = "nn-bridge paper FIGURE makes one, --quick a small version of less than a minute."
    print_tables([Table("Figures of the paper on networks", shown)], [*sentences, hint])
