"""The figures of a study: rates, and for each landscape its survival curves and its route."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from landscape_sim.comparison.escapes.answers import CaseResult
from landscape_sim.comparison.escapes.case import Case
from landscape_sim.estimators import survival_curve
from landscape_sim.plots.landscape import plot_escape
from landscape_sim.plots.rates import MOST_PANELS, plot_rates
from landscape_sim.plots.survival import LabelledCurve, plot_survival
from landscape_sim.report.rates_chart import rates_chart
from landscape_sim.report.report import Chart
from landscape_sim.report.surface_chart import surface_chart

_FIGURE = re.compile(r"(rates|(survival|landscape)-\d+-.+)\.(png|svg)")


def study_figures(
    results: Sequence[CaseResult], dataset: xr.Dataset
) -> Iterator[tuple[str, Figure]]:
    """Yield the name of every figure, and the figure.

    Of each landscape, with all values of its parameters, the survival curves are those at its
    first values, and the route is that with the largest loss ratio. Of many landscapes the first
    have such figures.
    """
    if _has_rates(dataset):
        yield "rates", plot_rates(dataset)
    for name, mine in _by_landscape(results, dataset):
        first = mine[0].case
        curves = survival_curves(
            [one for one in mine if one.case.index.landscape == first.index.landscape]
        )
        if curves:
            title = f"{first.family.landscape}, {first.study.settings[0].strength}"
            yield f"survival-{name}", plot_survival(curves, title)
        steepest = _steepest(mine)
        yield f"landscape-{name}", plot_escape(steepest.escape, steepest.family.landscape)


def remove_figures(folder: Path) -> None:
    """Remove the figures that :func:`study_figures` has left in a folder, and no other file."""
    for path in folder.iterdir():
        if _FIGURE.fullmatch(path.name):
            path.unlink()


def study_charts(results: Sequence[CaseResult], dataset: xr.Dataset) -> Iterator[tuple[str, Chart]]:
    """Yield the charts that a report has in place of the figures of the same names."""
    if _has_rates(dataset):
        yield "rates", rates_chart(dataset)
    for name, mine in _by_landscape(results, dataset):
        escape = _steepest(mine).escape
        if escape.dimension == 2:
            yield f"landscape-{name}", surface_chart(escape.landscape, escape.route)


def _by_landscape(
    results: Sequence[CaseResult], dataset: xr.Dataset
) -> Iterator[tuple[str, list[CaseResult]]]:
    """Yield what names the figures of a landscape, and its cases; of many the first ones."""
    tables = dataset["table"].to_numpy()
    for number, table in enumerate(np.unique(tables)[:MOST_PANELS]):
        mine = [one for one in results if tables[one.case.index.landscape] == table]
        if mine:
            yield f"{number + 1}-{mine[0].case.study.landscapes[table].landscape}", mine


def _steepest(results: Sequence[CaseResult]) -> Case:
    return max(results, key=lambda one: one.case.loss_ratio).case


def _has_rates(dataset: xr.Dataset) -> bool:
    rates = dataset[["rate_formula", "rate_arrhenius", "rate_exact", "rate_simulated"]]
    return bool(rates.to_array().notnull().any())


def survival_curves(results: Sequence[CaseResult]) -> list[LabelledCurve]:
    """Return the curves of all that escaped by direct simulation at the first setting."""
    curves = []
    for result in results:
        case, direct = result.case, result.direct
        if case.index.setting == 0 and direct is not None and direct.estimate.n_events:
            curve = survival_curve(direct.sample, case.study.confidence_level)
            curves.append(
                LabelledCurve(
                    f"$L^s/L^*$ = {case.loss_ratio:g}",
                    *(curve.times, curve.survival, curve.low, curve.high),
                    rate=direct.estimate.rate,
                )
            )
    return curves
