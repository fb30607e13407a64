"""Escape rates against the loss ratio: formula, exact solution, simulation, both laws."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter, ScalarFormatter

from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style

if TYPE_CHECKING:
    import xarray as xr


#: Share of the upper panel's height that a line of its legend takes.
_LEGEND_LINE = 0.06
_DRAWN = ("formula", "arrhenius", "exact", "simulated", "low", "high")


class HasDataset(Protocol):
    """A study's result."""

    def dataset(self) -> xr.Dataset:
        """Return rates over ``landscape``, ``setting``, ``loss_ratio``."""


@house_style
def plot_rates(study: HasDataset | xr.Dataset, *, axes: AxesLike | None = None) -> Figure:
    """Draw the rates of a study on log-log axes, one column a landscape.

    Parameters
    ----------
    study : StudyResult or xarray.Dataset
        A result, or its ``dataset()``, as ``results.nc`` holds it.
    axes : array of Axes, shape (2, n), optional
        Where to draw ``n`` landscapes; by default in a new figure.

    Returns
    -------
    Figure
        Above, rates per unit of ``t``, as decimal logarithms where one is below every float;
        below, their ratios to the formula. Sweeps that an interrupted study did not begin are left
        out.

    Raises
    ------
    InputError
        If ``axes`` are of another number.
    """
    import xarray as xr

    dataset = study if isinstance(study, xr.Dataset) else study.dataset()
    dataset = _with_heights(dataset)
    dataset = dataset.isel(landscape=dataset["is_begun"].any("setting").to_numpy())
    n_landscapes = dataset.sizes["landscape"]
    figure, panels = figure_and_panels(
        axes,
        (1.2 + 4.8 * n_landscapes, 6.4),
        (2, n_landscapes),
        sharex="col",
        sharey="row",
        height_ratios=(3, 1),
    )
    for column in range(n_landscapes):
        panel = dataset.isel(landscape=column)
        for setting in np.flatnonzero(panel["is_begun"]):
            colour = COLOURS[setting % len(COLOURS)]
            _draw_setting(panels[0, column], panel.isel(setting=setting), colour)
            _draw_ratios(panels[1, column], panel.isel(setting=setting), colour)
        _finish_column(panels[:, column], panel)
    label = r"$\log_{10}$ of the escape rate" if dataset.attrs["in_decades"] else "escape rate"
    panels[0, 0].set_ylabel(f"{label} $κ$ per unit of $t = ηk$")
    panels[1, 0].set_ylabel("ratio to the formula")
    _set_limits(panels[0], dataset)
    if axes is None:
        figure.legend(handles=_law_handles(), loc="outside lower center", ncols=4)
    else:
        panels[1, 0].legend(handles=_law_handles(), fontsize="x-small")
    return figure


def _with_heights(dataset: xr.Dataset) -> xr.Dataset:
    """Return the study with the height of every mark, and whether a sweep was begun."""
    formula, log_formula = dataset["rate_formula"], dataset["log_rate_formula"]
    in_decades = any(
        bool(
            (
                (dataset[f"rate_{name}"] < sys.float_info.min)
                & dataset[f"log_rate_{name}"].notnull()
            ).any()
        )
        for name in ("formula", "exact", "simulated")
    )
    marks = {}
    for name in _DRAWN:
        rate, log_rate = dataset[f"rate_{name}"], dataset[f"log_rate_{name}"]
        marks[f"height_{name}"] = log_rate / math.log(10.0) if in_decades else rate
        direct = rate / formula.where(formula >= sys.float_info.min)
        marks[f"ratio_{name}"] = direct.where(
            formula >= sys.float_info.min, np.exp(log_rate - log_formula)
        )
    known = dataset[[f"rate_{name}" for name in _DRAWN]].to_array().notnull()
    marks["is_begun"] = known.any(["variable", "loss_ratio"])
    return dataset.assign(marks).assign_attrs(in_decades=in_decades)


def _draw_setting(axes: Axes, rates: xr.Dataset, colour: str) -> None:
    ratio = rates["loss_ratio"].to_numpy()
    quotient = float(rates["batch_size"] / rates["learning_rate"])
    noise = str(rates["noise"].item())
    name = "" if noise == "isotropic" else f"{noise} noise, "
    label = f"{name}$B/η$ = {quotient:g}: slope {_slope(rates)}"
    axes.plot(ratio, rates["height_formula"], color=colour, label=label)
    axes.plot(
        ratio, rates["height_arrhenius"], color=colour, linestyle="-.", linewidth=1, alpha=0.6
    )
    axes.plot(ratio, rates["height_exact"], "s", color=colour, markerfacecolor="none", markersize=9)
    # Where no path escaped, the rate is zero and has no logarithm.
    has_escaped = rates["log_rate_simulated"].notnull().to_numpy()
    _error_bars(axes, rates.isel(loss_ratio=has_escaped), "height", colour)
    never = rates.isel(loss_ratio=~has_escaped & (rates["rate_simulated"].to_numpy() == 0))
    axes.plot(never["loss_ratio"], never["height_high"], "v", color=colour)


def _draw_ratios(axes: Axes, rates: xr.Dataset, colour: str) -> None:
    axes.plot(
        rates["loss_ratio"],
        rates["ratio_exact"],
        "s--",
        color=colour,
        markerfacecolor="none",
        linewidth=1,
        markersize=7,
    )
    _error_bars(axes, rates, "ratio", colour)


def _error_bars(axes: Axes, rates: xr.Dataset, of: str, colour: str) -> None:
    ratio = rates["loss_ratio"].to_numpy()
    low, mid, high = (rates[f"{of}_{name}"].to_numpy() for name in ("low", "simulated", "high"))
    axes.errorbar(
        ratio, mid, yerr=(mid - low, high - mid), fmt="o", color=colour, markersize=4, capsize=2.5
    )


def _slope(rates: xr.Dataset) -> str:
    exponent = float(rates["exponent_predicted"])
    predicted = "not predicted" if np.isnan(exponent) else f"−{exponent:.2f}"
    fitted = float(rates["exponent_fitted"])
    if np.isnan(fitted):
        return f"{predicted} (not fitted)"
    half = float(rates["exponent_high"] - rates["exponent_low"]) / 2
    return f"{predicted}, fitted −{fitted:.2f} ± {half:.2f}"


def _finish_column(axes: np.ndarray, panel: xr.Dataset) -> None:
    top, bottom = axes
    n = int(panel["dimension"])
    yscale = "linear" if panel.attrs["in_decades"] else "log"
    top.set(xscale="log", yscale=yscale, title=f"{panel['landscape'].item()}, $n$ = {n}")
    top.legend(loc="upper right")
    bottom.axhline(1.0, color="0.3", linewidth=1)
    bottom.set_xlabel("loss ratio $L^s/L^*$")
    bottom.set_xticks(panel["loss_ratio"].to_numpy())
    bottom.xaxis.set_major_formatter(ScalarFormatter())
    bottom.xaxis.set_minor_formatter(NullFormatter())


def _set_limits(row: np.ndarray, dataset: xr.Dataset) -> None:
    """Leave the Arrhenius law, which falls out of the picture, out; leave room for the legend."""
    in_decades = bool(dataset.attrs["in_decades"])
    # The exact rates only where there is neither formula nor simulation.
    for names in (("formula", "simulated"), ("exact",)):
        shown = np.concatenate([dataset[f"height_{name}"].to_numpy().ravel() for name in names])
        shown = shown[np.isfinite(shown) & (in_decades | (shown > 0))]
        if shown.size:
            break
    else:
        return
    legend = min(_LEGEND_LINE * dataset.sizes["setting"], 0.5)
    if in_decades:
        low, high = shown.min() - math.log10(4.0), shown.max() + math.log10(2.0)
        top = low + (high - low) / (1.0 - legend)
    else:
        low, high = shown.min() / 4, shown.max() * 2
        top = low * (high / low) ** (1.0 / (1.0 - legend))
    for axes in row:
        axes.set_ylim(low, top)


def _law_handles() -> list[Line2D]:
    return [
        Line2D([], [], color="0.3", label="formula"),
        Line2D([], [], color="0.3", marker="s", markerfacecolor="none", ls="", label="exact"),
        Line2D([], [], color="0.3", marker="o", ls="", label="simulation, with interval"),
        Line2D([], [], color="0.3", ls="-.", lw=1, label="Arrhenius, noise frozen at the minimum"),
    ]
