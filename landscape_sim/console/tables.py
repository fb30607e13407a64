"""What a finished command prints: its tables, its sentences, its folder."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table


def print_document(document: dict[str, Any]) -> None:
    """Print the tables, sentences and folder of a command's document.

    ``document["tables"]`` is a mapping of titles to lists of rows, each a mapping of column
    names to values; ``document["sentences"]`` a list of lines.
    """
    console = Console(width=max(Console().width, 100))
    for title, rows in document["tables"].items():
        if rows:
            console.print(_table(title, rows))
    for sentence in document["sentences"]:
        console.print(sentence, highlight=False, soft_wrap=True)
    console.print(f"Results: {document['folder']}", highlight=False, soft_wrap=True)


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1))
    for name, value in rows[0].items():
        table.add_column(name, justify="left" if isinstance(value, str) else "right")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    return table


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.5g}" if isinstance(value, float) else str(value)
