"""A table for readers: rows, and columns that say how a row fills its cells."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from string import Formatter
from typing import Any, NamedTuple


class Column(NamedTuple):
    """One column: its heading, and how a row fills its cell.

    Attributes
    ----------
    heading : str
        May name values of the rows, as the template does; the first row fills them in.
    template : str
        Names the values of a row, with formats: ``"{low:.3f} … {high:.3f}"``; beside those of
        Python there is ``percent``.
    missing : str
        Stands for a value that is None.

    Examples
    --------
    >>> column = Column("{level:percent} interval", "{low:.2f} … {high:.2f}", missing="∞")
    >>> row = {"level": 0.95, "low": 1.0, "high": None}
    >>> column.title(row), column.cell(row)
    ('95% interval', '1.00 … ∞')
    """

    heading: str
    template: str
    missing: str = "-"

    def title(self, first: Mapping[str, Any]) -> str:
        """Return the heading of a table with this first row."""
        return _Cells(self.missing).vformat(self.heading, (), first)

    def cell(self, row: Mapping[str, Any]) -> str:
        """Return what stands in the row's cell; one missing mark where nothing is known."""
        fields = [field for _, field, _, _ in Formatter().parse(self.template) if field]
        if all(row[field] is None for field in fields):
            return self.missing
        return _Cells(self.missing).vformat(self.template, (), row)

    @property
    def is_text(self) -> bool:
        """Whether the cells are words: a value as it is, without a format."""
        return ":" not in self.template


Columns = Sequence[Column]
#: Of a table: a mapping a row, of values by their names.
Rows = Sequence[Mapping[str, Any]]

#: A cell of more characters may have several lines, where others stay on theirs.
_LONG = 60


@dataclass(frozen=True)
class Table:
    """Rows under a title: on a terminal, in a report and in a notebook.

    Attributes
    ----------
    title : str
        May be empty; may name values of the first row, as headings may.
    rows : sequence of mapping
    columns : sequence of Column, optional
        By default every value of the first row, under its own name.
    """

    title: str
    rows: Rows
    columns: Columns | None = None

    @property
    def heading(self) -> str:
        """The title, filled in."""
        return Column(self.title, "").title(self.rows[0])

    def headings(self) -> list[tuple[str, bool]]:
        """Return the heading of every column, and whether the cells below are words."""
        first = self.rows[0]
        if self.columns is None:
            return [(name, isinstance(value, str)) for name, value in first.items()]
        return [(column.title(first), column.is_text) for column in self.columns]

    def cells(self, row: Mapping[str, Any]) -> list[str]:
        """Return what stands in the cells of a row."""
        if self.columns is None:
            return [_plain(value) for value in row.values()]
        return [column.cell(row) for column in self.columns]

    def html(self, notes: Sequence[str] = ()) -> str:
        """Return the table without its title, if it has rows, and notes below it.

        >>> print(Table("", [{"κ": "a < b"}]).html(["no case, L* < 0"]).split("<tbody>")[1])
        <tr><td>a &lt; b</td></tr></tbody></table><p>no case, L* &lt; 0</p>
        """
        below = "".join(f"<p>{escape(note)}</p>" for note in notes)
        if not self.rows:
            return below
        head = "".join(f"<th scope='col'>{escape(one)}</th>" for one, _ in self.headings())
        body = "\n".join(
            f"<tr>{''.join(map(_html_cell, self.cells(row)))}</tr>" for row in self.rows
        )
        return (
            f"<table style='white-space: nowrap'><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table>{below}"
        )


def _html_cell(text: str) -> str:
    style = " style='white-space: normal; min-width: 30em'" if len(text) > _LONG else ""
    return f"<td{style}>{escape(text)}</td>"


def _plain(value: Any) -> str:
    """Return a value as it stands where nothing says how."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def finite(value: Any) -> Any:
    """Return the value, None for a number that is not finite: tables and JSON have no such number.

    >>> finite(math.inf), finite(2.5), finite("words")
    (None, 2.5, 'words')
    """
    return None if isinstance(value, float) and not math.isfinite(value) else value


class _Cells(Formatter):
    """Formats values, None as a mark."""

    def __init__(self, missing: str) -> None:
        self._missing = missing

    def format_field(self, value: Any, format_spec: str) -> Any:
        """Return the mark for None, a share in per cent, anything else as usual."""
        if value is None:
            return self._missing
        return (
            percent(value) if format_spec == "percent" else super().format_field(value, format_spec)
        )


def numbers(values: Iterable[float]) -> str:
    """Return numbers as they stand in one cell.

    >>> numbers([1.0, -0.0, 1 / 3])
    '1, 0, 0.333333'
    """
    # Adding zero turns −0 into 0.
    return ", ".join(f"{value + 0.0:.6g}" for value in values)


def percent(share: float) -> str:
    """Return a share in per cent, with the digits that tell it from 100 %.

    >>> percent(0.95), percent(0.9999)
    ('95%', '99.99%')
    """
    return f"{100 * share:.12g}%"
