"""The cost of every approximation between SGD and the escape formula."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from landscape_sim.plots.style import COLOURS, new_figure

_LINKS = {
    "gaussian_noise": "(a)/(b) Gaussian noise",
    "small_learning_rate": "(b)/(c) small $η$",
    "decoupling": "(c)/(d) decoupling",
    "kramers": "(d)/(e) Kramers",
}


def plot_chain(rows: Sequence[dict[str, Any]]) -> Figure:
    """Return the ratio of each rate to the next, one group of bars a case.

    A bar below one: the approximation makes the escape too fast. Points show the whole chain,
    SGD over Eq. (15): exact, and simulated with its interval.
    """
    figure = new_figure(2.5 + 1.0 * len(rows), 5.0)
    axes = figure.subplots()
    places = np.arange(len(rows))
    width = 0.8 / len(_LINKS)
    for number, (link, label) in enumerate(_LINKS.items()):
        ratio = np.array([row[f"link_{link}"] for row in rows])
        left = places + (number - (len(_LINKS) - 1) / 2) * width
        axes.bar(left, ratio - 1.0, width, bottom=1.0, color=COLOURS[number], label=label)
    total = np.array([row["total"] for row in rows])
    axes.plot(places, total, "kD", mfc="none", ms=8, label="(a)/(e) in all, exact")
    seen = [i for i, row in enumerate(rows) if row["n_events"]]
    if seen:
        formula = np.array([rows[i]["rate_formula"] for i in seen])
        low, middle, high = (
            np.array([rows[i][name] for i in seen]) / formula
            for name in ("low", "rate_simulated", "high")
        )
        spread = (middle - low, high - middle)
        axes.errorbar(
            seen, middle, yerr=spread, fmt="ko", ms=4, capsize=3, label="the same, SGD simulated"
        )
    axes.axhline(1.0, color="0.3", linewidth=1)
    axes.set(
        yscale="log",
        ylabel="ratio of escape rates",
        title="Which approximation fails first? Phase regression",
    )
    axes.set_xticks(places, [_name(row) for row in rows])
    axes.legend(ncols=2)
    return figure


def _name(row: dict[str, Any]) -> str:
    return (
        f"$η$ = {row['learning_rate']:g}\n$B$ = {row['batch_size']}\n$σ$ = {row['label_noise']:g}"
    )
