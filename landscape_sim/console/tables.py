"""What a finished command prints: its tables, its sentences, its folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as Drawn

from landscape_sim.columns import Table


def print_tables(
    tables: Sequence[Table],
    sentences: Sequence[str] = (),
    folder: object = None,
    *,
    width: int = 100,
    padding: int = 1,
) -> None:
    """Print tables, then sentences, then where the results are.

    Parameters
    ----------
    tables : sequence of Table
        One without rows is not printed.
    sentences : sequence of str
        One line each.
    folder : path or str, optional
        Of the results.
    width : int
        Room for every column on one line, also where the output is a file.
    padding : int
        Spaces on either side of a cell.
    """
    console = Console(width=max(Console().width, width))
    for table in tables:
        if table.rows:
            console.print(_drawn(table, padding), highlight=False)
    for sentence in sentences:
        console.print(sentence, highlight=False, markup=False, soft_wrap=True)
    if folder is not None:
        console.print(f"Results: {folder}", highlight=False, markup=False, soft_wrap=True)


def print_document(document: dict[str, Any]) -> None:
    """Print the tables, sentences and folder of a command's document.

    ``document["tables"]`` is a mapping of titles to lists of rows, each a mapping of column
    names to values; ``document["sentences"]`` a list of lines.
    """
    tables = [Table(title, rows) for title, rows in document["tables"].items()]
    print_tables(tables, document["sentences"], document["folder"])


def _drawn(table: Table, padding: int) -> Drawn:
    drawn = Drawn(title=table.heading or None, box=box.SIMPLE_HEAD, padding=(0, padding))
    for heading, is_text in table.headings():
        drawn.add_column(heading, justify="left" if is_text else "right")
    for row in table.rows:
        drawn.add_row(*table.cells(row))
    return drawn
