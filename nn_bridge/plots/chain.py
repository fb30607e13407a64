"""The chain of approximations: by how much the network's times differ from those of each rung."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from landscape_sim.plots.style import COLOURS

#: Ratios beyond are drawn at the edge, as arrows.
_MOST_DECADES = 1.5


def draw_chain(axes: Axes, dataset: xr.Dataset) -> None:
    """Draw the network's mean time over that of every rung, one colour a threshold."""
    names = [str(name) for name in dataset["rung"].to_numpy()[1:]]
    n_thresholds = dataset.sizes["threshold"]
    edge = 10.0**_MOST_DECADES
    for number in range(n_thresholds):
        found = dataset.isel(threshold=number, rung=slice(1, None))
        ratio, low, high = (
            found[f"chain_network_over{end}"].to_numpy() for end in ("", "_low", "_high")
        )
        place = np.arange(len(names)) + 0.5 * (number - (n_thresholds - 1) / 2) / n_thresholds
        shown = np.clip(ratio, 1 / edge, edge)
        is_inside = shown == ratio
        colour = COLOURS[number % len(COLOURS)]
        axes.errorbar(
            place[is_inside],
            ratio[is_inside],
            yerr=((ratio - low)[is_inside], (high - ratio)[is_inside]),
            fmt="o",
            ms=4,
            capsize=2,
            color=colour,
            label=f"c = {float(found['threshold']):g}",
        )
        for marker, is_beyond in (("^", ratio > edge), ("v", ratio < 1 / edge)):
            axes.plot(place[is_beyond], shown[is_beyond], marker, ms=6, color=colour)
    axes.axhline(1.0, color="0.5", lw=0.8)
    axes.set(yscale="log", ylabel="network's mean time / rung's", ylim=(0.8 / edge, 1.25 * edge))
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right", fontsize=8)
    axes.legend(fontsize=8, ncols=2)
