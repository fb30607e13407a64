"""Section 5.3 (i): the stationary exponent of linear regression, three ways.

The paper's ``1 + B/(η h*)``, the value of the exact stationary law of this data set's chain, and
the fit to samples of SGD. At finite ``η`` the law is no power of ``L``: *its* exponent is the one
that maximum likelihood converges to, which gives ``log L`` its mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from landscape_sim.comparison.regression_studies import StationaryStudy, case_seed
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.ensembles.sgd import sample_sgd_stationary
from landscape_sim.estimators import QuadraticValleyFamily, fit_stationary_exponent
from landscape_sim.exact.discrete_chain import discrete_stationary_law
from landscape_sim.exact.random_recursion import gaussian_regression_tail, recursion_tail
from landscape_sim.models import DataSet, gaussian_regression
from landscape_sim.theory.power_law import effective_temperature
from landscape_sim.theory.stationary import stationary_exponent
from landscape_sim.validation import InputError


def exponent_of_mean(family: QuadraticValleyFamily, mean_log_loss: float) -> float:
    """Return the exponent ``φ`` at which ``L^−φ`` gives ``log L`` this mean."""
    from scipy.optimize import brentq

    low = family.lowest_exponent * (1 + 1e-9)
    value: float = brentq(lambda phi: family.mean_log_loss(phi) - mean_log_loss, low, 1e9)
    return value


def exact_exponent(data: DataSet, rule: SGD, *, n_nodes: int = 241) -> tuple[float, float]:
    """Return the exponent of the exact stationary law of SGD on ``data``, and its error.

    Data of one dimension, batches with replacement. The error is the change from half as many
    nodes.

    Raises
    ------
    InputError
        If there is no stationary law.
    """
    landscape, n_batch = data.landscape, int(rule.batch_size)
    h, (centre,) = landscape.moments[0][0], landscape.centre
    tail = gaussian_regression_tail(step=rule.learning_rate * h, batch_size=n_batch)
    if tail.log_growth >= 0.0:
        raise InputError(
            f"SGD has no stationary law at learning rate {rule.learning_rate:g}, B = {n_batch}: "
            f"E log|1 − η x²| = {tail.log_growth:.3g} is not negative; lower learning_rate (the "
            f"stability bound 2/h of gradient descent is {2 / h:.6g})"
        )
    equal = np.full(data.n_samples, 1.0 / data.n_samples)
    law = discrete_stationary_law(
        lambda x: (-rule.learning_rate * data.sample_gradients((x,))[0], equal),
        centre,
        # The core of the law: its standard deviation for a small learning rate.
        float(np.sqrt(rule.learning_rate * landscape.floor / n_batch)),
        batch_size=n_batch,
        n_nodes=n_nodes,
    )
    mean, error = law.mean(lambda x: np.log(landscape.loss((x,))))
    family = QuadraticValleyFamily(1, landscape.floor)
    phi = exponent_of_mean(family, mean)
    return phi, abs(exponent_of_mean(family, mean + error) - phi)


def stationary_rows(study: StationaryStudy) -> Iterator[dict[str, Any]]:
    """Yield one row for every learning rate and batch size.

    Raises
    ------
    InputError
        If a case cannot be run; all are checked before the first is begun.
    """
    data = gaussian_regression(dimension=1, n_samples=study.data_samples, seed=study.seed)
    bound = data.stability_bound(data.landscape.centre)
    for n_batch in study.batch_sizes:
        data.require_batch_size(n_batch)
    for eta in study.learning_rates:
        if eta >= bound:
            raise InputError(
                f"SGD diverges at learning rate {eta:g}: the stability bound 2/h is {bound:.6g}; "
                "lower learning_rates"
            )
    for number, (eta, n_batch) in enumerate(product(study.learning_rates, study.batch_sizes)):
        yield _row(study, data, SGD(eta, n_batch), case_seed(study.seed, number))


def _row(study: StationaryStudy, data: DataSet, rule: SGD, seed: int) -> dict[str, Any]:
    landscape, eta, n_batch = data.landscape, rule.learning_rate, int(rule.batch_size)
    h = landscape.moments[0][0]
    exact, error = exact_exponent(data, rule, n_nodes=study.exact_nodes)
    sample = sample_sgd_stationary(
        data,
        rule,
        landscape.centre,
        n_paths=study.n_paths,
        n_samples=study.path_samples,
        steps_per_sample=study.steps_per_sample,
        burn_in_samples=study.burn_in_samples,
        seed=seed,
    )
    log_loss = np.log(landscape.loss((sample.positions[:, :, 0],)))
    family = QuadraticValleyFamily(1, landscape.floor)
    fit = fit_stationary_exponent(log_loss, family, confidence_level=study.confidence_level)
    tail = gaussian_regression_tail(step=eta * h, batch_size=n_batch)
    own_tail = recursion_tail(1.0 - eta * data.inputs[0] ** 2) if n_batch == 1 else None
    finite = own_tail is not None and np.isfinite(own_tail.power)
    return {
        "learning_rate": eta,
        "batch_size": n_batch,
        "outlier_curvature": h,
        "predicted": stationary_exponent(effective_temperature(eta, n_batch, h)),
        "exact": exact,
        "exact_error": error,
        "fitted": fit.exponent,
        "low": fit.interval.low,
        "high": fit.interval.high,
        "confidence_level": study.confidence_level,
        "effective_samples": fit.effective_samples,
        "tail_gaussian": tail.stationary_exponent,
        "tail_data": own_tail.stationary_exponent if own_tail is not None and finite else None,
        "path_steps": sample.path_steps,
    }
