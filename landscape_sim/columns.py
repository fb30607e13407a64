"""The columns of a printed table, written down beside the rows that they show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
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


def percent(share: float) -> str:
    """Return a share in per cent, with the digits that tell it from 100 %.

    >>> percent(0.95), percent(0.9999)
    ('95%', '99.99%')
    """
    return f"{100 * share:.12g}%"
