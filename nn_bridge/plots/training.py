"""The loss during training."""

from __future__ import annotations

import xarray as xr
from matplotlib.figure import Figure

from landscape_sim.plots.style import COLOURS, house_style, new_figure


@house_style
def plot_history(dataset: xr.Dataset, title: str) -> Figure:
    """Return the mean batch loss against the epoch, with ``L(θ)`` at the checkpoints."""
    figure = new_figure(6.4, 4.2)
    axes = figure.subplots()
    axes.plot(
        dataset["epoch"], dataset["batch_loss"], color=COLOURS[0], label="mean loss of the batches"
    )
    axes.plot(
        dataset["checkpoint"], dataset["loss"], "o", color=COLOURS[1], label="loss, all samples"
    )
    axes.set(yscale="log", xlabel="epoch", ylabel="$L$", title=title)
    axes.legend()
    return figure
