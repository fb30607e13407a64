"""Noise strength against the loss, along a run."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style

#: Ranges of the loss in which powers of ten alone would label too little.
_NARROW = 100.0


@house_style
def plot_noise(dataset: xr.Dataset, title: str, *, axes: AxesLike | None = None) -> Figure:
    """Return loss and noise strength against the epoch (left) and one another (right)."""
    figure, ((left, right),) = figure_and_panels(axes, (10.5, 4.4), (1, 2))
    epoch = dataset["epoch"].to_numpy()
    loss, noise = dataset["loss"].to_numpy(), dataset["noise_strength"].to_numpy()
    left.plot(epoch, loss, color=COLOURS[0], label="$L$")
    left.plot(epoch, noise, color=COLOURS[1], label=r"$\mathcal{N}$", ls="--")
    left.set(yscale="log", xlabel="epoch", ylabel=r"$L$ and $\mathcal{N}$", title="along the run")
    left.legend()
    right.plot(loss, noise, ".", ms=4, color=COLOURS[1], label="one epoch each")
    if "noise_by_batches" in dataset:
        right.plot(
            loss, dataset["noise_by_batches"], "x", ms=4, color=COLOURS[2], label="mini-batches"
        )
    _draw_lines(right, dataset, loss, noise)
    right.set(xscale="log", yscale="log", xlabel="$L$", ylabel=r"$\mathcal{N}$")
    if loss.max() < _NARROW * loss.min():
        right.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        right.xaxis.set_major_formatter(FormatStrFormatter("%g"))
        right.xaxis.set_minor_formatter(NullFormatter())
    right.set_title("one against the other")
    right.legend(fontsize=8)
    if axes is None:
        figure.suptitle(title)
    return figure


def _draw_lines(axes: Axes, dataset: xr.Dataset, loss: np.ndarray, noise: np.ndarray) -> None:
    """Draw proportionality through the last point, and each fitted power over its window."""
    ends = np.array([loss.min(), loss.max()])
    axes.plot(ends, noise[-1] / loss[-1] * ends, color="0.5", lw=1, label=r"$\mathcal{N} ∝ L$")
    for number, name in enumerate(dataset["window"].to_numpy()):
        fit = dataset.sel(window=name)
        low, high = float(fit["window_low"]), float(fit["window_high"])
        inside = (loss >= low * 0.999) & (loss <= high * 1.001)
        centre = np.exp(np.log(loss[inside]).mean()), np.exp(np.log(noise[inside]).mean())
        span = np.array([low, high])
        slope = float(fit["exponent"])
        axes.plot(
            span,
            centre[1] * (span / centre[0]) ** slope,
            "--",
            lw=1.2,
            color=COLOURS[3 + number % 3],
            label=f"{name}: slope {slope:.3f} "
            f"[{float(fit['exponent_low']):.3f}, {float(fit['exponent_high']):.3f}]",
        )
