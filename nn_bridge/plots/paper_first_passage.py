"""Figure 3 (c) of the paper, made again."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style


@house_style
def plot_first_passages(dataset: xr.Dataset, title: str, *, axes: AxesLike | None = None) -> Figure:
    """Return mean times against ``c``, all learning rates on one panel, runs as thin lines."""
    figure, ((panel,),) = figure_and_panels(axes, (7.0, 5.0), (1, 1))
    threshold = dataset["threshold"].to_numpy()
    for number, rate in enumerate(dataset["learning_rate"].to_numpy()):
        colour = COLOURS[number % len(COLOURS)]
        at = dataset.sel(learning_rate=rate)
        for run in range(dataset.sizes["run"]):
            one = at.isel(run=run)
            is_known = (one["bound"] == 0).to_numpy()
            times = np.where(is_known, one["mean_time"], np.nan)
            panel.plot(threshold, times, "o-", ms=3, lw=0.8, color=colour, alpha=0.7)
        panel.plot([], [], "o-", ms=3, color=colour, label=f"η = {rate:g}, a line a seed")
        _draw_slope(panel, at, colour)
    panel.plot([], [], "--", color="0.4", label="slope with n by Eq. (46), mean of seeds")
    panel.plot([], [], ":", color="0.4", label="slope with n = 9")
    panel.set(xlabel="threshold $c$", ylabel="mean time until $L = c L^*$, in $t = ηk$")
    shown = dataset["mean_time"].where(dataset["bound"] == 0).to_numpy()
    shown = shown[np.isfinite(shown) & (shown > 0)]
    if shown.size:  # a logarithmic axis needs something to show
        panel.set(xscale="log", yscale="log", ylim=(shown.min() / 2, shown.max() * 5))
        panel.set_xticks(threshold, _labels(threshold))
        panel.minorticks_off()
    panel.legend(fontsize=8)
    if axes is None:
        figure.suptitle(title)
    return figure


def _draw_slope(panel: Axes, at: xr.Dataset, colour: str) -> None:
    """Draw both predicted powers through the mean time at the first threshold."""
    threshold = at["threshold"].to_numpy()
    first = np.nanmean(at["mean_time"].isel(threshold=0)) if at["mean_time"].notnull().any() else 0
    if not first > 0:
        return
    for name, style in (("slope_measured_n", "--"), ("slope_chosen_n", ":")):
        slope = float(at[name].mean())
        if np.isfinite(slope):
            panel.plot(
                threshold, first * (threshold / threshold[0]) ** slope, style, lw=1, color=colour
            )


def _labels(threshold: np.ndarray) -> list[str]:
    """Return the labels of the thresholds, empty where the one before is too near."""
    labels: list[str] = []
    last = 0.0
    for c in threshold.tolist():
        is_near = c < 1.12 * last
        labels.append("" if is_near else f"{c:g}")
        last = last if is_near else c
    return labels
