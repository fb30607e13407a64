"""What every picture of the plane shows over its field: critical points, routes, escape paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from landscape_sim.landscapes import CriticalPoint, EscapeRoute
from landscape_sim.plots.style import COLOURS

Array = NDArray[np.float64]

#: Frames with sides of at least this ratio are stretched.
_NARROW = 3.0
#: As a fraction of the larger extent of what is framed.
_SURROUNDINGS = 0.25
_MARKERS = ("o", "X", "s")


def coordinate_names(landscape: object, dimension: int) -> list[str]:
    """Return the names of the axes: the variables of a formula, or numbered coordinates."""
    names = getattr(landscape, "variables", None)
    if names is not None:
        return list(names)
    return [f"$x_{i + 1}$" for i in range(dimension)]


def name_axes(axes: Axes, names: Sequence[str]) -> None:
    """Label both axes, without a grid of lines over the field."""
    axes.set_xlabel(names[0], style="italic")
    axes.set_ylabel(names[1], style="italic")
    axes.grid(visible=False)


def draw_route(axes: Axes, route: EscapeRoute, others: Sequence[CriticalPoint] = ()) -> None:
    """Draw the steepest-descent path and its critical points; other ones smaller.

    Minima are circles, saddles of index 1 crosses, all else squares.
    """
    axes.plot(*route.path.T, color="black", linewidth=2.2, zorder=3)
    axes.plot(*route.path.T, color="white", linewidth=1.0, linestyle=(0, (4, 2)), zorder=3)
    named = (route.minimum, route.saddle, route.destination)
    for point in others:
        if all(np.linalg.norm(np.subtract(point.position, p.position)) > 1e-6 for p in named):
            _mark(axes, point, 6.0, "white")
    for point in named:
        _mark(axes, point, 10.0, COLOURS[1])


def route_handles(
    others: Sequence[CriticalPoint] = (), paths: Sequence[Array] = (), colour: str = COLOURS[4]
) -> list[Line2D]:
    """Return what a legend says of the marks of :func:`draw_route` and :func:`draw_paths`."""
    mark: dict[str, Any] = {
        "ls": "",
        "color": COLOURS[1],
        "markeredgecolor": "black",
        "markersize": 8.0,
    }
    handles = [
        Line2D([], [], marker="o", label="minimum", **mark),
        Line2D([], [], marker="X", label="saddle", **mark),
        Line2D([], [], color="black", ls=(0, (4, 2)), lw=1.6, label="steepest descent"),
    ]
    if any(point.index > 1 for point in others):
        handles.insert(2, Line2D([], [], marker="s", label="maximum", **mark | {"color": "white"}))
    if len(paths):
        handles.append(Line2D([], [], color=colour, lw=1.0, label="simulated escapes"))
    return handles


def draw_paths(axes: Axes, paths: Sequence[Array], colour: str = COLOURS[4]) -> None:
    """Draw sampled paths, each an array of shape ``(m, 2)``, as thin lines."""
    for path in paths:
        axes.plot(*path.T, color=colour, linewidth=0.5, alpha=0.7, zorder=2)


def frame_on(axes: Axes, x: Array, y: Array, shown: NDArray[np.bool_]) -> None:
    """Set the limits to where ``shown`` is true on the grid, with a margin.

    Both axes have one scale, unless the frame would be very narrow.
    """
    low = np.array([values[shown].min() for values in (x, y)])
    extents = np.array([np.ptp(values[shown]) for values in (x, y)])
    first, last = low - 0.03 * extents, low + 1.03 * extents
    axes.set_xlim(first[0], last[0])
    axes.set_ylim(first[1], last[1])
    if extents.max() < _NARROW * extents.min():
        axes.set_aspect("equal")


def frame_around(axes: Axes, positions: Array) -> None:
    """Set the limits to ``positions``, shape ``(m, 2)``, and some surroundings."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    margin = _SURROUNDINGS * float((high - low).max())
    axes.set_xlim(low[0] - margin, high[0] + margin)
    axes.set_ylim(low[1] - margin, high[1] + margin)
    axes.set_aspect("equal")


def _mark(axes: Axes, point: CriticalPoint, size: float, colour: str) -> None:
    axes.plot(
        *point.position,
        _MARKERS[min(point.index, 2)],
        color=colour,
        markeredgecolor="black",
        markersize=size,
        zorder=4,
    )
