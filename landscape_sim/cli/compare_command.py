"""The command ``landscape-sim compare``: its options, and what is done with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from landscape_sim.comparison.escapes.study import Study


def compare(
    study: Annotated[
        Path | None,
        typer.Option(help="Run this study: a TOML or JSON file, or study.json of an earlier run."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Replace the study's seed (built-in study: 0).")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to create for the results. [default: results/STUDY-TIME]"),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the paths.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the table as JSON on stdout, nothing else.")
    ] = False,
) -> None:
    """Compare formula, exact solution and simulation of escape rates.

    Each case is an escape from a minimum to the minimum beyond its saddle; its rate is one over
    the mean first-passage time, per unit of t = learning rate x steps, in more than one
    dimension to a ball around that minimum. Table, figures, NetCDF and study.json land in a new
    folder.
    """
    from landscape_sim.cli.compare import document, print_report, run_and_save
    from landscape_sim.console.document import print_result

    result, folder = run_and_save(_chosen_study(study, seed, quick), out)
    print_result(
        document(result, folder),
        as_json,
        "landscape-sim",
        lambda _: print_report(result, folder),
    )


def _chosen_study(path: Path | None, seed: int | None, quick: bool) -> Study:
    from landscape_sim.comparison.escapes.study import Study

    study = Study.default() if path is None else Study.load(path)
    if seed is not None:
        study = study.model_copy(update={"seed": seed})
    return study.quick() if quick else study
