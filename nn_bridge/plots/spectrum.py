"""The spectrum of the Hessian: outliers by both matrices, and the density of all eigenvalues."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from landscape_sim.plots.style import COLOURS, new_figure


def plot_spectrum(dataset: xr.Dataset, title: str) -> Figure:
    """Return the largest eigenvalues in order (left) and the density of all (right)."""
    figure = new_figure(10.0, 4.2)
    left, right = figure.subplots(1, 2)
    _plot_outliers(left, dataset)
    right.fill_between(
        dataset["grid"], dataset["density"], 1e-12, color=COLOURS[0], alpha=0.4, linewidth=0
    )
    right.plot(dataset["grid"], dataset["density"], color=COLOURS[0])
    top = float(dataset["density"].max())
    right.set(
        yscale="log",
        ylim=(1e-7 * top, 2 * top),
        xlabel="eigenvalue of the Hessian",
        ylabel="density",
        title=f"all {int(dataset.attrs['dimension'])} eigenvalues",
    )
    figure.suptitle(title)
    return figure


def _plot_outliers(axes: Axes, dataset: xr.Dataset) -> None:
    rank = np.arange(1, dataset.sizes["rank"] + 1)
    axes.plot(rank, dataset["eigenvalue"], "o", ms=4, color=COLOURS[0], label="Hessian")
    axes.plot(
        rank, dataset["gauss_newton"], "x", ms=5, color=COLOURS[1], label="Gauss–Newton matrix"
    )
    numbers: dict[int, list[str]] = {}
    for rule, number in zip(dataset["rule"].values, dataset["n_outliers"].values, strict=True):
        numbers.setdefault(int(number), []).append(str(rule))
    for i, (number, rules) in enumerate(sorted(numbers.items())):
        axes.axvline(
            number + 0.5, color=COLOURS[2 + i % 4], lw=1.2, ls="--", label=", ".join(rules)
        )
    axes.set(
        yscale="log", xscale="log", xlabel="rank", ylabel="eigenvalue", title="largest eigenvalues"
    )
    axes.legend(fontsize=8)
