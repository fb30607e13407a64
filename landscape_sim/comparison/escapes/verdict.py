"""What a study says: fitted exponents, and power law against Arrhenius."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_sim.comparison.escapes.answers import CaseResult
from landscape_sim.comparison.escapes.case import Case
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
    predicted : float or None
        ``B/(η h*) + 1 − n/2``; None where the power law does not hold.
    exact : float or None
        Slope of the exact rates over the same sweep, each weighted by its simulated events.
    fit : ExponentFit or None
        Poisson regression of the simulated escapes; None where they do not allow one.
    laws : LawComparison or None
        Power law against Arrhenius, likewise, from three loss ratios on.
    """

    case: Case
    predicted: float | None
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
    log_prefactor = np.array([result.case.log_prefactor for result in sweep])
    evidence = [_evidence(result) for result in sweep if result.simulated is not None]
    fit: ExponentFit | None = None
    laws: LawComparison | None = None
    weights = np.ones(len(sweep))
    if len(evidence) == len(sweep):
        n_events, exposure, log_unit = (np.array(one) for one in zip(*evidence, strict=True))
        weights, level = n_events, first.study.confidence_level
        # The unit of an exposure stands in its logarithm, and may as well stand beside it.
        seen = n_events, exposure, log_prefactor + log_unit, level
        try:
            fit = fit_exponent(np.log(loss_ratio), *seen)
            if np.unique(loss_ratio).size > 2:  # through two points both laws pass
                laws = compare_laws(loss_ratio, *seen)
        except InputError:
            pass  # too few escapes for a fit: the table shows the rows and no exponent
    return SweepVerdict(
        case=first,
        predicted=None if first.power_law is None else first.power_law.exponent,
        exact=_exact_slope(sweep, np.log(loss_ratio), log_prefactor, weights),
        fit=fit,
        laws=laws,
    )


def _evidence(result: CaseResult) -> tuple[int, float, float]:
    """Return events and exposure of a simulated rate, and the logarithm of the exposure's unit.

    The arrivals of splitting share ancestors. In their place stand those that an independent
    sample of the same relative error would have, with the exposure that belongs to them. Its unit
    is that of ``t``, and one over the rate where the rate is below every float.
    """
    assert result.simulated is not None
    if result.direct is not None:
        return result.direct.estimate.n_events, result.direct.estimate.exposure, 0.0
    n_events = max(1, result.simulated.effective_events or 0)
    if result.simulated.rate < sys.float_info.min:
        return n_events, float(n_events), -result.simulated.log_rate
    return n_events, n_events / result.simulated.rate, 0.0


def _exact_slope(
    sweep: list[CaseResult], log_loss_ratio: Array, log_prefactor: Array, weights: Array
) -> float | None:
    exact = [result.exact for result in sweep if result.exact is not None]
    if len(exact) < len(sweep) or np.unique(log_loss_ratio[weights > 0]).size < 2:
        return None
    rates, logs = (
        np.array(one) for one in zip(*((e.rate, e.log_rate) for e in exact), strict=True)
    )
    # The slope is that of the table's rates, and of their logarithms where they are no floats.
    is_float = rates >= sys.float_info.min
    log_rates = np.where(is_float, np.log(np.where(is_float, rates, 1.0)), logs)
    slope, _ = np.polyfit(log_loss_ratio, log_rates - log_prefactor, 1, w=np.sqrt(weights))
    return -float(slope)
