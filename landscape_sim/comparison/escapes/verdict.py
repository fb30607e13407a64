"""What a study says: fitted exponents, and power law against Arrhenius."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape_sim.comparison.escapes.case import CaseResult
from landscape_sim.comparison.escapes.run import StudyResult
from landscape_sim.estimators import ExponentFit, LawComparison, compare_laws, fit_exponent
from landscape_sim.validation import InputError


@dataclass(frozen=True)
class SweepVerdict:
    """One sweep over loss ratios at one landscape and one setting.

    Attributes
    ----------
    landscape, setting : int
        Indices into the study.
    predicted : float
        ``B/(η h*) + 1 − n/2``.
    exact : float or None
        Slope of the exact rates over the same sweep, each weighted by its simulated events.
    fit : ExponentFit or None
        Poisson regression of the simulated escapes; None where they do not allow one.
    laws : LawComparison or None
        Power law against Arrhenius, likewise, from three loss ratios on.
    """

    landscape: int
    setting: int
    predicted: float
    exact: float | None
    fit: ExponentFit | None
    laws: LawComparison | None


def judge(result: StudyResult) -> list[SweepVerdict]:
    """Return the verdict on every sweep that has at least one finished case."""
    verdicts = []
    for landscape in range(len(result.study.landscapes)):
        for setting in range(len(result.study.settings)):
            sweep = [
                case
                for index, case in result.results.items()
                if (index.landscape, index.setting) == (landscape, setting)
            ]
            if sweep:
                verdicts.append(_judge_sweep(landscape, setting, sweep, result))
    return verdicts


def _judge_sweep(
    landscape: int, setting: int, sweep: list[CaseResult], result: StudyResult
) -> SweepVerdict:
    loss_ratio = np.array([case.route.loss_ratio for case in sweep])
    log_prefactor = np.array([case.formula.log_prefactor for case in sweep])
    estimates = [case.simulated for case in sweep if case.simulated is not None]
    fit: ExponentFit | None = None
    laws: LawComparison | None = None
    weights = np.ones(len(sweep))
    if len(estimates) == len(sweep):
        n_events = np.array([estimate.n_events for estimate in estimates])
        exposure = np.array([estimate.exposure for estimate in estimates])
        weights, level = n_events, result.study.confidence_level
        try:
            fit = fit_exponent(np.log(loss_ratio), n_events, exposure, log_prefactor, level)
            if np.unique(loss_ratio).size > 2:  # through two points both laws pass
                laws = compare_laws(loss_ratio, n_events, exposure, log_prefactor, level)
        except InputError:
            pass  # too few escapes for a fit: the table shows the rows and no exponent
    return SweepVerdict(
        landscape=landscape,
        setting=setting,
        predicted=sweep[0].formula.exponent,
        exact=_exact_slope(sweep, np.log(loss_ratio), log_prefactor, weights),
        fit=fit,
        laws=laws,
    )


def _exact_slope(
    sweep: list[CaseResult],
    log_loss_ratio: np.ndarray,
    log_prefactor: np.ndarray,
    weights: np.ndarray,
) -> float | None:
    rates = [case.rate_exact for case in sweep]
    if len(sweep) < 2 or any(rate is None for rate in rates) or np.count_nonzero(weights) < 2:
        return None
    log_rates = np.log(np.array(rates, dtype=float)) - log_prefactor
    slope, _ = np.polyfit(log_loss_ratio, log_rates, 1, w=np.sqrt(weights))
    return -float(slope)
