"""How a command ends: its document on stdout, and the exit code."""

from __future__ import annotations

from typing import Any

import typer

from landscape_sim.console.exit_codes import INTERRUPTED


def print_result(document: dict[str, Any], as_json: bool, program: str) -> None:
    """Print a command's document, as JSON or as tables; exit with 130 if it was interrupted."""
    if as_json:
        import json

        typer.echo(json.dumps(document, allow_nan=False))
    else:
        from landscape_sim.console.tables import print_document

        print_document(document)
    if not document["is_complete"]:
        typer.echo(
            f"{program}: interrupted; what was finished is in {document['folder']}", err=True
        )
        raise typer.Exit(INTERRUPTED)
