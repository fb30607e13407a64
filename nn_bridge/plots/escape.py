"""First passages of a network's loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style


@house_style
def plot_escape(dataset: xr.Dataset, title: str, *, axes: AxesLike | None = None) -> Figure:
    """Return the loss of some replicas (left) and the mean times against ``c`` (right)."""
    figure, ((left, right),) = figure_and_panels(axes, (10.5, 4.4), (1, 2))
    ratios = dataset["loss_ratio"].to_numpy()
    time = dataset["time"].to_numpy()
    for number, ratio in enumerate(ratios[:6]):
        left.plot(time, ratio, lw=0.7, color=COLOURS[number % len(COLOURS)])
    for threshold in dataset["threshold"].to_numpy():
        left.axhline(threshold, color="0.5", lw=0.6, ls=":")
    shown = f"{min(6, len(ratios))} of {len(ratios)} replicas"
    left.set(yscale="log", xlabel="time $t = ηk$", ylabel="$L/L^*$", title=shown)
    levels = [1.0, *dataset["threshold"].to_numpy()]
    left.set_yticks(levels, [f"{level:g}" for level in levels])
    left.minorticks_off()
    plot_measured(right, dataset)
    limit_to_measured(right, dataset, 5.0)
    right.set_title("first passages")
    right.legend()
    if axes is None:
        figure.suptitle(title)
    return figure


def plot_measured(axes: Axes, dataset: xr.Dataset) -> None:
    """Draw the measured mean times with interval, lower bounds, and what the looks may add."""
    threshold = dataset["threshold"].to_numpy()
    mean, low, high, bias = (
        dataset[name].to_numpy() for name in ("mean_time", "time_low", "time_high", "look_bias")
    )
    is_bound = dataset["is_lower_bound"].to_numpy().astype(bool)
    style: dict[str, Any] = {"color": "black", "ms": 5, "zorder": 5}
    if not is_bound.all():
        known = ~is_bound
        axes.errorbar(
            threshold[known],
            mean[known],
            yerr=((mean - low)[known], (high - mean)[known]),
            fmt="o",
            capsize=2.5,
            label="network, with interval",
            **style,
        )
    if is_bound.any():
        axes.plot(threshold[is_bound], low[is_bound], "^", label="network, at least", **style)
    biased = bias > 0
    if biased.any():
        lowest = np.maximum(mean - bias, low.min() / 5)[biased]
        axes.vlines(threshold[biased], lowest, mean[biased], color="0.5", lw=4, alpha=0.5)
        axes.plot([], [], color="0.5", lw=4, alpha=0.5, label="what the looks may add")
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="threshold $c$",
        ylabel="mean time until $L = c L^*$, in $t = ηk$",
    )
    axes.set_xticks(threshold, [f"{c:g}" for c in threshold])
    axes.minorticks_off()


def limit_to_measured(axes: Axes, dataset: xr.Dataset, factor: float) -> None:
    """Show what the network measured, and ``factor`` beyond it upwards."""
    ends = np.concatenate([dataset[name] for name in ("time_low", "time_high", "mean_time")])
    shown = ends[np.isfinite(ends) & (ends > 0)]
    axes.set_ylim(shown.min() / 5, shown.max() * factor)
