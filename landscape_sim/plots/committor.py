"""The committor in the plane: how likely each position is to go on to the target first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from landscape_sim.landscapes import CriticalPoint, EscapeRoute
from landscape_sim.plots.plane import (
    draw_paths,
    draw_route,
    frame_around,
    name_axes,
    route_handles,
)
from landscape_sim.plots.style import AxesLike, figure_and_panels, house_style

Array = NDArray[np.float64]


class CommittorField(Protocol):
    """A committor on a grid."""

    @property
    def x(self) -> Array:
        """First coordinate of every node, shape (n0, n1)."""

    @property
    def y(self) -> Array:
        """Second coordinate of every node."""

    @property
    def values(self) -> Array:
        """Probability to reach the target before the well around the start, NaN off the grid."""


@house_style
def plot_committor(
    committor: CommittorField,
    route: EscapeRoute,
    label: str,
    *,
    names: Sequence[str] = ("$x_1$", "$x_2$"),
    critical_points: Sequence[CriticalPoint] = (),
    paths: Sequence[Array] = (),
    axes: AxesLike | None = None,
) -> Figure:
    """Draw a map of the committor ``q`` with its level lines 0.1, 0.2, … 0.9.

    Parameters
    ----------
    committor : PlaneCommittor
        Positions of the nodes, and the probability to reach the target before the well
        around the start; NaN where no path goes.
    route : EscapeRoute
        Drawn over it, with its path.
    label : str
        Title.
    names : pair of str
        Labels of the axes.
    critical_points : sequence of CriticalPoint
        Further points to mark.
    paths : sequence of ndarray, shape (m, 2)
        Escape paths.
    axes : Axes, optional
        Where to draw; by default in a new figure.
    """
    figure, panels = figure_and_panels(axes, (6.6, 5.6), (1, 1))
    panel, x, y = panels[0, 0], committor.x, committor.y
    field = np.clip(committor.values, 0.0, 1.0)  # a solution of linear equations, right to rounding
    filled = panel.contourf(x, y, field, levels=np.linspace(0.0, 1.0, 21), cmap="PuOr_r", alpha=0.6)
    filled.set_rasterized(True)
    figure.colorbar(filled, ax=panel, label="committor $q$", ticks=np.linspace(0.0, 1.0, 6))
    levels = np.arange(1, 10) / 10
    widths = [1.8 if level == 0.5 else 0.8 for level in levels]
    panel.contour(x, y, field, levels=levels, colors="0.25", linewidths=widths)
    draw_paths(panel, paths, colour="black")
    draw_route(panel, route, critical_points)
    name_axes(panel, names)
    marked = [point.position for point in critical_points]
    frame_around(panel, np.vstack([route.path, *marked, *paths]))
    if axes is None:
        handles = route_handles(critical_points, paths, colour="black")
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
    panel.set_title(label)
    return figure
