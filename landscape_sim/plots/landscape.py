"""A landscape and its log-loss twin, along the escape."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from landscape_sim.landscapes import CriticalPoint, LandscapeLike
from landscape_sim.plots.style import COLOURS, new_figure


def plot_landscape(
    landscape: LandscapeLike,
    minimum: CriticalPoint,
    saddle: CriticalPoint,
    destination: CriticalPoint,
    label: str,
) -> Figure:
    """Return loss and log-loss along ``x_1``, the other coordinates at the minimum's.

    The barrier of constant noise is ``ΔL`` on the left; that of loss-proportional
    noise is ``log(L^s/L*)`` on the right.
    """
    figure = new_figure(9.6, 3.8)
    left, right = figure.subplots(1, 2)
    ends = np.array([minimum.position[0], destination.position[0]])
    margin = 0.3 * abs(ends[1] - ends[0])
    x = np.linspace(ends.min() - margin, ends.max() + margin, 401)
    loss = landscape.loss((x, *minimum.position[1:]))
    points = (minimum, saddle, destination)
    _draw(left, x, loss, points, r"$\Delta L = L^s - L^*$", lambda value: value)
    _draw(right, x, np.log(loss), points, r"$\log(L^s/L^*)$", np.log)
    left.set_ylabel("loss $L$")
    right.set_ylabel(r"log-loss $U = \log L$")
    figure.suptitle(f"{label}, $L^s/L^*$ = {saddle.loss / minimum.loss:.3g}")
    return figure


def _draw(axes: Axes, x: Any, curve: Any, points: Any, barrier: str, height: Any) -> None:
    minimum, saddle, _ = points
    axes.plot(x, curve, color=COLOURS[0])
    for point, marker in zip(points, ("o", "X", "o"), strict=True):
        axes.plot(point.position[0], height(point.loss), marker, color=COLOURS[1], markersize=8)
    where, low, high = saddle.position[0], height(minimum.loss), height(saddle.loss)
    axes.annotate("", (where, high), (where, low), arrowprops={"arrowstyle": "<->"})
    label = axes.annotate(barrier, (where, (low + high) / 2), (6, 0), textcoords="offset points")
    label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})
    axes.axhline(low, color="0.5", linewidth=0.8, linestyle=":")
    axes.set_xlabel("$x_1$")
