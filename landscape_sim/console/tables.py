"""What a finished command prints: its tables, its sentences, its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from landscape_sim.columns import Column, Columns


@dataclass(frozen=True)
class PrintedTable:
    """Rows under a title.

    Attributes
    ----------
    title : str
        May be empty.
    rows : sequence of dict
        A table without rows is not printed.
    columns : sequence of Column, optional
        By default every value of the first row, under its own name.
    """

    title: str
    rows: Sequence[dict[str, Any]]
    columns: Columns | None = None


def print_tables(
    tables: Sequence[PrintedTable],
    sentences: Sequence[str] = (),
    folder: object = None,
    *,
    width: int = 100,
    padding: int = 1,
) -> None:
    """Print tables, then sentences, then where the results are.

    Parameters
    ----------
    tables : sequence of PrintedTable
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
    tables = [PrintedTable(title, rows) for title, rows in document["tables"].items()]
    print_tables(tables, document["sentences"], document["folder"])


def _drawn(table: PrintedTable, padding: int) -> Table:
    first = table.rows[0]
    title = Column(table.title, "").title(first) or None
    drawn = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, padding))
    if table.columns is None:
        for name, value in first.items():
            drawn.add_column(name, justify="left" if isinstance(value, str) else "right")
        for row in table.rows:
            drawn.add_row(*(_cell(value) for value in row.values()))
        return drawn
    for column in table.columns:
        drawn.add_column(column.title(first), justify="left" if column.is_text else "right")
    for row in table.rows:
        drawn.add_row(*(column.cell(row) for column in table.columns))
    return drawn


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.5g}" if isinstance(value, float) else str(value)
