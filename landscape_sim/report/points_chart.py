"""Rows of a table as marks and lines of a chart; a mark says its row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np

from landscape_sim.columns import Columns, Rows, Table
from landscape_sim.report.report import Chart

_MOST_TICKS = 12
#: Heights at which the line of a limit says its row.
_SAID_HEIGHTS = 25
#: What a mark or line looks like, by the name of its look; a path says its rows, other lines do
#: not.
_MARKS = {
    "mark": "circle",
    "open": "square-open",
    "diamond": "diamond-open",
    "bound": "triangle-up-open",
}
_LINES = {"line": "solid", "dashed": "dash", "path": "solid"}
#: Of limits, one after the other, all in a grey that stands out on dark and light.
_DASHES, _GREY = ("dot", "dash", "dashdot", "longdash", "longdashdot"), "#808080"
#: In pixels: a chart without its legend, a line and a letter of that, what else an entry takes, and
#: the chart at its widest.
_HEIGHT, _LINE, _LETTER, _MARK, _WIDTH = 420, 20, 7, 60, 1000


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
        ``mark``, ``open`` (a square), ``diamond``, ``bound`` (a triangle: it is at least this),
        ``line``, ``dashed``, or ``path``, a line that says its rows.
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
class Limit:
    """A vertical line: a value on the x axis, and the row that it says."""

    name: str
    at: float
    row: Mapping[str, Any]


@dataclass(frozen=True)
class ChartAxis:
    """A title, whether it is logarithmic, and along the x axis the name of its value in a row.

    ``names`` stand in the places of the values 1, 2 and so on.
    """

    title: str
    is_log: bool = True
    of: str = ""
    names: Sequence[str] = ()


def points_chart(
    points: Sequence[Points],
    x: ChartAxis,
    y: ChartAxis,
    caption: str,
    columns: Columns | None = None,
    limits: Sequence[Limit] = (),
) -> Chart:
    """Return a chart of quantities against one another.

    Parameters
    ----------
    points : sequence of Points
    x, y : ChartAxis
    caption : str
    columns : sequence of Column, optional
        Of the rows' table: what a mark says. By default every value by its name.
    limits : sequence of Limit
        Drawn from the lowest to the highest of the points.
    """
    # Matplotlib takes its time to load.
    from landscape_sim.plots.style import line_colours

    groups = list(dict.fromkeys(one.group for one in points))
    colour_of = dict(zip(groups, line_colours(len(groups)), strict=True))
    traces = [_trace(one, x, colour_of[one.group], columns) for one in points]
    heights = _heights(traces, y.is_log)
    traces += [_upright(one, heights, dash) for one, dash in zip(limits, cycle(_DASHES))]
    return {
        "data": traces,
        "layout": {
            "height": _HEIGHT + _LINE * _legend_lines([trace["name"] for trace in traces]),
            "hovermode": "closest",
            "hoverlabel": {"align": "left"},
            "margin": {"t": 20, "r": 10},
            # Above the chart, where it meets no title of an axis on whatever width.
            "legend": {"orientation": "h", "x": 0.0, "y": 1.0, "yanchor": "bottom"},
            "xaxis": {**_axis(x), **_ticks(points, x)},
            "yaxis": _axis(y),
        },
        "log_axes": ["yaxis"] if y.is_log else [],
        "caption": f"{caption} A mark says its row of the table.",
    }


def _said(row: Mapping[str, Any], columns: Columns | None) -> str:
    """Return a row in lines: the cells of its table, each with its heading."""
    table = Table("", [row], columns)
    cells = zip(table.headings(), table.cells(row), strict=True)
    return "<br>".join(f"{heading}: {cell}" for (heading, _), cell in cells)


def _axis(axis: ChartAxis) -> dict[str, Any]:
    return {
        "type": "log" if axis.is_log else "linear",
        # Measured from the labels of the ticks, which may be long and slanted.
        "title": {"text": axis.title, "standoff": 10},
        "exponentformat": "power",
        "zeroline": False,
        "automargin": True,
    }


def _legend_lines(names: Sequence[str]) -> int:
    beside = max(1, _WIDTH // (_MARK + _LETTER * max(map(len, names), default=0)))
    return -(-len(names) // beside)


def _ticks(points: Sequence[Points], axis: ChartAxis) -> dict[str, Any]:
    """Return ticks where there are names or values, if the values are few."""
    if axis.names:
        places = list(range(1, len(axis.names) + 1))
        return {"tickvals": places, "ticktext": list(axis.names), "tickangle": -35}
    values = {_number(row[axis.of]) for one in points for row in one.rows} - {None}
    return {"tickvals": sorted(values)} if len(values) <= _MOST_TICKS else {}


def _trace(points: Points, x: ChartAxis, colour: str, columns: Columns | None) -> dict[str, Any]:
    trace: dict[str, Any] = {
        "x": [_number(row[x.of]) for row in points.rows],
        "y": [_number(row[points.y]) for row in points.rows],
        "name": points.name,
    }
    if points.look in _LINES:
        trace |= {"mode": "lines", "line": {"color": colour, "dash": _LINES[points.look]}}
        if points.look != "path":
            return {**trace, "hoverinfo": "skip"}
    else:
        marker = {"color": colour, "symbol": _MARKS[points.look], "size": 8}
        trace |= {"mode": "markers", "marker": marker, **_bars(points, colour)}
    # Among names a value is but a place.
    place = {x.of} if x.names else set()
    rows = [{k: v for k, v in row.items() if k not in place} for row in points.rows]
    said = [_said(row, columns) for row in rows]
    return {**trace, "text": said, "hovertemplate": "%{text}<extra></extra>"}


def _heights(traces: Sequence[Mapping[str, Any]], is_log: bool) -> list[float]:
    """Return heights from the lowest to the highest mark that the axis can show."""
    values = [value for trace in traces for value in trace["y"] if value is not None]
    shown = [value for value in values if value > 0 or not is_log]
    if not shown:
        return []
    spaced = np.geomspace if is_log else np.linspace
    found: list[float] = spaced(min(shown), max(shown), _SAID_HEIGHTS).tolist()
    return found


def _upright(limit: Limit, heights: Sequence[float], dash: str) -> dict[str, Any]:
    return {
        "x": [limit.at] * len(heights),
        "y": list(heights),
        "name": limit.name,
        "mode": "lines",
        "line": {"color": _GREY, "dash": dash, "width": 1.5},
        "text": _said(limit.row, None),
        "hovertemplate": "%{text}<extra></extra>",
    }


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


def groups_of(rows: Rows, name: str) -> Iterator[tuple[Any, Rows]]:
    """Yield every value of a column with its rows, in the order of the first ones."""
    values: dict[Any, list[Mapping[str, Any]]] = {}
    for row in rows:
        values.setdefault(row[name], []).append(row)
    yield from values.items()
