"""How a command ends: its document on stdout, and the exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer

from landscape_sim.result_files import interruptions_naming, kept_in
from landscape_sim.validation import InputError

Document = dict[str, Any]


def print_result(
    document: Document,
    as_json: bool,
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
    print_tables : callable, optional
        Prints the document for a reader, by default
        :func:`landscape_sim.console.tables.print_document`.

    Raises
    ------
    InputError
        If the document has a refusal.
    KeyboardInterrupt
        If the command was interrupted; it says what is kept.
    """
    with interruptions_naming(document["folder"]):
        _print(document, as_json, print_tables)
    if document.get("refusal") is not None:
        raise InputError(f"{document['refusal']}; {kept_in(document['folder'])}")
    if not document["is_complete"]:
        raise KeyboardInterrupt(kept_in(document["folder"]))


def _print(
    document: Document, as_json: bool, print_tables: Callable[[Document], None] | None
) -> None:
    if as_json:
        import json

        typer.echo(json.dumps(document, allow_nan=False))
    else:
        from landscape_sim.console.tables import print_document

        (print_tables or print_document)(document)
