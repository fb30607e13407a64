"""The exponent of a sweep whose rows were measured on the same replicas."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from landscape_sim.estimators.exponent import ExponentFit, fit_exponent
from landscape_sim.results import ConfidenceInterval, as_flags
from landscape_sim.validation import InputError


def fit_replica_exponent(
    log_loss_ratio: ArrayLike,
    times: ArrayLike,
    is_censored: ArrayLike,
    confidence_level: float = 0.95,
) -> ExponentFit:
    """Fit the exponent of :func:`fit_exponent`, with an interval from the scatter of replicas.

    A path that climbs passes all levels one after the other, so the rows of its sweep are not
    independent, and its times need not be exponential. The exponent is that of the Poisson
    regression, a row without a passage included; its variance is measured, as the sum of the
    squares of what each replica adds to the score ("sandwich"), and the interval is Student's
    with one degree of freedom fewer than replicas.

    Parameters
    ----------
    log_loss_ratio : array_like, shape (m,)
        ``log c`` of each level, positive.
    times : array_like, shape (m, n_replicas)
        First-passage time of each replica to each level, or the time at which it was censored.
    is_censored : array_like of bool, shape (m, n_replicas)
    confidence_level : float
        Two-sided level of the interval.

    Returns
    -------
    ExponentFit
        Its interval holds whatever the law of the times; where replicas were censored the
        exponent is that of passages per exposure, which is one over the mean time for
        exponential times only.

    Raises
    ------
    InputError
        As :func:`fit_exponent` does, or if the shapes differ or there is one replica only.

    References
    ----------
    K.-Y. Liang, S. L. Zeger, Biometrika 73, 13 (1986).

    Examples
    --------
    >>> times = np.array([[1.0, 3.0, 2.0], [8.0, 24.0, 16.0]])
    >>> fit = fit_replica_exponent(np.log([2.0, 4.0]), times, times < 0)
    >>> round(fit.exponent, 6), fit.interval.high - fit.interval.low < 1e-9
    (3.0, True)
    """
    from scipy.special import stdtrit

    x = np.asarray(log_loss_ratio, dtype=float)
    seen, is_event = np.asarray(times, dtype=float), ~as_flags("is_censored", is_censored)
    if seen.ndim != 2 or seen.shape != is_event.shape or seen.shape[1] < 2:
        raise InputError(
            "times and is_censored must be of one shape (levels, replicas), two replicas at "
            f"least, got {seen.shape} and {is_event.shape}"
        )
    exposure = seen.sum(axis=1)
    fit = fit_exponent(x, is_event.sum(axis=1), exposure, confidence_level=confidence_level)
    rate = np.exp(fit.intercept - fit.exponent * x)
    expected = rate * exposure
    centred = x - np.average(x, weights=expected)
    score = centred @ (is_event - rate[:, None] * seen)
    n_replicas = seen.shape[1]
    variance = float(score @ score) * n_replicas / (n_replicas - 1)
    error = math.sqrt(variance) / float(expected @ centred**2)
    half = float(stdtrit(n_replicas - 1, (1 + confidence_level) / 2)) * error
    return replace(
        fit,
        interval=ConfidenceInterval(fit.exponent - half, fit.exponent + half, confidence_level),
        method="Poisson regression, interval from the scatter of replicas",
    )
