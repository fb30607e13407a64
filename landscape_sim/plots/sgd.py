"""Section 5.3.1 in two figures: the stationary exponent, and the time to a level of the loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

from landscape_sim.columns import Rows
from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style


@house_style
def plot_stationary_exponents(rows: Rows, *, axes: AxesLike | None = None) -> Figure:
    """Draw ``φ`` against ``B``: prediction, exact value of the chain, and fits to samples."""
    figure, panels = figure_and_panels(axes, (6.4, 4.8), (1, 1))
    panel = panels[0, 0]
    rates = list(dict.fromkeys(row["learning_rate"] for row in rows))
    for number, rate in enumerate(rates):
        mine = sorted(
            (row for row in rows if row["learning_rate"] == rate), key=lambda r: r["batch_size"]
        )
        colour = COLOURS[number % len(COLOURS)]
        batch = [row["batch_size"] for row in mine]
        panel.plot(batch, _column(mine, "predicted"), color=colour, label=f"$η$ = {rate:g}")
        panel.plot(
            batch, _column(mine, "exact"), "s--", color=colour, mfc="none", ms=9, lw=1, alpha=0.8
        )
        _error_bars(panel, batch, mine, "fitted", colour)
    panel.plot([], [], color="0.3", label=r"$1 + B/(η h^*)$")
    panel.plot([], [], "s--", color="0.3", mfc="none", lw=1, label="exact, this learning rate")
    panel.plot([], [], "o", color="0.3", ms=4, label="SGD, with interval")
    panel.set(
        xscale="log",
        yscale="log",
        xlabel="batch size $B$",
        ylabel="exponent $φ$ of $P ∝ L^{-φ}$",
        title="Stationary law of SGD, linear regression, $d$ = 1",
    )
    _plain_ticks(panel, sorted({row["batch_size"] for row in rows}))
    panel.legend()
    return figure


@house_style
def plot_passages(rows: Rows, slopes: Rows, *, axes: AxesLike | None = None) -> Figure:
    """Draw mean times to ``L = c L*`` against ``c``, with slopes, radial solutions and SGD's law.

    The predicted slope is drawn through the first time that the fit takes in.
    """
    figure, panels = figure_and_panels(axes, (7.2, 6.2), (1, 1))
    panel = panels[0, 0]
    panel.set(xscale="log", yscale="log")
    slope_of = {slope["dimension"]: slope for slope in slopes}
    for number, d in enumerate(dict.fromkeys(row["dimension"] for row in rows)):
        mine = [row for row in rows if row["dimension"] == d]
        colour, slope = COLOURS[number % len(COLOURS)], slope_of.get(d)
        label = f"$d$ = {d}" + (
            ""
            if slope is None or slope["fitted"] is None
            else f": slope {slope['predicted']:.1f} predicted, {slope['fitted']:.1f} measured"
        )
        ratio = [row["loss_ratio"] for row in mine]
        panel.plot(ratio, _column(mine, "radial_decoupled"), color=colour, label=label)
        panel.plot(ratio, _column(mine, "radial_exact_noise"), color=colour, ls=":", lw=1.2)
        panel.plot(ratio, _column(mine, "exact_chain"), "x", color=colour, ms=8)
        seen = [row for row in mine if row["n_events"]]
        if slope is not None:
            _predicted_slope(panel, seen, slope, colour)
        _error_bars(panel, [row["loss_ratio"] for row in seen], seen, "mean_time", colour)
        never = [row for row in mine if not row["n_events"]]
        panel.plot([r["loss_ratio"] for r in never], _column(never, "low"), "^", color=colour)
    _law_of_sgd(panel, rows)
    _explain_passages(panel, rows)
    panel.set(
        xlabel="$c = L/L^*$",
        ylabel="mean first-passage time $t = ηk$",
        title="Time until the loss reaches $c L^*$, linear regression",
    )
    _plain_ticks(panel, sorted({row["loss_ratio"] for row in rows}))
    panel.legend(loc="upper left", bbox_to_anchor=(-0.1, -0.12), ncols=2)
    return figure


def _law_of_sgd(panel: Any, rows: Rows) -> None:
    """Draw it within the limits of all else: over levels never reached it rises by decades."""
    limits = panel.get_ylim()
    for number, d in enumerate(dict.fromkeys(row["dimension"] for row in rows)):
        mine = [row for row in rows if row["dimension"] == d]
        ratio, colour = [row["loss_ratio"] for row in mine], COLOURS[number % len(COLOURS)]
        panel.plot(ratio, _column(mine, "law"), color=colour, ls="-.", lw=1.2)
    panel.set_ylim(limits)


def _explain_passages(panel: Any, rows: Rows) -> None:
    """Put into the legend what the lines and marks are, of those that are there."""
    panel.plot([], [], color="0.3", label="exact radial solution, noise $2 L H^*/B$")
    panel.plot([], [], color="0.3", ls=":", lw=1.2, label="the same with the exact covariance")
    panel.plot([], [], color="0.3", ls="--", lw=1.2, label=r"slope $B/(η h^*) + 1 - d/2$")
    if any(row["law"] is not None for row in rows):
        # These samples have a law of their own, for d = 1 a column of the table.
        law = r"law of SGD on normal data, $e^{(B/η)(c - 1)}$"
        panel.plot([], [], color="0.3", ls="-.", lw=1.2, label=law)
    panel.plot([], [], "o", color="0.3", ms=4, label="SGD, with interval")
    if any(not row["n_events"] for row in rows):
        panel.plot([], [], "^", color="0.3", label="never reached: lower bound")
    if any(row["exact_chain"] is not None for row in rows):
        panel.plot([], [], "x", color="0.3", label="exact chain of SGD, $d$ = 1")


def _predicted_slope(axes: Any, seen: Rows, slope: Mapping[str, Any], colour: str) -> None:
    fitted = [row for row in seen if row["loss_ratio"] >= slope["from_ratio"]]
    if fitted:
        ratio = np.array([row["loss_ratio"] for row in fitted])
        times = fitted[0]["mean_time"] * (ratio / ratio[0]) ** slope["predicted"]
        axes.plot(ratio, times, color=colour, ls="--", lw=1.2)


def _column(rows: Rows, name: str) -> list[float]:
    return [np.nan if row[name] is None else row[name] for row in rows]


def _error_bars(axes: Any, x: Sequence[float], rows: Rows, name: str, colour: str) -> None:
    middle = np.array(_column(rows, name))
    low, high = np.array(_column(rows, "low")), np.array(_column(rows, "high"))
    axes.errorbar(
        x, middle, yerr=(middle - low, high - middle), fmt="o", color=colour, ms=4, capsize=2.5
    )


def _plain_ticks(axes: Any, values: Sequence[float]) -> None:
    axes.set_xticks(values)
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
