"""A landscape and its log-loss twin, side by side, as the two kinds of noise feel them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from landscape_sim.landscapes import CriticalPoint, EscapeRoute, LandscapeLike
from landscape_sim.landscapes.polygon import arc_length
from landscape_sim.plots.plane import (
    coordinate_names,
    draw_paths,
    draw_route,
    frame_on,
    name_axes,
    route_handles,
)
from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style

Array = NDArray[np.float64]

#: Curves end this fraction of the barrier above the highest point that is marked.
_ROOM = 0.5
#: Wells further off than so many widths of the route are left out of a curve.
_FAR = 3.0
#: In the plane, heights end this fraction of the log-loss barrier above the saddle.
_HEADROOM = 0.75
_LEVELS = 24
_GRID = 301


@dataclass(frozen=True)
class _Height:
    """One of the two views: the loss, or its logarithm."""

    label: str
    barrier: str
    of: Callable[[Any], Any]


_VIEWS = (
    _Height("loss $L$", r"$\Delta L = L^s - L^*$", np.asarray),
    _Height(r"log-loss $U = \log L$", r"$\log(L^s/L^*)$", np.log),
)


class RoutedLandscape(Protocol):
    """What is drawn: an escape."""

    @property
    def landscape(self) -> LandscapeLike:
        """Positive along the route."""

    @property
    def route(self) -> EscapeRoute:
        """From which minimum, over which saddle."""


@house_style
def plot_escape(
    escape: RoutedLandscape,
    label: str = "",
    critical_points: Sequence[CriticalPoint] = (),
    paths: Sequence[Array] = (),
    *,
    axes: AxesLike | None = None,
) -> Figure:
    """Draw loss and log-loss side by side, with the route of an escape.

    Constant noise feels the barrier ``ΔL`` of the left, noise proportional to the loss
    the barrier ``log(L^s/L*)`` of the right. In one dimension they are curves, in two
    filled contours at even heights up to three quarters of the log-loss barrier above the
    saddle. In more dimensions they are curves along the route's path, over its arc
    length, continued straight beyond the two minima.

    Parameters
    ----------
    escape : Escape
        Its landscape and its route. The route's points are marked: minima by circles, the
        saddle by a cross.
    label : str
        Title, before the loss ratio.
    critical_points : sequence of CriticalPoint
        Further points to mark, in one and two dimensions.
    paths : sequence of ndarray, shape (m, 2)
        Escape paths, drawn in two dimensions over the log-loss.
    axes : pair of Axes, optional
        Where to draw loss and log-loss; by default in a new figure.

    Raises
    ------
    InputError
        If ``axes`` are of another number.
    """
    landscape, route = escape.landscape, escape.route
    in_plane = len(route.minimum.position) == 2
    figure, panels = figure_and_panels(axes, (10.4, 4.9) if in_plane else (9.6, 3.8), (1, 2))
    if in_plane:
        _draw_plane(panels[0], landscape, route, critical_points, paths)
    else:
        _draw_curves(panels[0], landscape, route, critical_points)
    if in_plane and axes is None:
        handles = route_handles(critical_points, paths)
        handles.append(Line2D([], [], color="0.25", lw=0.8, label="height of the saddle"))
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    title = f"{label}, " if label else ""
    (figure.suptitle if axes is None else panels[0, 0].set_title)(
        f"{title}$L^s/L^*$ = {route.loss_ratio:.3g}"
    )
    return figure


def _draw_curves(
    panels: NDArray[Any],
    landscape: LandscapeLike,
    route: EscapeRoute,
    critical_points: Sequence[CriticalPoint],
) -> None:
    dimension = len(route.minimum.position)
    points = [route.minimum, route.saddle, route.destination]
    if dimension == 1:
        marks = [point.position[0] for point in points]
        others = _others_near(route, critical_points)
        where, positions = _interval([*marks, *(point.position[0] for point in others)])
        name = coordinate_names(landscape, 1)[0]
    else:
        where, positions = _along(route.path)
        arc = arc_length(route.path)
        marks, others = [0.0, arc[route.top], arc[-1]], []
        name = "arc length $s$ along the path of steepest descent"
    with np.errstate(all="ignore"):  # beside the route a formula may have poles
        loss = np.broadcast_to(landscape.loss(tuple(positions.T)), len(positions))
    loss = np.where(np.isfinite(loss) & (loss > 0.0), loss, np.nan)
    for axes, view in zip(panels, _VIEWS, strict=True):
        axes.plot(where, view.of(loss), color=COLOURS[0])
        for other in others:
            axes.plot(other.position[0], view.of(other.loss), "o", color="0.5", markersize=4)
        _mark_barrier(axes, view, marks, points)
        heights = [float(view.of(point.loss)) for point in (*points, *others)]
        room = _ROOM * (heights[1] - heights[0])
        axes.set_ylim(min(heights) - 0.3 * room, max(heights) + room)
        axes.set_xlabel(name, style="italic" if dimension == 1 else "normal")
        axes.set_ylabel(view.label)


def _others_near(
    route: EscapeRoute, critical_points: Sequence[CriticalPoint]
) -> list[CriticalPoint]:
    """Return the critical points beside the route's that a curve over it can show too."""
    own = [point.position[0] for point in (route.minimum, route.saddle, route.destination)]
    width = max(own) - min(own)
    return [
        point
        for point in critical_points
        if min(own) - _FAR * width <= point.position[0] <= max(own) + _FAR * width
        and min(abs(point.position[0] - x) for x in own) > 1e-6 * width
    ]


def _interval(marks: Sequence[float]) -> tuple[Array, Array]:
    low, high = min(marks), max(marks)
    margin = 0.3 * (high - low)
    x = np.linspace(low - margin, high + margin, 801)
    return x, x.reshape(-1, 1)


def _along(path: Array) -> tuple[Array, Array]:
    """Return arc length and positions on the path, continued by 15 % at both ends."""
    n_beyond = round(0.15 * len(path))
    beyond = np.arange(1.0, n_beyond + 1.0)[:, None]
    before = path[0] - (path[1] - path[0]) * beyond[::-1]
    after = path[-1] + (path[-1] - path[-2]) * beyond
    spacing = np.linalg.norm(path[1] - path[0])
    arc = np.asarray(spacing * np.arange(-n_beyond, len(path) + n_beyond), dtype=np.float64)
    return arc, np.concatenate([before, path, after])


def _mark_barrier(
    axes: Axes, view: _Height, marks: Sequence[float], points: Sequence[CriticalPoint]
) -> None:
    heights = [float(view.of(point.loss)) for point in points]
    for x, height, marker in zip(marks, heights, ("o", "X", "o"), strict=True):
        axes.plot(x, height, marker, color=COLOURS[1], markersize=8)
    low, high = heights[0], heights[1]
    axes.annotate("", (marks[1], high), (marks[1], low), arrowprops={"arrowstyle": "<->"})
    # Over the saddle, where no curve is.
    axes.annotate(view.barrier, (marks[1], high), (0, 9), textcoords="offset points", ha="center")
    axes.axhline(low, color="0.5", linewidth=0.8, linestyle=":")


def _draw_plane(
    panels: NDArray[Any],
    landscape: LandscapeLike,
    route: EscapeRoute,
    critical_points: Sequence[CriticalPoint],
    paths: Sequence[Array],
) -> None:
    ceiling = highest_shown(route)
    x, y, loss = field_below(landscape, ceiling)
    shown = (loss > 0.0) & (loss <= ceiling)
    for axes, view in zip(panels, _VIEWS, strict=True):
        low, high = (float(view.of(value)) for value in (route.minimum.loss, ceiling))
        lowest = min(low, float(view.of(loss[shown].min())))
        height = np.where(shown, view.of(np.where(shown, loss, ceiling)), np.nan)
        levels = np.linspace(lowest, high, _LEVELS)
        filled = axes.contourf(x, y, height, levels=levels, cmap="Blues_r")
        filled.set_rasterized(True)
        saddle = float(view.of(route.saddle.loss))
        axes.contour(
            x, y, height, levels=[saddle], colors="0.25", linewidths=0.8, linestyles="solid"
        )
        bar = axes.figure.colorbar(filled, ax=axes, label=view.label, ticks=MaxNLocator(7))
        bar.ax.axhline(saddle, color="0.25", linewidth=1.2)
        draw_route(axes, route, critical_points)
        name_axes(axes, coordinate_names(landscape, 2))
        frame_on(axes, x, y, shown)
    draw_paths(panels[1], paths)


def highest_shown(route: EscapeRoute) -> float:
    """Return the loss where pictures of the plane end, some way above the saddle."""
    return float(route.saddle.loss * route.loss_ratio**_HEADROOM)


def field_below(landscape: LandscapeLike, ceiling: float) -> tuple[Array, Array, Array]:
    """Return ``x``, ``y`` and the loss on a grid around all that lies below ``ceiling``."""
    box = landscape.search_box()
    for _ in range(2):  # the first grid finds the frame of the second
        ends = (np.linspace(low, high, _GRID) for low, high in box)
        x, y = np.meshgrid(*ends, indexing="ij")
        with np.errstate(all="ignore"):
            loss = np.asarray(np.broadcast_to(landscape.loss((x, y)), x.shape))
        below = loss <= ceiling
        margins = [2.0 * (high - low) / _GRID for low, high in box]
        box = tuple(
            (float(values[below].min()) - margin, float(values[below].max()) + margin)
            for values, margin in zip((x, y), margins, strict=True)
        )
    return x, y, loss
