"""The committor in the plane: how likely each position is to go on to the target first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from landscape_sim.landscapes import CriticalPoint, EscapeRoute
from landscape_sim.plots.plane import draw_paths, draw_route, frame_around, name_axes
from landscape_sim.plots.style import new_figure

Array = NDArray[np.float64]


def plot_committor(
    x: Array,
    y: Array,
    committor: Array,
    route: EscapeRoute,
    label: str,
    *,
    names: Sequence[str] = ("$x_1$", "$x_2$"),
    critical_points: Sequence[CriticalPoint] = (),
    paths: Sequence[Array] = (),
) -> Figure:
    """Return a map of the committor ``q`` with its level lines 0.1, 0.2, … 0.9.

    Parameters
    ----------
    x, y, committor : ndarray, shape (n0, n1)
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
    """
    figure = new_figure(6.6, 5.2)
    axes = figure.subplots()
    field = np.clip(committor, 0.0, 1.0)  # a solution of linear equations, right to rounding
    filled = axes.contourf(x, y, field, levels=np.linspace(0.0, 1.0, 21), cmap="PuOr_r", alpha=0.6)
    filled.set_rasterized(True)
    figure.colorbar(filled, ax=axes, label="committor $q$", ticks=np.linspace(0.0, 1.0, 6))
    levels = np.arange(1, 10) / 10
    widths = [1.8 if level == 0.5 else 0.8 for level in levels]
    axes.contour(x, y, field, levels=levels, colors="0.25", linewidths=widths)
    draw_paths(axes, paths, colour="black")
    draw_route(axes, route, critical_points)
    name_axes(axes, names)
    marked = [point.position for point in critical_points]
    frame_around(axes, np.vstack([route.path, *marked, *paths]))
    axes.set_title(label)
    return figure
