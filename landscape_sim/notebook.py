"""Results as a notebook shows them: a short table, and in words what belongs to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from landscape_sim.columns import Columns

#: An interval stays on its line.
_CELL = '<td style="white-space: nowrap">'


def html_table(
    rows: Sequence[Mapping[str, Any]], columns: Columns, notes: Sequence[str] = ()
) -> str:
    """Return rows, if there are any, as an HTML table, with notes below it.

    >>> from landscape_sim.columns import Column
    >>> print(html_table([], [Column("κ", "{κ:.3g}")], ["no case, L* < 0"]))
    <p>no case, L* &lt; 0</p>
    """
    below = "".join(f"<p>{escape(note)}</p>" for note in notes)
    if not rows:
        return below
    head = "".join(f"<th>{escape(column.title(rows[0]))}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"{_CELL}{escape(column.cell(row))}</td>" for column in columns) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"
