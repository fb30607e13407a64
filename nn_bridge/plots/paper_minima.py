"""Figure 4 of the paper, made again."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style

_LINES = {"paper": ("$η_c$", "--"), "lyapunov": (r"$\mathrm{E}\log|δ| = 0$", ":")}


@house_style
def plot_minima(dataset: xr.Dataset, title: str, *, axes: AxesLike | None = None) -> Figure:
    """Return the loss against ``η``, a panel a pre-training, a line a seed, with two limits."""
    names = dataset["pretraining"].to_numpy()
    figure, (panels,) = figure_and_panels(axes, (10.5, 4.4), (1, len(names)), sharey="row")
    rate = dataset["learning_rate"].to_numpy()
    for panel, name in zip(panels, names, strict=True):
        at = dataset.sel(pretraining=name)
        for run in range(dataset.sizes["run"]):
            loss = at["batch_loss"].isel(run=run).to_numpy()
            colour = COLOURS[run % len(COLOURS)]
            panel.plot(rate, np.where(np.isfinite(loss), loss, np.nan), lw=1, color=colour)
            for limit, (_, style) in _LINES.items():
                panel.axvline(float(at[limit].isel(run=run)), color=colour, ls=style, lw=0.8)
        for label, style in _LINES.values():
            panel.plot([], [], color="0.3", ls=style, lw=0.8, label=f"{label}, same colour")
        panel.set(
            yscale="log", xlabel="learning rate $η$", title=f"pre-trained with {name}",
            xlim=(0, rate[-1]),
        )  # fmt: skip
        panel.legend(fontsize=8)
    panels[0].set_ylabel("$L$, mean over a level")
    if axes is None:
        figure.suptitle(title)
    return figure
