"""A command line: its version and help, and how it ends, whatever went wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from landscape_sim.console.exit_codes import BAD_INPUT, INTERRUPTED
from landscape_sim.console.surroundings import adapt_to_surroundings
from landscape_sim.validation import InputError, in_one_line

_DISTRIBUTION = "landscape-sim"


class _MisreadError(Exception):
    """Holds, as its cause, an error that Typer would turn into something else."""


class _Commands(TyperGroup):
    """Typer ends silently on Ctrl-C, and calls a file that ends too early an interruption."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, EOFError) as error:
            raise _MisreadError from error


def new_application(summary: str) -> typer.Typer:
    """Return a command line without commands that knows ``--version`` and shows its help."""
    app = typer.Typer(
        cls=_Commands,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback(invoke_without_command=True, help=summary)(_show_help)
    return app


def new_group(summary: str) -> typer.Typer:
    """Return a group of commands without any, which alone shows its help."""
    group = typer.Typer(add_completion=False, rich_markup_mode=None)
    group.callback(invoke_without_command=True, help=summary)(_show_group_help)
    return group


def _show_group_help(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _print_version(context: typer.Context, requested: bool) -> None:
    if requested:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"{context.info_name} {version(_DISTRIBUTION)}")
        except PackageNotFoundError:
            typer.echo(f"{context.info_name}, from a checkout that is not installed")
        raise typer.Exit


def _show_help(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    _show_group_help(context)


def run_application(
    app: typer.Typer, program: str, explain: Callable[[Exception], str | None] | None = None
) -> int:
    """Run a command line and return its exit code.

    Bad input gives one line and exit code 2, and so does memory that cannot be had; Ctrl-C 130.

    Parameters
    ----------
    app : typer.Typer
        From :func:`new_application`.
    program : str
        Its name, which begins every line on stderr.
    explain : callable, optional
        Returns the line for an error that this program expects beside bad input, else None.
    """
    adapt_to_surroundings()
    try:
        return _run(app, program)
    except typer.TyperException as error:
        reason = in_one_line(error.format_message())
        typer.echo(f"{program}: {reason} (see {program} --help)", err=True)
        return error.exit_code
    except KeyboardInterrupt:
        typer.echo(f"{program}: interrupted", err=True)
        return INTERRUPTED
    except Exception as error:
        line = explain and explain(error)
        if isinstance(error, InputError):
            line = str(error)
        elif line is None and isinstance(error, MemoryError):
            line = f"out of memory ({in_one_line(str(error))}); ask for less, or for fewer paths"
        if line is None:
            raise
        typer.echo(f"{program}: {line}", err=True)
        return BAD_INPUT


def _run(app: typer.Typer, program: str) -> int:
    try:
        return app(prog_name=program, standalone_mode=False) or 0
    except _MisreadError as error:
        raise error.__cause__ or error from None
