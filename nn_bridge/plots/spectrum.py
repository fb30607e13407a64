"""The spectrum of the Hessian: outliers by both matrices, and the density of all eigenvalues."""

from __future__ import annotations

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style


@house_style
def plot_eigenvalues(dataset: xr.Dataset, title: str, *, axes: AxesLike | None = None) -> Figure:
    """Return the largest eigenvalues of the Hessian in order."""
    figure, ((panel,),) = figure_and_panels(axes, (5.0, 4.2), (1, 1))
    _plot_hessian(panel, dataset)
    panel.set(yscale=_scale(dataset), xscale="log", xlabel="rank", ylabel="eigenvalue", title=title)
    return figure


@house_style
def plot_spectrum(dataset: xr.Dataset, title: str, *, axes: AxesLike | None = None) -> Figure:
    """Return the largest eigenvalues in order (left) and the density of all (right)."""
    figure, ((left, right),) = figure_and_panels(axes, (10.0, 4.2), (1, 2))
    _plot_outliers(left, dataset)
    right.fill_between(
        dataset["grid"], dataset["density"], 1e-12, color=COLOURS[0], alpha=0.4, linewidth=0
    )
    right.plot(dataset["grid"], dataset["density"], color=COLOURS[0])
    top = float(dataset["density"].max())
    right.set(
        yscale="log",
        ylim=(1e-7 * top, 2 * top),
        xlabel="eigenvalue of the Hessian",
        ylabel="density",
        title=f"all {int(dataset.attrs['dimension'])} eigenvalues",
    )
    if axes is None:
        figure.suptitle(title)
    return figure


def _scale(dataset: xr.Dataset) -> str:
    """Return the scale that shows the eigenvalues, none of which may be positive."""
    return "log" if bool((dataset["eigenvalue"] > 0).any()) else "linear"


def _plot_hessian(axes: Axes, dataset: xr.Dataset) -> None:
    axes.plot(dataset["rank"], dataset["eigenvalue"], "o", ms=4, color=COLOURS[0], label="Hessian")


def _plot_outliers(axes: Axes, dataset: xr.Dataset) -> None:
    _plot_hessian(axes, dataset)
    axes.plot(
        dataset["rank"],
        dataset["gauss_newton"],
        "x",
        ms=5,
        color=COLOURS[1],
        label="Gauss–Newton matrix",
    )
    numbers: dict[tuple[int, bool], list[str]] = {}
    columns = (dataset[name].values for name in ("rule", "n_outliers", "is_open"))
    for rule, number, is_open in zip(*columns, strict=True):
        numbers.setdefault((int(number), bool(is_open)), []).append(str(rule))
    for i, ((number, is_open), rules) in enumerate(sorted(numbers.items())):
        sign = "≥" if is_open else "="
        axes.axvline(
            number + 0.5,
            color=COLOURS[2 + i % 4],
            lw=1.2,
            # A rule that would count more than there are ends nowhere in the figure.
            ls=":" if is_open else "--",
            label=f"n {sign} {number}: {', '.join(rules)}",
        )
    axes.set(
        yscale=_scale(dataset),
        xscale="log",
        xlabel="rank",
        ylabel="eigenvalue",
        title="largest eigenvalues",
    )
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
