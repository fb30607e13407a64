"""Survival curves, scaled so that every exponential law falls on one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style


@dataclass(frozen=True)
class LabelledCurve:
    """A survival curve with its band, its name in the legend and its estimated rate."""

    label: str
    times: NDArray[np.float64]
    survival: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    rate: float


_MOST_STEPS = 400


@house_style
def plot_survival(
    curves: Sequence[LabelledCurve], title: str = "", *, axes: AxesLike | None = None
) -> Figure:
    """Draw survival against ``κ̂ t``: straight lines where the escape is memoryless.

    Parameters
    ----------
    curves : sequence of LabelledCurve
        One for each escape.
    title : str
        Title.
    axes : Axes, optional
        Where to draw; by default in a new figure.
    """
    figure, panels = figure_and_panels(axes, (6.4, 4.6), (1, 1))
    panel = panels[0, 0]
    reach = 0.0
    for number, curve in enumerate(curves):
        colour, shown = COLOURS[number % len(COLOURS)], _visible(curve.times.size)
        scaled, survival = curve.rate * curve.times[shown], curve.survival[shown]
        alive = survival > 0
        panel.step(scaled[alive], survival[alive], where="post", color=colour, lw=1.2)
        panel.plot([], [], color=colour, label=curve.label)
        band = curve.low[shown], curve.high[shown]
        panel.fill_between(scaled, *band, step="post", color=colour, alpha=0.12, linewidth=0)
        reach = max(reach, float(scaled[-1]))
    ideal = np.linspace(0.0, reach, 50)
    panel.plot(ideal, np.exp(-ideal), "k--", lw=1.2, label=r"$\exp(-\hat κ t)$")
    panel.set(
        yscale="log",
        ylim=(0.5 * np.exp(-reach), 1.3),
        xlabel=r"time in mean escape times, $\hat κ t$",
        ylabel="fraction that has not escaped",
        title=title,
    )
    panel.legend(ncols=2)
    return figure


def _visible(n_events: int) -> NDArray[np.intp]:
    """Return indices of at most some hundred events: more could not be told apart."""
    return np.unique(np.linspace(0, n_events - 1, _MOST_STEPS).round().astype(np.intp))
