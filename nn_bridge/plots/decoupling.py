"""Spectra of the exact and of the decoupled matrix, as in the paper's Figure 1."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style

_BINS = 60
_DECADES = 10


@house_style
def plot_decoupling(dataset: xr.Dataset, title: str, *, axes: AxesLike | None = None) -> Figure:
    """Return histograms of both spectra (above) and their ratio rank by rank (below)."""
    epochs = dataset["epoch"].to_numpy()
    size = 0.8 + 4.0 * len(epochs), 6.4
    layout = {"height_ratios": (3, 2), "sharey": "row"}
    figure, panels = figure_and_panels(axes, size, (2, len(epochs)), **layout)
    for column, epoch in enumerate(epochs):
        panel = dataset.sel(epoch=epoch)
        exact, decoupled = panel["exact"].to_numpy(), panel["decoupled"].to_numpy()
        top = max(exact.max(), decoupled.max())
        bins = np.geomspace(top * 10.0**-_DECADES, 2 * top, _BINS)
        upper, lower = panels[:, column]
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
    panels[0, 0].set_ylabel("eigenvalues")
    panels[1, 0].set(ylabel="exact / decoupled", yscale="log")
    panels[0, 0].legend()
    if axes is None:
        figure.suptitle(title)
    return figure
