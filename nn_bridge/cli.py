"""The command ``nn-bridge``: parse, call, print."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def _print_version(requested: bool) -> None:
    if requested:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"nn-bridge {version('landscape-sim')}")
        except PackageNotFoundError:
            typer.echo("nn-bridge, from a checkout that is not installed")
        raise typer.Exit


@app.callback(invoke_without_command=True, subcommand_metavar="")
def nn_bridge(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Test the power-law escape rate of SGD on real networks.

    It will measure whether the gradient noise is proportional to the loss, whether
    losses and gradients decouple, the outlier eigenvalues of the Hessian, and the
    first passage of SGD out of a minimum.

    No measurement is available in this version.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> int:
    """Run the command line and return its exit code: 2, with one line, on bad usage."""
    try:
        return app(prog_name="nn-bridge", standalone_mode=False) or 0
    except typer.TyperException as error:
        typer.echo(f"nn-bridge: {error.format_message()} (see nn-bridge --help)", err=True)
        return error.exit_code
