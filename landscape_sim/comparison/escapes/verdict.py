"""What a study says: fitted exponents, and power law against Arrhenius."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_sim.comparison.escapes.case import Case, CaseResult
from landscape_sim.estimators import ExponentFit, LawComparison, compare_laws, fit_exponent
from landscape_sim.validation import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SweepVerdict:
    """One sweep over loss ratios at one landscape and one setting.

    Attributes
    ----------
    case : Case
        The first of the sweep: of which landscape, at which setting.
    predicted : float
        ``B/(η h*) + 1 − n/2``.
    exact : float or None
        Slope of the exact rates over the same sweep, each weighted by its simulated events.
    fit : ExponentFit or None
        Poisson regression of the simulated escapes; None where they do not allow one.
    laws : LawComparison or None
        Power law against Arrhenius, likewise, from three loss ratios on.
    """

    case: Case
    predicted: float
    exact: float | None
    fit: ExponentFit | None
    laws: LawComparison | None


def judge(results: Sequence[CaseResult]) -> tuple[SweepVerdict, ...]:
    """Return the verdict on every sweep that has at least one finished case."""
    sweeps: dict[tuple[int, int], list[CaseResult]] = {}
    for result in results:
        index = result.case.index
        sweeps.setdefault((index.landscape, index.setting), []).append(result)
    return tuple(_judge_sweep(sweep) for sweep in sweeps.values())


def _judge_sweep(sweep: list[CaseResult]) -> SweepVerdict:
    first = sweep[0].case
    loss_ratio = np.array([result.case.escape.route.loss_ratio for result in sweep])
    log_prefactor = np.array([result.case.power_law.log_prefactor for result in sweep])
    evidence = [_evidence(result) for result in sweep if result.simulated is not None]
    fit: ExponentFit | None = None
    laws: LawComparison | None = None
    weights = np.ones(len(sweep))
    if len(evidence) == len(sweep):
        n_events, exposure = (np.array(column) for column in zip(*evidence, strict=True))
        weights, level = n_events, first.study.confidence_level
        try:
            fit = fit_exponent(np.log(loss_ratio), n_events, exposure, log_prefactor, level)
            if np.unique(loss_ratio).size > 2:  # through two points both laws pass
                laws = compare_laws(loss_ratio, n_events, exposure, log_prefactor, level)
        except InputError:
            pass  # too few escapes for a fit: the table shows the rows and no exponent
    return SweepVerdict(
        case=first,
        predicted=first.power_law.exponent,
        exact=_exact_slope(sweep, np.log(loss_ratio), log_prefactor, weights),
        fit=fit,
        laws=laws,
    )


def _evidence(result: CaseResult) -> tuple[int, float]:
    """Return events and exposure of a simulated rate.

    The arrivals of splitting share ancestors. In their place stand those that an independent
    sample of the same relative error would have, with the exposure that belongs to them.
    """
    assert result.simulated is not None
    if result.direct is not None:
        return result.direct.estimate.n_events, result.direct.estimate.exposure
    n_events = max(1, result.simulated.effective_events or 0)
    return n_events, n_events / result.simulated.rate


def _exact_slope(
    sweep: list[CaseResult], log_loss_ratio: Array, log_prefactor: Array, weights: Array
) -> float | None:
    rates = [result.exact.rate for result in sweep if result.exact is not None]
    if len(sweep) < 2 or len(rates) < len(sweep) or np.count_nonzero(weights) < 2:
        return None
    log_rates = np.log(np.array(rates)) - log_prefactor
    slope, _ = np.polyfit(log_loss_ratio, log_rates, 1, w=np.sqrt(weights))
    return -float(slope)
