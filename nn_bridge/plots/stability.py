"""The loss while the learning rate rises."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style

#: Each limit, its label and its line.
_LIMITS = {
    "paper": (r"$η_c$, Eq. (18)", "--"),
    "descent": (r"$2/h_{\max}$", ":"),
    "mean_square": (r"$2B/\mathrm{Tr}\,H$", "-."),
    "lyapunov": (r"$\mathrm{E}\log|δ| = 0$", (0, (6, 2, 1, 2, 1, 2))),
}


@house_style
def plot_stability(dataset: xr.Dataset, title: str, *, axes: AxesLike | None = None) -> Figure:
    """Return the loss of one run against ``η``, with the limits where it began."""
    figure, ((panel,),) = figure_and_panels(axes, (6.8, 4.4), (1, 1))
    draw_raised(panel, dataset, COLOURS[0], "batches of each level")
    for number, (name, (label, style)) in enumerate(_LIMITS.items()):
        limit = float(dataset.attrs[f"start_{name}"])
        if np.isfinite(limit) and limit <= 1.5 * float(dataset["learning_rate"].max()):
            panel.axvline(limit, color=COLOURS[1 + number], ls=style, lw=1.2, label=label)
    panel.legend(fontsize=8)
    if axes is None:
        figure.suptitle(title)
    return figure


def draw_raised(axes: Axes, dataset: xr.Dataset, colour: str, label: str) -> None:
    """Draw the mean batch loss of every level against its learning rate."""
    loss = dataset["batch_loss"].to_numpy()
    axes.plot(dataset["learning_rate"], np.where(np.isfinite(loss), loss, np.nan),
              color=colour, lw=1.2, label=label)  # fmt: skip
    axes.set(yscale="log", xlabel="learning rate $η$", ylabel="$L$")
