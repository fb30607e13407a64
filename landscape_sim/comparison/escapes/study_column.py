"""What a column of a study's tables is, and the rows that columns make of results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from landscape_sim.columns import Column, finite

Source = TypeVar("Source")
Row = dict[str, Any]


class Printed(NamedTuple):
    """How a column is printed.

    Attributes
    ----------
    place : int
        From the left.
    heading, cell : str
        As :class:`landscape_sim.columns.Column` has them.
    """

    place: int
    heading: str
    cell: str


@dataclass(frozen=True)
class StudyColumn(Generic[Source]):
    """One column.

    Attributes
    ----------
    name : str
        Its key.
    value : callable
        Returns its value for a row, None where there is none.
    printed : Printed or None
        How it is printed, if it is.
    units : str or None
        Where it is a variable of the NetCDF file, its units there.
    meaning : str
        Its long name there.
    is_stored : bool
        False for what is only printed.
    """

    name: str
    value: Callable[[Source], Any]
    printed: Printed | None = None
    units: str | None = None
    meaning: str = ""
    is_stored: bool = True


def rows(columns: Sequence[StudyColumn[Source]], sources: Iterable[Source]) -> list[Row]:
    """Return all values of every source as a flat mapping; what is not finite is None."""
    return [{column.name: finite(column.value(source)) for column in columns} for source in sources]


def stored_names(columns: Sequence[StudyColumn[Source]]) -> list[str]:
    """Return the names of the columns of the files."""
    return [column.name for column in columns if column.is_stored]


def stored_rows(columns: Sequence[StudyColumn[Source]], sources: Iterable[Source]) -> list[Row]:
    """Return the values of every source that files have."""
    return rows([column for column in columns if column.is_stored], sources)


def printed_columns(columns: Sequence[StudyColumn[Source]]) -> list[Column]:
    """Return what is printed, from left to right."""
    shown = sorted(column.printed for column in columns if column.printed is not None)
    return [Column(heading, cell) for _, heading, cell in shown]
