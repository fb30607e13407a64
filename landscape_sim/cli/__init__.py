"""The command ``landscape-sim``: parse, call, print."""

from __future__ import annotations

from typing import Annotated

import typer

from landscape_sim.cli.compare_command import compare
from landscape_sim.cli.picture_command import picture
from landscape_sim.cli.rate_command import landscapes, rate
from landscape_sim.cli.regression import regression
from landscape_sim.cli.stationary_command import stationary
from landscape_sim.console.exit_codes import BAD_INPUT, INTERRUPTED
from landscape_sim.validation import InputError

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


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


for _command in (compare, rate, landscapes, stationary, picture):
    app.command()(_command)
app.add_typer(regression, name="regression")


def main() -> int:
    """Run the command line; bad input gives one line and exit code 2, Ctrl-C 130."""
    try:
        return app(prog_name="landscape-sim", standalone_mode=False) or 0
    except InputError as error:
        typer.echo(f"landscape-sim: {error}", err=True)
        return BAD_INPUT
    except typer.TyperException as error:
        typer.echo(f"landscape-sim: {error.format_message()} (see landscape-sim --help)", err=True)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("landscape-sim: interrupted", err=True)
        return INTERRUPTED
