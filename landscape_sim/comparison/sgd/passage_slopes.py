"""The slope of ``log`` mean time on ``log c``: predicted, exact over the same ``c``, measured."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.columns import Column, Rows
from landscape_sim.comparison.refusals import attempt
from landscape_sim.comparison.sgd.study import PassageStudy
from landscape_sim.estimators import fit_exponent
from landscape_sim.estimators.exponent import ExponentFit
from landscape_sim.theory.power_law import effective_temperature, power_law_exponent

#: Passages that the fit expects at a threshold, below which it has no weight in a slope.
_FEWEST = 0.01
_REFERENCES = ("exact_chain", "radial_decoupled", "radial_exact_noise", "law", "law_of_data")


def passage_slopes(study: PassageStudy, rows: Rows) -> list[dict[str, Any]]:
    """Return the slope for every dimension, over the upper part of the range of ``c``.

    Every row counts, also one where no run has arrived: that the rate is low there is what its
    exposure says. The references are weighted as the fit weights the measurements, by the
    events that it expects. A dimension with one threshold has no slope, and no row.
    """
    slopes = []
    for d in dict.fromkeys(row["dimension"] for row in rows):
        top = [
            row for row in rows if row["dimension"] == d and row["loss_ratio"] >= study.slope_from
        ]
        if len({row["loss_ratio"] for row in top}) > 1:
            slopes.append(_slope(study, d, top))
    return slopes


def _slope(study: PassageStudy, dimension: int, top: Rows) -> dict[str, Any]:
    reasons: list[str] = []
    log_ratio = np.log([row["loss_ratio"] for row in top])
    events, exposure = (np.array([row[name] for row in top]) for name in ("n_events", "exposure"))
    temperature = effective_temperature(
        study.learning_rate, study.batch_size, top[0]["outlier_curvature"]
    )
    fit = attempt(
        reasons,
        "slope",
        lambda: fit_exponent(log_ratio, events, exposure, confidence_level=study.confidence_level),
    )
    expected = events if fit is None else _expected_events(fit, log_ratio, exposure)
    return {
        "dimension": dimension,
        "predicted": power_law_exponent(temperature, dimension),
        **{name: _reference(name, top, log_ratio, expected) for name in _REFERENCES},
        "fitted": fit and fit.exponent,
        "low": fit and fit.interval.low,
        "high": fit and fit.interval.high,
        "confidence_level": study.confidence_level,
        "deviance": fit and fit.deviance,
        "degrees_of_freedom": fit and fit.degrees_of_freedom,
        "p_value": fit and _p_value(fit),
        "n_events": int(events.sum()),
        "n_censored": sum(row["n_censored"] for row in top),
        "from_ratio": min(row["loss_ratio"] for row in top),
        "to_ratio": max(row["loss_ratio"] for row in top),
        "refusals": "; ".join(reasons) or None,
    }


def _expected_events(
    fit: ExponentFit, log_ratio: NDArray[np.float64], exposure: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(exposure * np.exp(fit.intercept - fit.exponent * log_ratio))


def _reference(
    name: str, top: Rows, log_ratio: NDArray[np.float64], expected: NDArray[np.float64]
) -> float | None:
    """Return the slope of an exact solution, or None where it is not known at every ``c``.

    Thresholds without weight are left out: those that no run can reach, nor any grid resolve.
    """
    used = expected >= _FEWEST
    log_time = [row[f"log_{name}"] for row, is_used in zip(top, used, strict=True) if is_used]
    if None in log_time or np.unique(log_ratio[used]).size < 2:
        return None
    return float(np.polyfit(log_ratio[used], log_time, 1, w=np.sqrt(expected[used]))[0])


def _p_value(fit: ExponentFit) -> float | None:
    """Return how often a power law would deviate that much: ``P(χ² > deviance)``."""
    from scipy.special import gammaincc

    if fit.degrees_of_freedom == 0:
        return None
    return float(gammaincc(fit.degrees_of_freedom / 2, fit.deviance / 2))


SLOPES_TITLE = "Slope of log mean time on log c"
SLOPE_COLUMNS = (
    Column("d", "{dimension:d}"),
    Column("B/(ηh*)+1−d/2", "{predicted:.2f}"),
    Column("exact SGD", "{exact_chain:.2f}"),
    Column("radial, 2LH*/B", "{radial_decoupled:.2f}"),
    Column("radial, exact Σ", "{radial_exact_noise:.2f}"),
    Column("law", "{law:.2f}"),
    Column("law, these data", "{law_of_data:.2f}"),
    Column("fitted", "{fitted:.2f}"),
    Column("low", "{low:.2f}"),
    Column("high", "{high:.2f}"),
    Column("deviance", "{deviance:.1f}"),
    Column("d.o.f.", "{degrees_of_freedom:d}"),
    Column("p", "{p_value:.1g}"),
    Column("from c", "{from_ratio:g}"),
    Column("to c", "{to_ratio:g}"),
)
