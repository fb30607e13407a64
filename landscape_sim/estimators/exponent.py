"""The power-law exponent of a sweep in ``L^s/L*``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from landscape_sim.estimators.poisson_regression import checked_sweep, fit_poisson
from landscape_sim.results import ConfidenceInterval
from landscape_sim.validation import InputError, require_confidence_level


@dataclass(frozen=True)
class ExponentFit:
    """The law ``log κ = intercept + log_prefactor − exponent · log(L^s/L*)`` and its evidence.

    Attributes
    ----------
    exponent : float
        Power-law exponent; Eq. (15) predicts ``B/(η h*) + 1 − n/2``.
    interval : ConfidenceInterval
        Of the exponent. It covers sampling noise only, not a law that does not hold.
    intercept : float
        ``log κ − log_prefactor`` extrapolated to ``L^s = L*`` (``κ`` per unit of ``t``).
    log_likelihood : float
        At the maximum, under the ``method``'s law of the errors.
    deviance : float
        Misfit of the law: about ``χ²(degrees_of_freedom)`` if it holds.
    degrees_of_freedom : int
        Rows used minus 2.
    n_events : int
        Events behind the fit.
    method : str
        Name of the fit.
    """

    exponent: float
    interval: ConfidenceInterval
    intercept: float
    log_likelihood: float
    deviance: float
    degrees_of_freedom: int
    n_events: int
    method: str


def fit_exponent(
    log_loss_ratio: ArrayLike,
    n_events: ArrayLike,
    exposure: ArrayLike,
    log_prefactor: ArrayLike = 0.0,
    confidence_level: float = 0.95,
) -> ExponentFit:
    """Fit the power-law exponent by Poisson regression of the event counts.

    A row without an event says that the rate is low there, and counts.

    Parameters
    ----------
    log_loss_ratio : array_like, shape (m,)
        ``log(L^s/L*)`` of each row, positive.
    n_events : array_like of int, shape (m,)
        Escapes seen.
    exposure : array_like, shape (m,)
        Total time at risk, censored paths included, in units of ``t = ηk``.
    log_prefactor : array_like, shape (m,) or scalar
        Logarithm of what multiplies the power, where it varies along the sweep:
        ``|h_e^s| sqrt(det H* / |det H^s|) / 2π``. A sweep of the ratio at a fixed barrier
        leaves the curvatures alone; one that changes them has a biased exponent without it.
    confidence_level : float
        Level of the profile-likelihood interval, which is asymmetric at small counts.

    Raises
    ------
    InputError
        If columns differ in length or hold invalid values, if all ratios are equal, or
        if there are no events or all of them are at one end of the sweep (the exponent is then
        unbounded).

    References
    ----------
    T. Mori, L. Ziyin, K. Liu, M. Ueda, ICML 2022, Eq. (15).
    P. McCullagh, J. A. Nelder, *Generalized Linear Models* (1989), ch. 6.

    Examples
    --------
    >>> fit = fit_exponent(np.log([2, 4, 8]), [64, 8, 1], [10.0, 10.0, 10.0])
    >>> round(fit.exponent, 6), 3.0 in fit.interval
    (3.0, True)
    """
    sweep = checked_sweep("log_loss_ratio", log_loss_ratio, 0.0, n_events, exposure, log_prefactor)
    fit = fit_poisson(sweep.covariate, sweep.n_events, sweep.offset, confidence_level)
    return ExponentFit(
        exponent=fit.slope,
        interval=fit.interval,
        intercept=fit.intercept,
        log_likelihood=fit.log_likelihood,
        deviance=fit.deviance,
        degrees_of_freedom=fit.degrees_of_freedom,
        n_events=int(sweep.n_events.sum()),
        method="Poisson regression, profile likelihood",
    )


def log_log_exponent(
    log_loss_ratio: ArrayLike,
    n_events: ArrayLike,
    exposure: ArrayLike,
    log_prefactor: ArrayLike = 0.0,
    confidence_level: float = 0.95,
) -> ExponentFit:
    """Fit the exponent by weighted least squares of ``log κ̂``: a cross-check, not the result.

    Rows without an event have no logarithm and are **left out**, which biases the
    exponent towards 0 where counts are small; :func:`fit_exponent` has no such bias.
    Weights are the inverse variances of ``log κ̂``, which are the event counts.

    Parameters and errors are those of :func:`fit_exponent`; events are needed at two
    distinct ratios. ``log_likelihood`` is that of normal errors, and not to be
    compared with a Poisson one.

    Examples
    --------
    >>> fit = log_log_exponent(np.log([2, 4, 8]), [64, 8, 0], [10.0, 10.0, 10.0])
    >>> round(fit.exponent, 6), fit.n_events
    (3.0, 72)
    """
    from scipy.special import ndtri

    confidence_level = require_confidence_level(confidence_level)
    sweep = checked_sweep("log_loss_ratio", log_loss_ratio, 0.0, n_events, exposure, log_prefactor)
    seen = sweep.n_events > 0
    x, events = sweep.covariate[seen], sweep.n_events[seen]
    if np.unique(x).size < 2:
        raise InputError(
            "log-log least squares needs events at two distinct loss ratios at least, got "
            f"{np.unique(x).size}; raise max_time or the number of paths"
        )
    log_rate = np.log(events) - sweep.offset[seen]
    line, covariance = np.polyfit(x, log_rate, 1, w=np.sqrt(events), cov="unscaled")
    slope, intercept = map(float, line)
    half_width = float(ndtri((1 + confidence_level) / 2) * np.sqrt(covariance[0, 0]))
    deviance = float(events @ (log_rate - intercept - slope * x) ** 2)
    return ExponentFit(
        exponent=-slope,
        interval=ConfidenceInterval(-slope - half_width, -slope + half_width, confidence_level),
        intercept=intercept,
        log_likelihood=float(np.log(events / (2 * np.pi)).sum() - deviance) / 2,
        deviance=deviance,
        degrees_of_freedom=x.size - 2,
        n_events=int(events.sum()),
        method="log-log weighted least squares, rows with events",
    )
