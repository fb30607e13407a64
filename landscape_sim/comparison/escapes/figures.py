"""The figures of a study: rates, and for each landscape its survival curves and its route."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import xarray as xr
from matplotlib.figure import Figure

from landscape_sim.comparison.escapes.answers import CaseResult
from landscape_sim.estimators import survival_curve
from landscape_sim.plots.landscape import plot_escape
from landscape_sim.plots.rates import plot_rates
from landscape_sim.plots.survival import LabelledCurve, plot_survival


def study_figures(
    results: Sequence[CaseResult], dataset: xr.Dataset
) -> Iterator[tuple[str, Figure]]:
    """Yield the name of every figure, and the figure."""
    yield "rates", plot_rates(dataset)
    for number, family in enumerate(dataset["landscape"].to_numpy()):
        mine = [result for result in results if result.case.index.landscape == number]
        if not mine:
            continue
        curves = survival_curves(mine)
        if curves:
            title = f"{family}, {mine[0].case.study.settings[0].strength}"
            yield f"survival-{number + 1}-{family}", plot_survival(curves, title)
        steepest = max(mine, key=lambda result: result.case.loss_ratio)
        yield f"landscape-{number + 1}-{family}", plot_escape(steepest.case.escape, family)


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
