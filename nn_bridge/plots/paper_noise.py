"""Figures 2 and 7 of the paper, made again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style

_STRENGTH = r"$\mathcal{N}$"
_KINDS = "fully connected", "convolutional"


@house_style
def plot_paper_noise(
    dataset: xr.Dataset,
    title: str,
    *,
    slopes: Sequence[float] = (1.0,),
    axes: AxesLike | None = None,
) -> Figure:
    """Return the paper's four panels.

    Loss and scaled noise strength over the epochs: (a) the fully connected network, (b) the first
    run of the convolutional one, (c) mean and standard deviation of its runs; (d) one
    against the other, with lines of the claimed slopes, the first where the loss is largest.
    """
    figure, panels = figure_and_panels(axes, (10.5, 8.0), (2, 2))
    (first, second), (third, last) = panels
    names = dataset["run"].to_numpy().tolist()
    groups = [[n for n in names if n.startswith(kind.split()[0])] for kind in _KINDS]
    for panel, chosen, label in (
        (first, groups[0][:1], "(a) fully connected, Fashion-MNIST"),
        (second, groups[1][:1], "(b) convolutional, CIFAR-10"),
        (third, groups[1], f"(c) convolutional, {len(groups[1])} runs"),
    ):
        panel.set(yscale="log", xlabel="epoch", ylabel=f"$L$, scaled {_STRENGTH}", title=label)
        if chosen:
            _draw_runs(panel, dataset.sel(run=chosen))
    for number, (chosen, label) in enumerate(zip(groups, _KINDS, strict=True)):
        for run, name in enumerate(chosen):
            one, style = dataset.sel(run=name), {"ms": 3, "color": COLOURS[number]}
            named = {} if run else {"label": label}
            last.plot(one["loss"], one["noise_strength"], ".", **style, **named)
    _draw_slopes(last, dataset, slopes)
    last.set(xscale="log", yscale="log", xlabel="$L$", ylabel=_STRENGTH, title="(d)")
    last.legend(markerscale=3)
    if axes is None:
        figure.suptitle(title)
    return figure


def _draw_slopes(panel: Axes, dataset: xr.Dataset, slopes: Sequence[float]) -> None:
    """Draw each slope through the median of its share of the losses, equal shares in log L."""
    loss, strength = (dataset[name].to_numpy() for name in ("loss", "noise_strength"))
    bounds = np.geomspace(np.nanmax(loss), np.nanmin(loss), len(slopes) + 1)
    for number, slope in enumerate(slopes):
        high, low = bounds[number], bounds[number + 1]
        # Rounding must not lose the losses at the ends.
        inside = (loss <= high * (1 + 1e-9)) & (loss >= low * (1 - 1e-9))
        level = np.median(strength[inside] / loss[inside] ** slope)
        ends, style = np.array([low, high]), ("--" if number else "-")
        panel.plot(ends, level * ends**slope, style, color="0.3", lw=1, label=f"slope {slope:g}")


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
