"""The stationary law: exponents and densities; and its end at the critical dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from landscape_sim.plots.style import (
    COLOURS,
    AxesLike,
    figure_and_panels,
    house_style,
    new_figure,
)

if TYPE_CHECKING:
    import xarray as xr

_MARKERS = ("o", "s", "^", "D", "v", "P")
_CLOCK_NAMES = {"t": "$P$ in $t$", "tau": "$\\tilde P$ in $τ$"}
_LAWS = {"t": "$1 + B/(ηh^*)$", "tau": "$B/(ηh^*)$"}


class Place(NamedTuple):
    """Which learning rate is drawn, and how its marks stand beside those of the others."""

    number: int
    n_rates: int
    n_dimensions: int
    room: float

    def shift(self, clock: int, dimension: int) -> float:
        """Return the offset of a mark, so that none hides another."""
        n_columns = 2 * self.n_rates * self.n_dimensions
        column = 2 * (self.n_dimensions * self.number + dimension) + clock
        return self.room * ((column + 0.5) / n_columns - 0.5)


@house_style
def plot_exponents(dataset: xr.Dataset, *, axes: AxesLike | None = None) -> Figure:
    """Draw the measured exponents beside the law, and one density beside its closed form.

    Parameters
    ----------
    dataset : xarray.Dataset
        As the study of the stationary law writes it.
    axes : three Axes, optional
        For the exponents, their ratios to the law and the density; by default in a new figure.

    Returns
    -------
    Figure
        Left, exponents against ``B`` for every learning rate, and their ratios to the law
        below; right, the density of the distance from the minimum where the tails are heaviest.
    """
    figure, (top, bottom, density) = _exponent_panels(axes)
    batch, n_rates = dataset["batch_size"].to_numpy(), dataset.sizes["learning_rate"]
    room = 0.6 * float(np.diff(np.sort(batch)).min()) if batch.size > 1 else 0.6
    for number in range(n_rates):
        place = Place(number, n_rates, dataset.sizes["dimension"], room)
        _draw_exponents(top, bottom, dataset.isel(learning_rate=number), place)
    top.set(ylabel="exponent $φ$ of $L^{-φ}$", ylim=(0, None), title="fitted exponents")
    top.tick_params(labelbottom=False)
    # Below both panels: the lines may run anywhere.
    bottom.legend(
        handles=_exponent_handles(dataset), loc="upper left", bbox_to_anchor=(0.0, -0.45), ncols=2
    )
    bottom.axhline(1.0, color="0.3", linewidth=1)
    bottom.set(xlabel="batch size $B$", ylabel="ratio to law")
    bottom.set_xticks(batch)
    _draw_density(density, dataset)
    return figure


def _exponent_panels(axes: AxesLike | None) -> tuple[Figure, Sequence[Axes]]:
    """Return the panels of the exponents, of their ratios to the law below, and of the density."""
    if axes is not None:
        figure, panels = figure_and_panels(axes, (0, 0), (1, 3))
        return figure, list(panels[0])
    figure = new_figure(10.6, 5.6)
    grid = figure.add_gridspec(2, 2, width_ratios=(1.15, 1), height_ratios=(2.6, 1))
    top = figure.add_subplot(grid[0, 0])
    bottom = figure.add_subplot(grid[1, 0], sharex=top)
    return figure, [top, bottom, figure.add_subplot(grid[:, 1])]


def _draw_exponents(top: Axes, bottom: Axes, rates: xr.Dataset, place: Place) -> None:
    batch, colour = rates["batch_size"].to_numpy(), COLOURS[place.number % 6]
    for j, clock in enumerate(rates["clock"].to_numpy()):
        for k in range(rates.sizes["dimension"]):
            part = rates.isel(clock=j, dimension=k)
            law, low, mid, high = (
                part[f"exponent{name}"].to_numpy() for name in ("_predicted", "_low", "", "_high")
            )
            face = colour if clock == "t" else "white"
            marker = _MARKERS[k % 6]
            top.plot(batch, law, "-" if clock == "t" else "--", color=colour, linewidth=1.1)
            # Concentric, because all dimensions have one law.
            size = 9.0 - 4.0 * k / max(1, rates.sizes["dimension"] - 1)
            edge = "white" if clock == "t" else colour
            top.plot(
                *(batch, mid, marker),
                color=colour,
                markerfacecolor=face,
                markeredgecolor=edge,
                markersize=size,
            )
            bottom.errorbar(
                batch + place.shift(j, k),
                mid / law,
                yerr=((mid - low) / law, (high - mid) / law),
                fmt=marker,
                color=colour,
                markerfacecolor=face,
                markersize=4.5,
                linewidth=1.1,
            )


def _exponent_handles(dataset: xr.Dataset) -> list[Line2D]:
    handles = [
        Line2D([], [], color=COLOURS[i % 6], label=f"$η$ = {eta:g}")
        for i, eta in enumerate(dataset["learning_rate"].to_numpy())
    ]
    handles += [
        Line2D([], [], color="0.3", marker=_MARKERS[k % 6], ls="", label=f"$n$ = {n}")
        for k, n in enumerate(dataset["dimension"].to_numpy())
    ]
    for clock, style, face in (("t", "-", "0.3"), ("tau", "--", "white")):
        label = f"{_CLOCK_NAMES[clock]}: {_LAWS[clock]}"
        look: dict[str, Any] = {
            "color": "0.3",
            "linestyle": style,
            "marker": "o",
            "markerfacecolor": face,
        }
        handles.append(Line2D([], [], label=label, **look))
    return handles


def _draw_density(axes: Axes, dataset: xr.Dataset) -> None:
    """Draw the densities of the case with the highest temperature that was measured."""
    flat = dataset.isel(dimension=0).stack(setting=("learning_rate", "batch_size"))
    case = flat.isel(setting=int(flat["temperature"].isel(clock=0).argmax("setting")))
    for k, clock in enumerate(case["clock"].to_numpy()):
        part, colour = case.isel(clock=k), COLOURS[2 + k]
        label = f"{_CLOCK_NAMES[clock]}, $φ$ = {float(part['exponent_predicted']):.3g}"
        axes.plot(part["radius"], part["radial_density_predicted"], color=colour, label=label)
        seen = part.isel(radius=part["radial_density"].to_numpy() > 0)
        axes.errorbar(
            seen["radius"],
            seen["radial_density"],
            yerr=seen["radial_density_error"],
            fmt="o",
            color=colour,
            markersize=4,
            linewidth=1.1,
        )
    # Where T is so small that no sample lies in the bins, there is the closed form, or nothing.
    for name in ("radial_density", "radial_density_predicted"):
        shown = case[name].to_numpy()
        if (shown > 0).any():
            axes.set(yscale="log", ylim=(0.3 * shown[shown > 0].min(), 2 * shown.max()))
            break
    axes.set(
        xscale="log",
        xlabel="distance $r$ from the minimum",
        ylabel="density of $r$",
        title=f"$n$ = {int(case['dimension'])}, $T$ = {float(case['temperature'][0]):.3g}",
    )
    axes.plot([], [], color="0.3", label="closed form")
    axes.errorbar([], [], yerr=[], fmt="o", color="0.3", ms=4, lw=1.1, label="samples, ±σ")
    axes.legend(loc="upper left", bbox_to_anchor=(0.0, -0.14), ncols=2)


@house_style
def plot_transition(dataset: xr.Dataset, *, axes: AxesLike | None = None) -> Figure:
    """Draw ``log(L/L*)`` in time below, at and above the critical dimension, and its slope.

    Parameters
    ----------
    dataset : xarray.Dataset
        As the study of the stationary law writes it.
    axes : three Axes, optional
        For the three panels below; by default in a new figure.

    Returns
    -------
    Figure
        Left, medians with the band of the 5 % and 95 % quantiles for ``n < n_c``, and the
        stationary medians as dashes; middle, the same for ``n >= n_c`` with the slope of the
        theory; right, the growth rate of ``log L`` against ``n``.
    """
    figure, panels = figure_and_panels(axes, (12.4, 4.6), (1, 3))
    below, above, slopes = panels[0]
    n = dataset["transition_dimension"].to_numpy()
    critical = float(dataset["critical_dimension"])
    for panel, chosen, name in ((below, n < critical, "<"), (above, n >= critical, r"\geq")):
        for number, index in enumerate(np.flatnonzero(chosen)):
            _draw_paths(panel, dataset.isel(transition_dimension=index), COLOURS[number % 6])
        panel.set(xlabel="time $t = ηk$", ylabel=r"$\log(L/L^*)$")
        panel.set_title(f"$n {name} n_c = {critical:.4g}$")
        meaning = "median of $P$" if name == "<" else "slope of the theory"
        panel.plot([], [], "--", color="0.3", linewidth=1.1, label=meaning)
        panel.legend(loc="upper left", ncols=2)
    below.set_ylim(0, 1.25 * below.get_ylim()[1])
    _draw_growth(slopes, dataset, critical)
    return figure


def _draw_paths(axes: Axes, paths: xr.Dataset, colour: str) -> None:
    time, quantiles = paths["time"].to_numpy(), paths["log_loss_ratio"].to_numpy()
    middle = quantiles.shape[1] // 2
    label = f"$n$ = {int(paths['transition_dimension'])}"
    axes.plot(time, quantiles[:, middle], color=colour, label=label)
    axes.fill_between(time, quantiles[:, 0], quantiles[:, -1], color=colour, alpha=0.12, lw=0)
    stationary = float(paths["log_loss_ratio_stationary"][middle])
    slope = float(paths["growth_predicted"])
    if np.isfinite(stationary):
        axes.plot(time[[0, -1]], [stationary] * 2, "--", color=colour, linewidth=1.1)
    elif slope > 0:
        # The theory gives the slope, not what the first steps add: through the median half-way.
        half = time.size // 2
        line = quantiles[half, middle] + slope * (time - time[half])
        axes.plot(time, line, "--", color=colour, linewidth=1.1)


def _draw_growth(axes: Axes, dataset: xr.Dataset, critical: float) -> None:
    n = dataset["transition_dimension"].to_numpy()
    low, mid, high = (dataset[f"growth_{name}"].to_numpy() for name in ("low", "rate", "high"))
    # The law is a broken line with its corner at the critical dimension.
    corner = np.append(n, critical)
    law = np.append(dataset["growth_predicted"].to_numpy(), 0.0)
    order = np.argsort(corner)
    axes.plot(corner[order], law[order], color="0.3", label=r"$\max(0,\; h^*(T(n-2)-2))$")
    axes.errorbar(
        *(n, mid),
        yerr=(mid - low, high - mid),
        fmt="o",
        color=COLOURS[0],
        markersize=5,
        label="simulation",
    )
    axes.axvline(critical, color="0.3", linestyle=":", linewidth=1.1)
    axes.set(
        xlabel="outlier directions $n$",
        ylabel="per unit of $t$",
        title="mean slope of $\\log L$, second half",
    )
    axes.legend(loc="upper left")
