"""The reactive current in the plane: which way the transitions take, and how many take it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.tri import LinearTriInterpolator, Triangulation
from numpy.typing import NDArray

from landscape_sim.landscapes import EscapeRoute
from landscape_sim.plots.plane import draw_route, frame_on, name_axes, route_handles
from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style

Array = NDArray[np.float64]

#: Currents below this share of the largest are left white, and frame nothing.
_FAINT = 0.02
_TICKS = 0.02, 0.05, 0.1, 0.2, 0.5, 1.0
#: In inches: the panel, and all around it, of which the legend needs the least width.
_PANEL, _AROUND, _LEAST = 4.1, (1.9, 1.8), 3.6
#: Points along each axis between which stream lines are drawn.
_POINTS = 120


class CurrentField(Protocol):
    """Committors and current on a grid."""

    @property
    def x(self) -> Array:
        """First coordinate of every node, shape (n0, n1)."""

    @property
    def y(self) -> Array:
        """Second coordinate of every node."""

    @property
    def forward(self) -> Array:
        """Probability to reach the target before the source, NaN off the grid."""

    @property
    def backward(self) -> Array:
        """Probability to have come from the source, NaN off the grid."""

    @property
    def current(self) -> Array:
        """Both components of the current, shape (2, n0, n1)."""


@house_style
def plot_reactive_current(
    way: CurrentField,
    route: EscapeRoute,
    label: str,
    *,
    names: Sequence[str] = ("$x_1$", "$x_2$"),
    axes: AxesLike | None = None,
) -> Figure:
    """Draw the strength of the current, its stream lines, and where both committors are 1/2.

    Parameters
    ----------
    way : ReactiveCurrent
        Positions of the nodes, committors and current; NaN where no path goes.
    route : EscapeRoute
        Drawn over it.
    label : str
        Title.
    names : pair of str
        Labels of the axes.
    axes : Axes, optional
        Where to draw; by default in a new figure.
    """
    figure, panels = figure_and_panels(axes, (6.6, 5.6), (1, 1))
    panel, x, y = panels[0, 0], way.x, way.y
    strength = np.hypot(*way.current)
    relative = np.where(strength > 0.0, strength, np.nan) / np.nanmax(strength)
    shown = relative > _FAINT
    for point in (route.minimum, route.destination):
        shown.flat[np.argmin(np.hypot(x - point.position[0], y - point.position[1]))] = True
    levels = np.geomspace(_FAINT, 1.0, 21)
    filled = panel.contourf(x, y, relative, levels=levels, norm=LogNorm(), cmap="Oranges")
    filled.set_rasterized(True)
    bar = figure.colorbar(filled, ax=panel, label="reactive current $|J|/|J|_{\\max}$")
    bar.set_ticks(_TICKS, labels=[f"{tick:g}" for tick in _TICKS])
    committors = (
        (way.forward, COLOURS[0], "-", "$q^+ = 1/2$"),
        (way.backward, COLOURS[2], "--", "$q^- = 1/2$"),
    )
    for field, colour, line, _ in committors:
        panel.contour(x, y, field, levels=[0.5], colors=colour, linestyles=line)
    draw_route(panel, route)
    name_axes(panel, names)
    frame_on(panel, x, y, shown)
    _draw_streams(panel, way, relative)
    if axes is None:
        _fit(figure, panel)
        halves = [
            Line2D([], [], color=colour, ls=line, label=text)
            for _, colour, line, text in committors
        ]
        figure.legend(handles=[*route_handles(), *halves], loc="outside lower center", ncols=2)
    panel.set_title(label)
    return figure


def _fit(figure: Figure, panel: Axes) -> None:
    """Make the figure no wider than its panel needs: a narrow one would stand beside a blank."""
    if panel.get_aspect() == "auto":
        return
    width, height = (float(np.ptp(limits)) for limits in (panel.get_xlim(), panel.get_ylim()))
    longest = max(width, height)
    size = [
        _PANEL * side / longest + more for side, more in zip((width, height), _AROUND, strict=True)
    ]
    figure.set_size_inches(max(size[0], _LEAST), size[1])


def _draw_streams(panel: Axes, way: CurrentField, relative: Array) -> None:
    """Draw stream lines within the frame, which have to lie on nodes at equal distances."""
    x, y = (np.linspace(*limits, _POINTS) for limits in (panel.get_xlim(), panel.get_ylim()))
    places = np.meshgrid(x, y)
    # Nodes may reach out by orders of magnitude, to where no triangulation is exact.
    near = np.ones(relative.shape, bool)
    for nodes, points in zip((way.x, way.y), (x, y), strict=True):
        margin = 0.2 * np.ptp(points)
        near &= (nodes > points[0] - margin) & (nodes < points[-1] + margin)
    triangles = Triangulation(way.x[near], way.y[near])

    def between(field: Array) -> Array:
        values = LinearTriInterpolator(triangles, np.nan_to_num(field)[near])(*places)
        return np.asarray(np.ma.filled(values, 0.0))

    is_strong = between(relative) > _FAINT
    u, v = (np.where(is_strong, between(field), np.nan) for field in way.current)
    panel.streamplot(x, y, u, v, color="0.25", linewidth=0.7, density=1.3, arrowsize=0.8, zorder=2)
