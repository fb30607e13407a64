"""The rates of a study as a chart whose marks say their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.plots.panels import panels_of, with_heights
from landscape_sim.plots.sweeps import Axis, Line, axis_of, lines_of
from landscape_sim.report.report import Chart
from landscape_sim.results import rate_text

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

_SAID = ("formula", "exact", "simulated", "low", "high")
#: Of panels of a chart; pictures have more.
_MOST_PANELS = 4
_CAPTION = (
    "Lines: the formula, or Arrhenius' law for constant noise. Squares: exact. Points: "
    "simulated, with interval. Below, ratios to the line. A mark says its numbers."
)
#: Where the two rows of a column stand, and the space between columns, as shares of the chart.
_UPPER, _LOWER, _GAP = (0.36, 1.0), (0.0, 0.26), 0.06
#: In pixels: the panels, the chart at its widest, a line and a letter of text, a legend's mark.
_HEIGHT, _WIDTH, _LINE, _LETTER, _LEGEND_MARK = 480, 1000, 20, 7, 60
#: Of a column; a window that is narrower scrolls.
_NARROWEST = 250


def rates_chart(dataset: xr.Dataset) -> Chart:
    """Return rates above and their ratios to the law below, one column a landscape.

    A mark says its landscape's line, its place on the axis, rate, interval and ratio. The rates'
    axes can be made linear.
    """
    dataset = with_heights(dataset)
    panels, n_landscapes = panels_of(dataset, _MOST_PANELS)
    in_decades = bool(dataset.attrs["in_decades"])
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"hovermode": "closest", "annotations": []}
    named: dict[tuple[str, str], None] = {}
    for k, panel in enumerate(panels):
        axis = axis_of(panel)
        x, upper, lower = _name("x", k + 1), _name("y", 2 * k + 1), _name("y", 2 * k + 2)
        ends = [k / len(panels) + _GAP * (k > 0), (k + 1) / len(panels)]
        layout[_long(x)] = _x_axis(axis, ends, lower)
        layout[_long(upper)] = _y_axis(x, _UPPER, "linear" if in_decades else "log")
        layout[_long(lower)] = _y_axis(x, _LOWER, "linear")
        layout["annotations"].append(_title(panel, ends))
        for line in lines_of(panel, axis):
            key = line.label, line.colour
            # One legend for all panels: each kind of line stands in it once.
            is_new = line.is_named and bool(line.label) and key not in named
            named |= {key: None} if is_new else {}
            data += _traces(line, x, upper, lower, is_new)
    layout |= _frame(layout["annotations"], [label for label, _ in named])
    layout["yaxis"]["title"] = _text(("log₁₀ of the " if in_decades else "") + "rate, per t = ηk")
    layout["yaxis2"]["title"] = _text("ratio to the law")
    log_axes = [] if in_decades else _rate_axes(panels)
    few = (
        f" The first {len(panels)} of {n_landscapes} landscapes."
        if n_landscapes > len(panels)
        else ""
    )
    return {
        "data": data,
        "layout": layout,
        "log_axes": log_axes,
        "caption": _CAPTION + few,
        "min_width": _NARROWEST * len(panels),
    }


def _frame(titles: list[dict[str, Any]], labels: list[str]) -> dict[str, Any]:
    """Return a height with room for the titles above and the legend below."""
    n_lines = max(title["text"].count("<br>") + 1 for title in titles)
    beside = max(1, _WIDTH // (_LEGEND_MARK + _LETTER * max(map(len, labels), default=0)))
    top, bottom = 20 + _LINE * n_lines, 50 + _LINE * -(-len(labels) // beside)
    return {
        "height": _HEIGHT + top + bottom,
        "margin": {"t": top, "b": bottom, "r": 10},
        "legend": {"orientation": "h", "yref": "container", "y": 0.0, "yanchor": "bottom"},
    }


def _rate_axes(panels: list[xr.Dataset]) -> list[str]:
    return [_long(_name("y", 2 * k + 1)) for k in range(len(panels))]


def _name(letter: str, number: int) -> str:
    return letter if number == 1 else f"{letter}{number}"


def _long(name: str) -> str:
    """Return the key of an axis in a layout: ``xaxis2`` of ``x2``."""
    return f"{name[0]}axis{name[1:]}"


def _x_axis(axis: Axis, ends: list[float], anchor: str) -> dict[str, Any]:
    return {
        "type": axis.scale,
        "domain": ends,
        "anchor": anchor,
        "title": _text(_plain(axis.label)),
    }


def _y_axis(anchor: str, domain: tuple[float, float], scale: str) -> dict[str, Any]:
    return {"type": scale, "domain": domain, "anchor": anchor, "exponentformat": "power"}


def _title(panel: xr.Dataset, ends: list[float]) -> dict[str, Any]:
    text = f"{panel['family'].data[0]}, n = {int(panel['dimension'].max())}"
    room = int((ends[1] - ends[0]) * _WIDTH / _LETTER)
    place = {"x": sum(ends) / 2.0, "y": 1.0, "xref": "paper", "yref": "paper"}
    anchors = {"xanchor": "center", "yanchor": "bottom"}
    return {"text": "<br>".join(wrap(text, room)), "showarrow": False, **anchors, **place}


def _text(text: str) -> dict[str, str]:
    return {"text": text}


def _plain(text: str) -> str:
    """Return a label without Matplotlib's signs for formulas."""
    return text.replace("$", "").replace("^*", "*").replace("^s", "ˢ")


def _traces(line: Line, x: str, upper: str, lower: str, is_new: bool) -> Iterator[dict[str, Any]]:
    rates, label = line.rates, _plain(line.label)
    base = {"x": _numbers(rates["x"]), "xaxis": x, "legendgroup": label, "text": _said(line)}
    mark = {"mode": "markers", "marker": {"color": line.colour}}
    curve = {"mode": "lines", "line": {"color": line.colour}, "hoverinfo": "skip"}
    open_mark = {"mode": "markers", "marker": {"color": line.colour, "symbol": "square-open"}}
    for of, axis in (("height", upper), ("ratio", lower)):
        here = {**base, "yaxis": axis, "hovertemplate": "%{text}<extra></extra>"}
        law = rates["height_law"] if of == "height" else np.ones(rates.sizes["point"])
        yield {
            **here,
            **curve,
            "y": _numbers(law),
            "name": label,
            "showlegend": is_new and of == "height",
        }
        yield {
            **here,
            **open_mark,
            "y": _numbers(rates[f"{of}_exact"]),
            "name": "exact",
            "showlegend": False,
        }
        yield {
            **here,
            **mark,
            "y": _numbers(rates[f"{of}_simulated"]),
            "name": "simulated",
            "showlegend": False,
            "error_y": _bars(line, of),
        }


def _bars(line: Line, of: str) -> dict[str, Any]:
    middle, low, high = (
        line.rates[f"{of}_{name}"].to_numpy() for name in ("simulated", "low", "high")
    )
    return {
        "type": "data",
        "symmetric": False,
        "color": line.colour,
        "array": _numbers(high - middle),
        "arrayminus": _numbers(middle - low),
    }


def _said(line: Line) -> list[str]:
    """Return what is shown over each point: the numbers of its row of the table."""
    rates = line.rates
    points = zip(
        rates["x"].to_numpy(),
        *(rates[f"log_rate_{name}"].to_numpy() for name in _SAID),
        strict=True,
    )
    return [
        f"{_plain(line.label + line.slope)}<br>at {x:.6g}<br>formula {_shown(formula)}<br>exact "
        f"{_shown(exact)}<br>simulated {_shown(rate)}<br>from {_shown(low)} to {_shown(high)}"
        for x, formula, exact, rate, low, high in points
    ]


def _shown(log_rate: float) -> str:
    return rate_text(log_rate) if np.isfinite(log_rate) else "–"


def _numbers(values: Any) -> list[float | None]:
    """Return values as JSON has them, None where there is no number."""
    return [float(one) if np.isfinite(one) else None for one in np.asarray(values, dtype=float)]
