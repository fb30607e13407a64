"""Escape rates against the loss ratio: formula, exact solution, simulation, both laws."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from landscape_sim.plots.panels import panels_of, with_heights
from landscape_sim.plots.style import AxesLike, figure_and_panels, house_style, new_figure
from landscape_sim.plots.sweeps import Axis, Line, are_many, axis_of, lines_of

if TYPE_CHECKING:
    import xarray as xr


#: Share of the upper panel's height that a line of its legend takes.
_LEGEND_LINE = 0.06
#: Inches for a legend beside a panel.
_OUTSIDE = 2.3
_MOST_TICKS = 8
#: Logarithm of where an axis ends at the latest: floats reach 1.8e308.
_HIGHEST = 700.0
#: Of one row of a figure.
_MOST_BESIDE = 4
#: Of one figure, and landscapes that have figures of their own.
MOST_PANELS = 12


class HasDataset(Protocol):
    """A study's result."""

    def dataset(self) -> xr.Dataset:
        """Return rates over ``landscape``, ``setting``, ``loss_ratio``."""


@house_style
def plot_rates(study: HasDataset | xr.Dataset, *, axes: AxesLike | None = None) -> Figure:
    """Draw the rates of a study, one column a landscape with all values of its parameters.

    Parameters
    ----------
    study : StudyResult or xarray.Dataset
        A result, or its ``dataset()``, as ``results.nc`` holds it.
    axes : array of Axes, shape (2, n), optional
        Where to draw ``n`` landscapes; by default in a new figure, the first twelve.

    Returns
    -------
    Figure
        Above, rates per unit of ``t``, as decimal logarithms where one is below every float;
        below, their ratios to the formula. Sweeps that an interrupted study did not begin are left
        out. The axis is the loss ratio; where there is one alone, the temperature; or a parameter
        that has more values. Rates under constant noise stand over the Arrhenius law instead.

    Raises
    ------
    InputError
        If ``axes`` are of another number.
    """
    import xarray as xr

    dataset = with_heights(study if isinstance(study, xr.Dataset) else study.dataset())
    columns, n_landscapes = panels_of(dataset, math.inf if axes is not None else MOST_PANELS)
    n_panels = len(columns)
    is_crowded = any(are_many(panel, axis_of(panel)) for panel in columns)
    if axes is None:
        figure, panels = _new_panels(n_panels, 4.8 + _OUTSIDE * is_crowded)
    else:
        figure, panels = figure_and_panels(axes, (0.0, 0.0), (2, n_panels))
    for pair, panel in zip(panels.T, columns, strict=True):
        _draw_column(pair, panel, is_crowded)
    label = r"$\log_{10}$ of the escape rate" if dataset.attrs["in_decades"] else "escape rate"
    for top, bottom in panels.T:
        if top.get_subplotspec().is_first_col():
            top.set_ylabel(f"{label} $κ$ per unit of $t = ηk$")
            bottom.set_ylabel(f"ratio to\n{_law_name(dataset)}")
    named = [len(top.get_legend_handles_labels()[0]) for top in panels[0]]
    _set_limits(panels[0], dataset, 0 if is_crowded else max(named))
    if axes is None:
        # In one row they are wider than the figure of one landscape.
        figure.legend(
            handles=_law_handles(), loc="outside lower center", ncols=4 if n_panels > 1 else 2
        )
        if n_panels < n_landscapes:
            figure.suptitle(f"the first {n_panels} of {n_landscapes} landscapes")
    else:
        panels[1, 0].legend(handles=_law_handles(), fontsize="x-small")
    return figure


def _new_panels(n_panels: int, width: float) -> tuple[Figure, np.ndarray]:
    """Return a figure and its ``2 x n_panels`` axes, in several rows where they are many."""
    n_rows = -(-n_panels // _MOST_BESIDE)
    n_columns = -(-n_panels // n_rows)
    figure = new_figure(1.2 + width * n_columns, 6.4 * n_rows)
    parts = [figure] if n_rows == 1 else figure.subfigures(n_rows, 1, squeeze=False).flat
    layout: dict[str, Any] = {"sharex": "col", "sharey": "row", "height_ratios": (3, 1)}
    pairs = [part.subplots(2, n_columns, squeeze=False, **layout) for part in parts]
    panels = np.concatenate(pairs, axis=1)
    for unused in panels[:, n_panels:].flat:
        unused.remove()
    return figure, panels[:, :n_panels]


def _draw_rates(axes: Axes, line: Line) -> None:
    rates, colour = line.rates, line.colour
    x = rates["x"].to_numpy()
    # The law of this noise is drawn strongly, the other one thinly.
    own: dict[str, Any] = {"linewidth": 1.6}
    other: dict[str, Any] = {"linewidth": 1, "alpha": 0.6}
    of_arrhenius, of_formula = (own, other) if rates["is_constant"].all() else (other, own)
    axes.plot(x, rates["height_formula"], color=colour, **of_formula)
    axes.plot(x, rates["height_arrhenius"], color=colour, linestyle="-.", **of_arrhenius)
    if line.is_named and line.label + line.slope:
        axes.plot([], [], color=colour, label=line.label + line.slope)
    axes.plot(x, rates["height_exact"], "s", color=colour, markerfacecolor="none", markersize=9)
    # Where no path escaped, the rate is zero and has no logarithm.
    has_escaped = rates["log_rate_simulated"].notnull().to_numpy()
    _error_bars(axes, rates.isel(point=has_escaped), "height", colour)
    never = rates.isel(point=~has_escaped & (rates["rate_simulated"].to_numpy() == 0))
    axes.plot(never["x"], never["height_high"], "v", color=colour)


def _draw_ratios(axes: Axes, line: Line) -> None:
    axes.plot(
        line.rates["x"],
        line.rates["ratio_exact"],
        "s--",
        color=line.colour,
        markerfacecolor="none",
        linewidth=1,
        markersize=7,
    )
    _error_bars(axes, line.rates, "ratio", line.colour)


def _error_bars(axes: Axes, rates: xr.Dataset, of: str, colour: str) -> None:
    x = rates["x"].to_numpy()
    low, mid, high = (rates[f"{of}_{name}"].to_numpy() for name in ("low", "simulated", "high"))
    axes.errorbar(
        x, mid, yerr=(mid - low, high - mid), fmt="o", color=colour, markersize=4, capsize=2.5
    )


def _law_name(dataset: xr.Dataset) -> str:
    """Return to which law rates are compared: that of their noise."""
    is_constant = dataset["is_constant"].to_numpy().astype(bool)
    if is_constant.all():
        return "Arrhenius"
    return "the law" if is_constant.any() else "the formula"


def _draw_column(axes: np.ndarray, panel: xr.Dataset, is_crowded: bool) -> None:
    axis = axis_of(panel)
    for line in lines_of(panel, axis):
        _draw_rates(axes[0], line)
        _draw_ratios(axes[1], line)
    _finish_column(axes, panel, axis, is_crowded)


def _finish_column(axes: np.ndarray, panel: xr.Dataset, axis: Axis, is_crowded: bool) -> None:
    top, bottom = axes
    yscale = "linear" if panel.attrs["in_decades"] else "log"
    title = f"{panel['family'].data[0]}, $n$ = {int(panel['dimension'].max())}"
    ratios = panel["landscape_loss_ratio"].to_numpy()
    ratios = ratios[np.isfinite(ratios)]
    if axis.variable != "loss_ratio" and ratios.size and np.ptp(ratios) <= 1e-9 * ratios[0]:
        title += f", $L^s/L^*$ = {ratios[0]:.3g}"
    with np.errstate(over="ignore"):  # Matplotlib's own limits, which are set anew below
        top.set(xscale=axis.scale, yscale=yscale, title=title)
    if is_crowded:
        top.legend(loc="upper left", bbox_to_anchor=(1.0, 1.02), fontsize="x-small")
    elif top.get_legend_handles_labels()[0]:
        top.legend(loc="upper right" if axis.variable == "loss_ratio" else "upper left")
    bottom.axhline(1.0, color="0.3", linewidth=1)
    bottom.set_xlabel(axis.label)
    if axis.variable in ("loss_ratio", "temperature"):
        _plain_ticks(bottom, panel[axis.variable].to_numpy())


def _plain_ticks(axes: Axes, values: np.ndarray) -> None:
    """Name the values that were swept; of many some, evenly over the axis."""
    values = np.unique(values[np.isfinite(values)])
    if values.size > _MOST_TICKS:
        even = np.geomspace(values[0], values[-1], _MOST_TICKS)
        values = values[np.unique(np.abs(np.log(values[:, None] / even)).argmin(axis=0))]
    axes.set_xticks(values)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _set_limits(row: np.ndarray, dataset: xr.Dataset, n_named: int) -> None:
    """Leave a law of other noise, which falls out of the picture, out; make room for the legend.

    It has ``n_named`` lines.
    """
    in_decades = bool(dataset.attrs["in_decades"])
    # The exact rates only where there is neither formula nor simulation.
    for names in (("law", "simulated"), ("exact",)):
        shown = np.concatenate([dataset[f"height_{name}"].to_numpy().ravel() for name in names])
        shown = shown[np.isfinite(shown) & (in_decades | (shown > 0))]
        if shown.size:
            break
    else:
        return
    legend = min(_LEGEND_LINE * n_named, 0.5)
    if in_decades:
        low, high = shown.min() - math.log10(4.0), shown.max() + math.log10(2.0)
        top = low + (high - low) / (1.0 - legend)
    else:
        low, high = shown.min() / 4, shown.max() * 2
        height = (math.log(high) - math.log(low)) / (1.0 - legend)
        top = math.exp(min(math.log(low) + height, _HIGHEST))
    for axes in row:
        axes.set_ylim(low, top)


def _law_handles() -> list[Line2D]:
    return [
        Line2D([], [], color="0.3", label="formula"),
        Line2D([], [], color="0.3", marker="s", markerfacecolor="none", ls="", label="exact"),
        Line2D([], [], color="0.3", marker="o", ls="", label="simulation, with interval"),
        Line2D([], [], color="0.3", ls="-.", lw=1, label="Arrhenius, noise frozen at the minimum"),
    ]
