"""Spectra of the exact and of the decoupled matrix, as in the paper's Figure 1."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from landscape_sim.plots.style import COLOURS, house_style, new_figure

_BINS = 60
_DECADES = 10


@house_style
def plot_decoupling(dataset: xr.Dataset, title: str) -> Figure:
    """Return histograms of both spectra (above) and their ratio rank by rank (below)."""
    epochs = dataset["epoch"].to_numpy()
    figure = new_figure(0.8 + 4.0 * len(epochs), 6.4)
    axes = figure.subplots(2, len(epochs), squeeze=False, height_ratios=(3, 2), sharey="row")
    for column, epoch in enumerate(epochs):
        panel = dataset.sel(epoch=epoch)
        exact, decoupled = panel["exact"].to_numpy(), panel["decoupled"].to_numpy()
        top = max(exact.max(), decoupled.max())
        bins = np.geomspace(top * 10.0**-_DECADES, 2 * top, _BINS)
        upper, lower = axes[:, column]
        upper.hist(decoupled, bins, color=COLOURS[0], alpha=0.45, label=r"$L\,(1/N)\,Σ C_μ$")
        upper.hist(exact, bins, color=COLOURS[1], histtype="step", label=r"$(1/N)\,Σ ℓ_μ C_μ$")
        upper.set(
            xscale="log",
            yscale="log",
            xlabel="eigenvalue",
            title=f"epoch {epoch}: trace ratio {float(panel['trace_ratio']):.3f}",
        )
        lower.plot(decoupled, panel["ratio"], ".", ms=3, color=COLOURS[1])
        lower.axhline(1.0, color="0.3", lw=1)
        lower.set(xscale="log", xlim=upper.get_xlim(), xlabel="decoupled eigenvalue")
    axes[0, 0].set_ylabel("eigenvalues")
    axes[1, 0].set(ylabel="exact / decoupled", yscale="log")
    axes[0, 0].legend()
    figure.suptitle(title)
    return figure
