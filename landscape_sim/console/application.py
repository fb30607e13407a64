"""A command line: its version and help, and how it ends, whatever went wrong."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from landscape_sim.complaints import reason_of, with_value
from landscape_sim.console.exit_codes import BAD_INPUT, NOBODY_READS
from landscape_sim.console.help_ending import ending
from landscape_sim.console.surroundings import adapt_to_surroundings
from landscape_sim.validation import InputError, in_one_line

_DISTRIBUTION = "landscape-sim"
#: What the system says of a disk that takes no more: full, over quota, file too large.
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class _MisreadError(Exception):
    """Holds, as its cause, an error that Typer would turn into something else."""


@contextmanager
def _not_misread() -> Iterator[None]:
    """Keep from Typer what it would take for the end of the command."""
    try:
        yield
    except (KeyboardInterrupt, EOFError, BrokenPipeError) as error:
        raise _MisreadError from error


class _Commands(TyperGroup):
    """Typer ends silently on Ctrl-C, and calls a file that ends too early an interruption."""

    def make_context(self, *arguments: Any, **settings: Any) -> Any:
        with _not_misread():
            return super().make_context(*arguments, **settings)

    def invoke(self, ctx: Any) -> Any:
        with _not_misread():
            return super().invoke(ctx)


def new_application(summary: str, *example: str) -> typer.Typer:
    """Return a command line without commands that knows ``--version`` and shows its help.

    Parameters
    ----------
    summary : str
        What it is for.
    *example : str
        Lines at the end of its help.
    """
    app = typer.Typer(
        cls=_Commands,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback(invoke_without_command=True, help=summary, epilog=ending(*example))(_show_help)
    return app


def new_group(summary: str, *example: str) -> typer.Typer:
    """Return a group of commands without any, which alone shows its help, with an example."""
    group = typer.Typer(add_completion=False, rich_markup_mode=None)
    group.callback(invoke_without_command=True, help=summary, epilog=ending(*example))(
        _show_group_help
    )
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

    Bad input, a full disk and memory that cannot be had give one line and exit code 2. See
    :func:`~landscape_sim.console.interruptions.run_until_interrupted` for Ctrl-C.

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
        line = f"{in_one_line(_said(error))} (see {_at(error, program)} --help)"
        code = error.exit_code
    except BrokenPipeError:
        _give_up_stdout()
        return NOBODY_READS
    except Exception as error:
        reason = (explain and explain(error)) or _reason(error)
        if reason is None:
            raise
        line, code = reason, BAD_INPUT
    typer.echo(f"{program}: {line}", err=True)
    return code


def _run(app: typer.Typer, program: str) -> int:
    try:
        code = app(prog_name=program, standalone_mode=False) or 0
        sys.stdout.flush()
        return code
    except _MisreadError as error:
        raise error.__cause__ or error from None


def _at(error: Exception, program: str) -> str:
    """Return the command that was not understood, whose help says how it is."""
    context = getattr(error, "ctx", None)
    return program if context is None else context.command_path


def _said(error: typer.TyperException) -> str:
    """Return what is wrong; of a value that Typer had pydantic refuse, in our words."""
    errors = getattr(error.__cause__, "errors", None)
    if errors:
        complaint = errors()[0]
        error.message = with_value(reason_of(complaint, error.message), complaint["input"])
    return error.format_message()


def _reason(error: Exception) -> str | None:
    """Return the line for what every command may meet: bad input, and a full disk or memory."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, OSError) and error.errno in _DISK:
        if error.filename is None:
            _give_up_stdout()
        return f"cannot write {error.filename or 'the output'}: {error.strerror}; make room there"
    if isinstance(error, MemoryError):
        return f"out of memory ({in_one_line(str(error))}); ask for less, or for fewer paths"
    return None


def _give_up_stdout() -> None:
    """Let what could not be written go, or Python would try again at its end, and complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
