"""Section 5.3 (i): the stationary exponent of linear regression, three ways.

The paper's ``1 + B/(η h*)``, the value of the exact stationary law of this data set's chain, and
the fit to samples of SGD. At finite ``η`` the law is no power of ``L``: *its* exponent is the one
that maximum likelihood converges to, which gives ``log L`` its mean.
"""

from __future__ import annotations

import math
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from landscape_sim.columns import Column
from landscape_sim.comparison.cases import StudyCase
from landscape_sim.comparison.refusals import attempt, named_case
from landscape_sim.comparison.sgd.study import StationaryStudy
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.ensembles.sgd import sample_sgd_stationary
from landscape_sim.estimators import (
    QuadraticValleyFamily,
    StationaryExponentFit,
    fit_stationary_exponent,
)
from landscape_sim.exact.update.landing_law import mean_of_batch
from landscape_sim.exact.update.random_recursion import gaussian_regression_tail, recursion_tail
from landscape_sim.exact.update.stationary_mean import discrete_stationary_mean
from landscape_sim.models import DataSet, gaussian_regression
from landscape_sim.results import StationarySample
from landscape_sim.seeds import case_seed
from landscape_sim.theory.power_law import effective_temperature
from landscape_sim.theory.stationary import stationary_exponent

#: Relaxation times ``1/(η h)`` before the first sample: the variance is then right to e^−40.
_BURN_IN_TIMES = 20.0


def exponent_of_mean(family: QuadraticValleyFamily, mean_log_loss: float) -> float:
    """Return the exponent ``φ`` at which ``L^−φ`` gives ``log L`` this mean."""
    from scipy.optimize import brentq

    low = family.lowest_exponent * (1 + 1e-9)
    value: float = brentq(lambda phi: family.mean_log_loss(phi) - mean_log_loss, low, 1e9)
    return value


def log_growth(data: DataSet, rule: SGD) -> float:
    """Return ``E log|1 − η S|`` of one step of SGD on this data set, of one dimension."""
    multipliers = 1.0 - rule.learning_rate * data.inputs[0] ** 2
    equal = np.full(data.n_samples, 1.0 / data.n_samples)
    places, weights, cell = mean_of_batch(multipliers, equal, rule.batch_size, data.n_samples)
    # Over a cell around zero the mean of log|A| is log(cell/2) − 1, and no infinity.
    with np.errstate(divide="ignore"):
        return float(weights @ np.log(np.maximum(np.abs(places), cell / (2.0 * math.e))))


def require_stationary(data: DataSet, rule: SGD) -> None:
    """Refuse a case without a stationary law."""
    (centre,) = data.landscape.centre
    data.require_batch_size(rule.batch_size)
    data.require_stable((centre,), rule.learning_rate)
    growth = log_growth(data, rule)
    if growth >= 0.0:
        raise data.divergence(
            f"SGD has no stationary law (E log|1 − η S| = {growth:.3g} is not negative)",
            (centre,),
            rule.learning_rate,
        )


def exact_exponent(data: DataSet, rule: SGD, *, n_nodes: int = 161) -> tuple[float, float]:
    """Return the exponent of the exact stationary law of SGD on ``data``, and its error.

    Data of one dimension, batches with replacement. The error comes from the number of nodes and
    from the reach of the grid, both increased until it is some 0.1 %.

    Raises
    ------
    InputError
        If there is no stationary law, or the grid does not resolve it.
    """
    require_stationary(data, rule)
    landscape = data.landscape
    # Relative to L*, the mean is small where the law is narrow, and its error with it.
    found = discrete_stationary_mean(
        data.sgd_jumps(rule.learning_rate),
        lambda x: np.log(landscape.loss((x,)) / landscape.floor),
        landscape.centre[0],
        # The core of the law: its standard deviation for a small learning rate.
        math.sqrt(rule.learning_rate * landscape.floor / rule.batch_size),
        batch_size=rule.batch_size,
        n_nodes=n_nodes,
    )
    family = QuadraticValleyFamily(1, 1.0)
    phi, less = (exponent_of_mean(family, found.value + shift) for shift in (0.0, found.error))
    return phi, abs(phi - less)


def stationary_cases(study: StationaryStudy) -> list[StudyCase[dict[str, Any]]]:
    """Return what computes a row, for every learning rate and batch size.

    In a row, a number that cannot be had is None, and ``refusals`` says why.

    Raises
    ------
    InputError
        If a case has no stationary law, or ``B > N``.
    """
    data = gaussian_regression(dimension=1, n_samples=study.data_samples, seed=study.seed)
    rules = [SGD(*case) for case in product(study.learning_rates, study.batch_sizes)]
    for rule in rules:
        with named_case(_name(rule)):
            require_stationary(data, rule)
    return [
        StudyCase(
            _name(rule),
            partial(_row, study, data, rule, case_seed(study.seed, number)),
            study.asked_by_case(
                number, ("learning_rates", "batch_sizes"), (rule.learning_rate, rule.batch_size)
            ),
        )
        for number, rule in enumerate(rules)
    ]


def _name(rule: SGD) -> str:
    return f"η = {rule.learning_rate:g}, B = {rule.batch_size}"


def sampled_law(study: StationaryStudy, data: DataSet, rule: SGD, seed: int) -> StationarySample:
    """Return samples of SGD, at least one relaxation time ``1/(η h)`` apart.

    The paper's protocol, a sample every 100 steps, serves down to ``η h = 0.01``; below it the
    samples of a whole run would be one, and the run would still be close to the minimum where it
    began. The burn-in is that of the study, and at least 20 relaxation times.
    """
    relaxation = 1.0 / (rule.learning_rate * data.landscape.moments[0][0])
    steps = max(study.steps_per_sample, math.ceil(relaxation))
    return sample_sgd_stationary(
        data,
        rule,
        data.landscape.centre,
        n_paths=study.n_paths,
        n_samples=study.path_samples,
        steps_per_sample=steps,
        burn_in_samples=max(study.burn_in_samples, math.ceil(_BURN_IN_TIMES * relaxation / steps)),
        seed=seed,
    )


def _fit(study: StationaryStudy, data: DataSet, sample: StationarySample) -> StationaryExponentFit:
    log_loss = np.log(data.landscape.loss((sample.positions[:, :, 0],)))
    family = QuadraticValleyFamily(1, data.landscape.floor)
    return fit_stationary_exponent(log_loss, family, confidence_level=study.confidence_level)


def _row(study: StationaryStudy, data: DataSet, rule: SGD, seed: int) -> dict[str, Any]:
    eta, n_batch, reasons = rule.learning_rate, rule.batch_size, list[str]()
    h = data.landscape.moments[0][0]
    own_tail = recursion_tail(1.0 - eta * data.inputs[0] ** 2) if n_batch == 1 else None
    exact, error = attempt(
        reasons, "exact φ", lambda: exact_exponent(data, rule, n_nodes=study.exact_nodes)
    ) or (None, None)
    sample = sampled_law(study, data, rule, seed)
    fit = attempt(reasons, "fit", lambda: _fit(study, data, sample))
    return {
        "learning_rate": eta,
        "batch_size": n_batch,
        "outlier_curvature": h,
        "predicted": stationary_exponent(effective_temperature(eta, n_batch, h)),
        "exact": exact,
        "exact_error": error,
        "fitted": fit and fit.exponent,
        "low": fit and fit.interval.low,
        "high": fit and fit.interval.high,
        "confidence_level": study.confidence_level,
        "effective_samples": fit and fit.effective_samples,
        "tail_gaussian": gaussian_regression_tail(
            step=eta * h, batch_size=n_batch
        ).stationary_exponent,
        "tail_data": own_tail and own_tail.stationary_exponent,
        "path_steps": sample.path_steps,
        "refusals": "; ".join(reasons) or None,
    }


COLUMNS = (
    Column("η", "{learning_rate:g}"),
    Column("B", "{batch_size:d}"),
    Column("1+B/(ηh*)", "{predicted:.3f}"),
    Column("exact", "{exact:.3f}"),
    Column("± error", "{exact_error:.1g}"),
    Column("fitted", "{fitted:.3f}"),
    Column("low", "{low:.3f}"),
    Column("high", "{high:.3f}"),
    Column("samples", "{effective_samples:.0f}"),
    Column("φ of the tail", "{tail_gaussian:.3f}"),
)
