"""Runs side by side, and the mean between them."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style


@house_style
def plot_runs(dataset: xr.Dataset, title: str, *, axes: AxesLike | None = None) -> Figure:
    """Return a panel for each number asked for first: every run, and the mean with its interval."""
    names = [str(name) for name in np.atleast_1d(dataset.attrs["headline"])]
    figure, (panels,) = figure_and_panels(axes, (0.6 + 3.0 * len(names), 3.8), (1, len(names)))
    for panel, name in zip(panels, names, strict=True):
        _draw(panel, dataset.sel(number=name))
        panel.set_title(name, fontsize=10)
    panels[0].legend(fontsize=8)
    if axes is None:
        figure.suptitle(title)
    return figure


def _draw(panel: Axes, at: xr.Dataset) -> None:
    """Draw one number: a column an epoch, in it the runs in their order, and the mean last."""
    epochs = at["epoch"].to_numpy()
    for column, epoch in enumerate(epochs):
        values = at["value"].to_numpy()[at["run_epoch"].to_numpy() == epoch]
        places = column + np.linspace(-0.3, 0.15, values.size) if values.size > 1 else [column]
        label = "runs" if column == 0 else None
        panel.plot(places, values, "o", ms=5, mfc="none", color=COLOURS[0], label=label)
        mean = at.isel(epoch=column)
        middle, low, high = (float(mean[name]) for name in ("mean", "mean_low", "mean_high"))
        if np.isfinite(low):
            panel.errorbar(
                column + 0.3,
                middle,
                yerr=[[middle - low], [high - middle]],
                fmt="D",
                ms=5,
                capsize=4,
                color=COLOURS[1],
                label="mean, 95 %" if column == 0 else None,
            )
    labels = ["" if epoch < 0 else f"epoch {epoch}" for epoch in epochs]
    panel.set_xticks(range(len(epochs)), labels)
    panel.set_xlim(-0.6, len(epochs) - 0.4)
