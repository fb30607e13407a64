"""How a command ends: its document on stdout, and the exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer

from landscape_sim.console.exit_codes import INTERRUPTED
from landscape_sim.validation import InputError

Document = dict[str, Any]


def print_result(
    document: Document,
    as_json: bool,
    program: str,
    print_tables: Callable[[Document], None] | None = None,
) -> None:
    """Print a command's document, as JSON or as tables, and say how the command ended.

    Parameters
    ----------
    document : dict
        Of the values that JSON has. ``is_complete`` says whether the command reached its end;
        where it did not, ``folder`` is where the finished part is, and ``refusal``, if it is
        there and not None, says why.
    as_json : bool
        Print one JSON object, nothing else.
    program : str
        Name of the command line.
    print_tables : callable, optional
        Prints the document for a reader, by default
        :func:`landscape_sim.console.tables.print_document`.

    Raises
    ------
    InputError
        If the document has a refusal.
    typer.Exit
        With 130, if the command was interrupted.
    """
    if as_json:
        import json

        typer.echo(json.dumps(document, allow_nan=False))
    else:
        from landscape_sim.console.tables import print_document

        (print_tables or print_document)(document)
    if document.get("refusal") is not None:
        raise InputError(
            f"{document['refusal']}; what was finished before is in {document['folder']}"
        )
    if not document["is_complete"]:
        typer.echo(
            f"{program}: interrupted; what was finished is in {document['folder']}", err=True
        )
        raise typer.Exit(INTERRUPTED)
