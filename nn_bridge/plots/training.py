"""The loss during training."""

from __future__ import annotations

import xarray as xr
from matplotlib.figure import Figure

from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style


@house_style
def plot_history(dataset: xr.Dataset, title: str, *, axes: AxesLike | None = None) -> Figure:
    """Return the mean batch loss against the epoch, with ``L(θ)`` at the checkpoints."""
    figure, ((panel,),) = figure_and_panels(axes, (6.4, 4.2), (1, 1))
    panel.plot(
        dataset["epoch"], dataset["batch_loss"], color=COLOURS[0], label="mean loss of the batches"
    )
    panel.plot(
        dataset["checkpoint"], dataset["loss"], "o", color=COLOURS[1], label="loss, all samples"
    )
    panel.set(yscale="log", xlabel="epoch", ylabel="$L$", title=title)
    panel.legend()
    return figure
