"""Figures 2 and 7 of the paper, made again."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style

_STRENGTH = r"$\mathcal{N}$"


@house_style
def plot_paper_noise(dataset: xr.Dataset, title: str, *, axes: AxesLike | None = None) -> Figure:
    """Return the paper's four panels.

    Loss and scaled noise strength over the epochs: (a) the fully connected network, (b) the first
    run of the convolutional one, (c) mean and standard deviation of its runs; (d) one
    against the other, with a line of slope 1.
    """
    figure, panels = figure_and_panels(axes, (10.5, 8.0), (2, 2))
    (first, second), (third, last) = panels
    names = dataset["run"].to_numpy().tolist()
    groups = [[n for n in names if n.startswith(kind)] for kind in ("fully", "convolutional")]
    for panel, chosen, label in (
        (first, groups[0][:1], "(a) fully connected, Fashion-MNIST"),
        (second, groups[1][:1], "(b) convolutional, CIFAR-10"),
        (third, groups[1], f"(c) convolutional, {len(groups[1])} runs"),
    ):
        panel.set(yscale="log", xlabel="epoch", ylabel=f"$L$, scaled {_STRENGTH}", title=label)
        if chosen:
            _draw_runs(panel, dataset.sel(run=chosen))
    for number, chosen in enumerate(groups):
        for name in chosen:
            one = dataset.sel(run=name)
            last.plot(one["loss"], one["noise_strength"], ".", ms=3, color=COLOURS[number])
    loss = dataset["loss"].to_numpy()
    ends = np.array([np.nanmin(loss), np.nanmax(loss)])
    level = np.nanmedian(dataset["noise_strength"].to_numpy() / loss)
    last.plot(ends, level * ends, color="0.3", lw=1, label="slope 1")
    last.set(xscale="log", yscale="log", xlabel="$L$", ylabel=_STRENGTH, title="(d)")
    last.legend()
    if axes is None:
        figure.suptitle(title)
    return figure


def _draw_runs(panel: Axes, runs: xr.Dataset) -> None:
    """Draw mean and standard deviation over runs, the strength scaled onto the loss at the end."""
    runs = runs.dropna("epoch")
    epoch = runs["epoch"].to_numpy()
    loss = runs["loss"]
    tail = slice(len(epoch) // 2, None)
    ratio = (loss / runs["noise_strength"]).isel(epoch=tail)
    scaled = runs["noise_strength"] * float(np.exp(np.log(ratio).mean()))
    for number, (values, label) in enumerate(((loss, "$L$"), (scaled, f"{_STRENGTH}, scaled"))):
        mean, spread = values.mean("run").to_numpy(), values.std("run").to_numpy()
        panel.plot(epoch, mean, color=COLOURS[number], label=label)
        low = np.maximum(mean - spread, mean * 1e-2)
        panel.fill_between(epoch, low, mean + spread, color=COLOURS[number], alpha=0.25, lw=0)
    panel.legend()
