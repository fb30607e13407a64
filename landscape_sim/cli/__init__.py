"""The command ``landscape-sim``: parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_sim.validation import InputError

if TYPE_CHECKING:
    from landscape_sim.comparison.study import Study

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

_INTERRUPTED = 130


def _print_version(requested: bool) -> None:
    if requested:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"landscape-sim {version('landscape-sim')}")
        except PackageNotFoundError:
            typer.echo("landscape-sim, from a checkout that is not installed")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def landscape_sim(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """How fast does SGD leave a minimum? Formula, exact solution and simulation, side by side."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def compare(
    study: Annotated[
        Path | None,
        typer.Option(help="Run this study: a study.json of an earlier run, or one of your own."),
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
    """Compare the escape rate of Eq. (15) with the exact one and with simulation.

    Each case is an escape from a minimum to the other minimum of a double well, under noise
    proportional to the loss; its rate is one over the mean first-passage time, per unit of
    t = learning rate x steps. Table, figures, NetCDF and study.json land in a new folder.
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
        raise typer.Exit(_INTERRUPTED)


def _chosen_study(path: Path | None, seed: int | None, quick: bool) -> Study:
    from landscape_sim.comparison.study import default_study, load_study, quick_study

    study = default_study() if path is None else load_study(path)
    if seed is not None:
        study = study.model_copy(update={"seed": seed})
    return quick_study(study) if quick else study


def main() -> int:
    """Run the command line; bad input gives one line and exit code 2, Ctrl-C 130."""
    try:
        return app(prog_name="landscape-sim", standalone_mode=False) or 0
    except InputError as error:
        typer.echo(f"landscape-sim: {error}", err=True)
        return 2
    except typer.TyperException as error:
        typer.echo(f"landscape-sim: {error.format_message()} (see landscape-sim --help)", err=True)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("landscape-sim: interrupted", err=True)
        return _INTERRUPTED
