"""Survival curves, scaled so that every exponential law falls on one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from landscape_sim.plots.style import COLOURS, new_figure


@dataclass(frozen=True)
class LabelledCurve:
    """A survival curve with its band, its name in the legend and its estimated rate."""

    label: str
    times: NDArray[np.float64]
    survival: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    rate: float


def plot_survival(curves: Sequence[LabelledCurve], title: str) -> Figure:
    """Return survival against ``κ̂ t``: straight lines where the escape is memoryless."""
    figure = new_figure(6.4, 4.6)
    axes = figure.subplots()
    reach = 0.0
    for number, curve in enumerate(curves):
        colour, scaled = COLOURS[number % len(COLOURS)], curve.rate * curve.times
        alive = curve.survival > 0
        axes.step(scaled[alive], curve.survival[alive], where="post", color=colour, lw=1.2)
        axes.plot([], [], color=colour, label=curve.label)
        axes.fill_between(
            scaled, curve.low, curve.high, step="post", color=colour, alpha=0.12, linewidth=0
        )
        reach = max(reach, float(scaled[-1]))
    ideal = np.linspace(0.0, reach, 50)
    axes.plot(ideal, np.exp(-ideal), "k--", lw=1.2, label=r"$\exp(-\hat κ t)$")
    axes.set(
        yscale="log",
        ylim=(0.5 * np.exp(-reach), 1.3),
        xlabel=r"time in mean escape times, $\hat κ t$",
        ylabel="fraction that has not escaped",
        title=title,
    )
    axes.legend(ncols=2)
    return figure
