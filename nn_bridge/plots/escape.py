"""First passages of a network's loss, alone and beside the valley that should explain them."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from landscape_sim.plots.style import COLOURS, new_figure


def plot_escape(dataset: xr.Dataset, title: str) -> Figure:
    """Return the loss of some replicas (left) and the mean times against ``c`` (right)."""
    figure = new_figure(10.5, 4.4)
    left, right = figure.subplots(1, 2)
    ratios = dataset["loss_ratio"].to_numpy()
    time = dataset["time"].to_numpy()
    for number, ratio in enumerate(ratios[:6]):
        left.plot(time, ratio, lw=0.7, color=COLOURS[number % len(COLOURS)])
    for threshold in dataset["threshold"].to_numpy():
        left.axhline(threshold, color="0.5", lw=0.6, ls=":")
    left.set(yscale="log", xlabel="time $t = ηk$", ylabel="$L/L^*$", title="six replicas")
    plot_measured(right, dataset)
    right.legend()
    figure.suptitle(title)
    return figure


def plot_measured(axes: Axes, dataset: xr.Dataset) -> None:
    """Draw the measured mean times with interval, and the bound on what the looks add."""
    threshold = dataset["threshold"].to_numpy()
    mean, low, high, bias = (
        dataset[name].to_numpy() for name in ("mean_time", "time_low", "time_high", "look_bias")
    )
    axes.errorbar(
        threshold,
        mean,
        yerr=(mean - low, high - mean),
        fmt="o",
        color="black",
        capsize=2.5,
        label="network, with interval",
        zorder=5,
    )
    axes.plot(threshold, np.maximum(mean - bias, 1e-300), "_", color="black", ms=12, mew=1.5)
    axes.plot([], [], "_", color="black", label="less all that the looks may add")
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="threshold $c$",
        ylabel="mean time until $L = c L^*$, in $t = ηk$",
    )
    shown = np.concatenate([low, high])
    shown = shown[np.isfinite(shown) & (shown > 0)]
    axes.set_ylim(shown.min() / 5, shown.max() * 5)
    axes.set_xticks(threshold, [f"{c:g}" for c in threshold])
    axes.minorticks_off()


def plot_crosscheck(dataset: xr.Dataset, title: str) -> Figure:
    """Return the network's mean times beside those of the valleys."""
    figure = new_figure(7.2, 5.2)
    axes = figure.subplots()
    threshold = dataset["threshold"].to_numpy()
    for number, valley in enumerate(dataset["valley"].to_numpy()):
        colour, panel = COLOURS[number % len(COLOURS)], dataset.sel(valley=valley)
        has_exact = bool(panel["exact"].notnull().any())
        if has_exact:
            axes.plot(threshold, panel["exact"], color=colour, label=f"{valley}: exact")
        axes.plot(threshold, panel["formula"], "--", lw=1, color=colour)
        # Curvatures that differ have no radial solution: only their squares are named.
        squares_label = None if has_exact else f"{valley}: simulation"
        axes.plot(
            threshold, panel["simulated"], "s", ms=5, mfc="none", color=colour, label=squares_label
        )
    axes.plot([], [], "--", lw=1, color="0.3", label="leading power law")
    axes.plot([], [], "s", ms=5, mfc="none", color="0.3", label="simulation of the valley")
    plot_measured(axes, dataset)
    axes.set_title(title)
    axes.legend(fontsize=8)
    return figure
