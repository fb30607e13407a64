"""First passages of a network's loss beside those of the valleys that should explain them."""

from __future__ import annotations

import xarray as xr
from matplotlib.figure import Figure

from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style
from nn_bridge.plots.chain import draw_chain
from nn_bridge.plots.escape import limit_to_measured, plot_measured

#: Valleys beyond the network's times are of interest, but not their last decades.
_DECADES_BEYOND = 100.0


@house_style
def plot_cross_check(dataset: xr.Dataset, title: str, *, axes: AxesLike | None = None) -> Figure:
    """Return the network's mean times beside those of the valleys.

    With a chain of approximations, that is a second panel.
    """
    if "rung" in dataset:
        figure, ((panel, chain),) = figure_and_panels(axes, (13.0, 6.6), (1, 2))
        draw_chain(chain, dataset)
        chain.set_title("rung by rung")
    else:
        figure, ((panel,),) = figure_and_panels(axes, (7.6, 6.6), (1, 1))
    threshold = dataset["threshold"].to_numpy()
    for number, valley in enumerate(dataset["valley"].to_numpy()):
        colour, found = COLOURS[number % len(COLOURS)], dataset.sel(valley=valley)
        has_exact = bool(found["exact"].notnull().any())
        if has_exact:
            panel.plot(threshold, found["exact"], color=colour, label=f"{valley}: exact")
        panel.plot(threshold, found["formula"], "--", lw=1, color=colour)
        simulated = found["simulated"].to_numpy()
        ends = simulated - found["simulated_low"], found["simulated_high"] - simulated
        panel.errorbar(
            threshold,
            simulated,
            yerr=ends,
            fmt="s",
            ms=5,
            mfc="none",
            capsize=2,
            color=colour,
            # Curvatures that differ have no radial solution: only their squares are named.
            label=None if has_exact else f"{valley}: simulation",
        )
    panel.plot([], [], "--", lw=1, color="0.3", label="leading power law")
    panel.plot([], [], "s", ms=5, mfc="none", color="0.3", label="simulation of the valley")
    plot_measured(panel, dataset)
    limit_to_measured(panel, dataset, _DECADES_BEYOND)
    panel.set_title(title)
    panel.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2)
    return figure
