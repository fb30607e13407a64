"""The command ``landscape-sim compare``: its options, and what is done with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_sim.console.exit_codes import INTERRUPTED

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
    from landscape_sim.cli.compare import run_and_store
    from landscape_sim.cli.tables import print_report

    result, folder, document = run_and_store(_chosen_study(study, seed, quick), out)
    if as_json:
        import json

        typer.echo(json.dumps(document, allow_nan=False))
    else:
        print_report(result, folder)
    if not result.is_complete:
        typer.echo(
            f"landscape-sim: interrupted; the {len(result.results)} finished cases are in {folder}",
            err=True,
        )
        raise typer.Exit(INTERRUPTED)


def _chosen_study(path: Path | None, seed: int | None, quick: bool) -> Study:
    from landscape_sim.comparison.escapes.study import default_study, load_study, quick_study

    study = default_study() if path is None else load_study(path)
    if seed is not None:
        study = study.model_copy(update={"seed": seed})
    return quick_study(study) if quick else study
