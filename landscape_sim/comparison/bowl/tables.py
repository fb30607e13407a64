"""The study of the stationary law as rows, with the columns of its tables beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from landscape_sim.columns import Column
from landscape_sim.comparison.bowl.case import (
    CLOCKS,
    DIRECT_STEP,
    QUANTILES,
    ExponentMeasurement,
    TransitionMeasurement,
)
from landscape_sim.comparison.bowl.study import BowlStudy, ExponentIndex
from landscape_sim.theory.stability import critical_dimension
from landscape_sim.theory.stationary import (
    ValleyDensity,
    discrete_log_loss_growth_rate,
    log_loss_growth_rate,
    stationary_exponent,
    time_changed_stationary_exponent,
)

PREDICTION = {"t": stationary_exponent, "tau": time_changed_stationary_exponent}

#: What of an exponent's row the dataset holds, with its long name.
EXPONENT_NAMES = {
    "temperature": "T = learning_rate h*/batch_size",
    "exponent": "exponent of the stationary density, fitted",
    "exponent_low": "lower end of the interval of exponent",
    "exponent_high": "upper end of the interval of exponent",
    "exponent_predicted": "1 + 1/T in t, 1/T in tau",
    "step_error": "what the time step adds to the exponent",
    "step_error_standard_error": "standard error of step_error",
    "effective_samples": "independent samples of equal precision",
}


def exponent_rows(
    study: BowlStudy, exponents: Mapping[ExponentIndex, ExponentMeasurement]
) -> list[dict[str, Any]]:
    """Return two flat mappings a finished case, one for each clock; None is no upper end."""
    rows = []
    for index, case in exponents.items():
        for clock in CLOCKS:
            fit, (step_error, step_spread) = case.fits[clock], case.step_errors[clock]
            high = fit.interval.high
            rows.append(
                {
                    "learning_rate": study.learning_rates[index.learning_rate],
                    "batch_size": study.batch_sizes[index.batch_size],
                    "dimension": study.dimensions[index.dimension],
                    "clock": clock,
                    "temperature": case.temperature,
                    "exponent": fit.exponent,
                    "exponent_low": fit.interval.low,
                    "exponent_high": high if math.isfinite(high) else None,
                    "confidence_level": fit.interval.confidence_level,
                    "exponent_predicted": PREDICTION[clock](case.temperature),
                    "step_error": step_error,
                    "step_error_standard_error": step_spread,
                    "effective_samples": fit.effective_samples,
                }
            )
    return rows


EXPONENT_TITLE = "Exponent of the stationary density L^−φ, in t and in τ (dτ = L dt)"
EXPONENT_COLUMNS = (
    Column("n", "{dimension:d}"),
    Column("η", "{learning_rate:g}"),
    Column("B", "{batch_size:d}"),
    Column("T", "{temperature:.4g}"),
    Column("time", "{clock}"),
    Column("law", "{exponent_predicted:.3f}"),
    Column("φ fitted", "{exponent:.3f}"),
    Column("{confidence_level:percent} interval", "{exponent_low:.3f} … {exponent_high:.3f}", "∞"),
    Column("step adds", "{step_error:+.3f} ± {step_error_standard_error:.3f}"),
    Column("n_eff", "{effective_samples:.0f}"),
)


def transition_rows(
    study: BowlStudy, transition: Mapping[int, TransitionMeasurement]
) -> list[dict[str, Any]]:
    """Return the finished dimensions of the transition as flat mappings.

    ``growth_predicted`` is 0 up to the critical dimension; at the critical dimension itself
    the loss grows like ``exp(√t)``, which no constant rate describes.
    """
    rows, temperature = [], study.highest_temperature
    for number, case in transition.items():
        n = study.transition_dimensions[number]
        is_stable = n < critical_dimension(temperature)
        step = DIRECT_STEP / study.curvature
        rate = log_loss_growth_rate(study.curvature, temperature, n)
        discrete = discrete_log_loss_growth_rate(study.curvature, temperature, n, step)
        rows.append(
            {
                "dimension": n,
                "temperature": temperature,
                "critical_dimension": critical_dimension(temperature),
                "is_stable": is_stable,
                "growth_predicted": max(0.0, rate),
                "growth_discrete": None if is_stable else discrete,
                "growth_rate": case.growth_rate,
                "growth_low": case.growth_interval.low,
                "growth_high": case.growth_interval.high,
                "confidence_level": case.growth_interval.confidence_level,
                "last_time": float(case.times[-1]),
                "median_stationary": stationary_quantile(study, n, 0.5),
                "median": float(case.quantiles[-1, QUANTILES.index(0.5)]),
                "median_low": case.median_interval.low,
                "median_high": case.median_interval.high,
            }
        )
    return rows


def stationary_quantile(study: BowlStudy, n: int, probability: float) -> float | None:
    """Return the quantile of ``log(L/L*)`` under ``P``, None where ``P`` does not exist."""
    temperature = study.highest_temperature
    if n >= critical_dimension(temperature):
        return None
    density = ValleyDensity(stationary_exponent(temperature), study.floor, (study.curvature,) * n)
    return density.log_loss_ratio_quantile(probability)


TRANSITION_TITLE = (
    "log(L/L*) from the minimum, T = {temperature:.4g}, n_c = {critical_dimension:.4g}, "
    "to t = {last_time:.4g}"
)
TRANSITION_COLUMNS = (
    Column("n", "{dimension:d}"),
    Column("slope, law", "{growth_predicted:.4f}"),
    Column("of the scheme", "{growth_discrete:.4f}"),
    Column("measured", "{growth_rate:.4f}"),
    Column("{confidence_level:percent} interval", "{growth_low:.4f} … {growth_high:.4f}"),
    Column("median, P", "{median_stationary:.4f}", "none"),
    Column("measured", "{median:.4f}"),
    Column("{confidence_level:percent} interval", "{median_low:.4f} … {median_high:.4f}"),
)


def summary(exponents: Sequence[dict[str, Any]], transition: Sequence[dict[str, Any]]) -> str:
    """Return what the intervals of both tables say, in one sentence."""
    covered = sum(
        row["exponent_low"] <= row["exponent_predicted"] <= (row["exponent_high"] or math.inf)
        for row in exponents
    )
    sentence = f"{covered} of {len(exponents)} intervals of φ hold the law"
    if transition:
        stays = [row["dimension"] for row in transition if row["growth_low"] <= 0]
        grows = [row["dimension"] for row in transition if row["growth_low"] > 0]
        sentence += f"; the loss stays for n = {_listed(stays)} and grows for n = {_listed(grows)}"
    return sentence + "."


def _listed(values: Sequence[int]) -> str:
    return ", ".join(map(str, values)) or "none"
