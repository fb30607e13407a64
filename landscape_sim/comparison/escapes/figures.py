"""The figures of a study: rates, and for each landscape its survival curves and its route."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from landscape_sim.comparison.escapes.answers import CaseResult
from landscape_sim.estimators import survival_curve
from landscape_sim.plots.landscape import plot_escape
from landscape_sim.plots.rates import MOST_PANELS, plot_rates
from landscape_sim.plots.survival import LabelledCurve, plot_survival


def study_figures(
    results: Sequence[CaseResult], dataset: xr.Dataset
) -> Iterator[tuple[str, Figure]]:
    """Yield the name of every figure, and the figure.

    Of each landscape, with all values of its parameters, the survival curves are those at its
    first values, and the route is that with the largest loss ratio. Of many landscapes the first
    have such figures.
    """
    rates = dataset[["rate_formula", "rate_arrhenius", "rate_exact", "rate_simulated"]]
    if rates.to_array().notnull().any():
        yield "rates", plot_rates(dataset)
    tables = dataset["table"].to_numpy()
    for number, table in enumerate(np.unique(tables)[:MOST_PANELS]):
        mine = [one for one in results if tables[one.case.index.landscape] == table]
        if not mine:
            continue
        first = mine[0].case
        curves = survival_curves(
            [one for one in mine if one.case.index.landscape == first.index.landscape]
        )
        family = first.study.landscapes[table].landscape
        if curves:
            title = f"{first.family.landscape}, {first.study.settings[0].strength}"
            yield f"survival-{number + 1}-{family}", plot_survival(curves, title)
        steepest = max(mine, key=lambda one: one.case.loss_ratio).case
        picture = plot_escape(steepest.escape, steepest.family.landscape)
        yield f"landscape-{number + 1}-{family}", picture


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
