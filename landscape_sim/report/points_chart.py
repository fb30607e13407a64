"""Rows of a table as marks and lines of a chart; a mark says its row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from landscape_sim.columns import Column, Columns
from landscape_sim.report.report import Chart

Rows = Sequence[Mapping[str, Any]]

_HEIGHT, _MOST_TICKS = 460, 12


@dataclass(frozen=True)
class Points:
    """One quantity of some rows.

    Attributes
    ----------
    name : str
        In the legend.
    rows : sequence of mapping
        Of the table; one without the quantity has no mark.
    y : str
        The quantity's name in a row.
    interval : pair of str, optional
        Names of both ends of its interval.
    look : str
        ``mark``, ``open`` (a square) or ``line``.
    group : str
        Points of one group have one colour.
    """

    name: str
    rows: Rows
    y: str
    interval: tuple[str, str] | None = None
    look: str = "mark"
    group: str = ""


@dataclass(frozen=True)
class ChartAxis:
    """A title, whether it is logarithmic, and along the x axis the name of its value in a row."""

    title: str
    is_log: bool = True
    of: str = ""


def points_chart(
    points: Sequence[Points],
    x: ChartAxis,
    y: ChartAxis,
    caption: str,
    columns: Columns | None = None,
) -> Chart:
    """Return a chart of quantities against one another.

    Parameters
    ----------
    points : sequence of Points
    x, y : ChartAxis
    caption : str
    columns : sequence of Column, optional
        Of the rows' table: what a mark says. By default every value by its name.
    """
    # Matplotlib takes its time to load.
    from landscape_sim.plots.style import line_colours

    groups = list(dict.fromkeys(one.group for one in points))
    colours = dict(zip(groups, line_colours(len(groups)), strict=True))
    return {
        "data": [_trace(one, x.of, colours[one.group], columns) for one in points],
        "layout": {
            "height": _HEIGHT,
            "hovermode": "closest",
            "margin": {"t": 20, "r": 10},
            "legend": {"orientation": "h", "y": -0.2},
            "xaxis": {**_axis(x), **_ticks(points, x.of)},
            "yaxis": _axis(y),
        },
        "log_axes": ["yaxis"] if y.is_log else [],
        "caption": f"{caption} A mark says its row of the table.",
    }


def _said(row: Mapping[str, Any], columns: Columns | None) -> str:
    """Return a row of a table in lines, as a mark says it."""
    shown = [Column(name, f"{{{name}}}") for name in row] if columns is None else columns
    return "<br>".join(f"{column.title(row)}: {column.cell(row)}" for column in shown)


def _axis(axis: ChartAxis) -> dict[str, Any]:
    return {
        "type": "log" if axis.is_log else "linear",
        "title": {"text": axis.title},
        "exponentformat": "power",
    }


def _ticks(points: Sequence[Points], x: str) -> dict[str, Any]:
    """Return ticks where there are values, if these are few."""
    values = sorted({row[x] for one in points for row in one.rows if row[x] is not None})
    return {"tickvals": values} if len(values) <= _MOST_TICKS else {}


def _trace(points: Points, x: str, colour: str, columns: Columns | None) -> dict[str, Any]:
    trace: dict[str, Any] = {
        "x": [_number(row[x]) for row in points.rows],
        "y": [_number(row[points.y]) for row in points.rows],
        "name": points.name,
        "text": [_said(row, columns) for row in points.rows],
        "hovertemplate": "%{text}<extra></extra>",
    }
    if points.look == "line":
        return {**trace, "mode": "lines", "line": {"color": colour}, "hoverinfo": "skip"}
    symbol = "square-open" if points.look == "open" else "circle"
    marks = {"mode": "markers", "marker": {"color": colour, "symbol": symbol, "size": 8}}
    return {**trace, **marks, **_bars(points, colour)}


def _bars(points: Points, colour: str) -> dict[str, Any]:
    """Return the intervals; an end that is open has no bar."""
    if points.interval is None:
        return {}
    low, high = points.interval
    ends = {
        "array": [_difference(row[high], row[points.y]) for row in points.rows],
        "arrayminus": [_difference(row[points.y], row[low]) for row in points.rows],
    }
    return {"error_y": {"type": "data", "symmetric": False, "color": colour, **ends}}


def _difference(above: Any, below: Any) -> float | None:
    upper, lower = _number(above), _number(below)
    return None if upper is None or lower is None else upper - lower


def _number(value: Any) -> float | None:
    """Return a value as JSON has it, None where there is no number."""
    return float(value) if value is not None and math.isfinite(value) else None
