"""The cost of every approximation between SGD and the escape formula."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from landscape_sim.columns import Rows
from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style

_LINKS = {
    "gaussian_noise": "(a)/(b) Gaussian noise",
    "small_learning_rate": "(b)/(c) small $η$",
    "mean_gradient": "(c)/(c\u2032) $∇L∇L^T$ left in",
    "decoupling": "(c\u2032)/(d) decoupling",
    "kramers": "(d)/(e) Kramers",
}


@house_style
def plot_approximations(rows: Rows, *, axes: AxesLike | None = None) -> Figure:
    """Draw the ratio of each rate to the next, one group of bars a case.

    A bar below one: the approximation makes the escape too fast. Thin lines at their ends are
    the errors of the solvers. Points show the whole chain, SGD over Eq. (15), whose two forms are
    one here, exact; beside them and on the first bar what is simulated, with its interval.
    Squares show SGD over its own law, which approximates nothing but that escapes are rare.
    """
    figure, panels = figure_and_panels(axes, (4.9 + 1.1 * len(rows), 5.0), (1, 1))
    panel = panels[0, 0]
    places = np.arange(len(rows))
    width = 0.8 / len(_LINKS)
    for number, (link, label) in enumerate(_LINKS.items()):
        ratio, error = _column(rows, f"link_{link}"), _column(rows, f"link_{link}_error")
        left = places + (number - (len(_LINKS) - 1) / 2) * width
        panel.bar(left, ratio - 1.0, width, bottom=1.0, color=COLOURS[number], label=label)
        panel.errorbar(left, ratio, yerr=error, fmt="none", ecolor="k", elinewidth=1)
        if number == 0:
            _simulated(panel, left, rows, "link_gaussian_noise", "link_gaussian_noise_simulated")
    total = _column(rows, "total")
    panel.plot(places, total, "kD", mfc="none", ms=8, label="(a)/(e) in all, exact")
    _simulated(panel, places, rows, "", "rate_simulated", label="with SGD simulated")
    law = 1.0 / _column(rows, "law_over_sgd")
    panel.plot(places, law, "s", color=COLOURS[len(_LINKS)], ms=7, label="(a)/SGD's own law")
    panel.axhline(1.0, color="0.3", linewidth=1)
    panel.set(
        yscale="log",
        ylabel="ratio of escape rates",
        title="Which approximation fails first? Phase regression",
    )
    panel.set_xticks(places, [_name(row) for row in rows])
    panel.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def _simulated(
    axes: Any, places: Any, rows: Rows, prefix: str, middle: str, label: str | None = None
) -> None:
    """Draw simulated ratios: of the whole chain as rates over Eq. (15), of a link as they are."""
    unit = np.ones(len(rows)) if prefix else _column(rows, "rate_formula")
    names = [f"{prefix}_{end}".lstrip("_") for end in ("low", "high")]
    low, high = (_column(rows, name) / unit for name in names)
    ratio = _column(rows, middle) / unit
    if np.isfinite(ratio).any():
        spread = (ratio - low, high - ratio)
        axes.errorbar(places, ratio, yerr=spread, fmt="ko", ms=4, capsize=3, label=label)


def _column(rows: Rows, name: str) -> Any:
    return np.array([np.nan if row[name] is None else row[name] for row in rows])


def _name(row: Mapping[str, Any]) -> str:
    return (
        f"$η$ = {row['learning_rate']:g}\n$B$ = {row['batch_size']}\n$σ$ = {row['label_noise']:g}"
    )
