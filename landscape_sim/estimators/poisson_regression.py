"""Poisson regression of event counts on one covariate, with the profile-likelihood interval.

The intercept of a log-linear rate can be maximised by hand, which leaves a concave
function of the slope alone. Its maximum exists or does not, and is found by
bracketing, for any data; iteratively reweighted least squares (the usual fit of a
generalised linear model) diverges when the law is wrong by many orders of magnitude,
which is the case that a comparison of laws must survive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_sim.results import ConfidenceInterval
from landscape_sim.validation import InputError, require_confidence_level

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PoissonFit:
    """The law ``log κ = intercept + log_prefactor − slope · covariate`` fitted to counts.

    Attributes
    ----------
    slope : float
        Fall of ``log κ`` per unit of the covariate.
    interval : ConfidenceInterval
        Profile-likelihood interval of ``slope``.
    intercept : float
        ``log κ − log_prefactor`` where the covariate is 0.
    log_likelihood : float
        Of the Poisson counts, at the maximum.
    deviance : float
        Twice the log-likelihood ratio to one free rate per row; if the law holds and
        the counts are not small, about ``χ²(degrees_of_freedom)``.
    degrees_of_freedom : int
        Rows minus 2.
    """

    slope: float
    interval: ConfidenceInterval
    intercept: float
    log_likelihood: float
    deviance: float
    degrees_of_freedom: int


@dataclass(frozen=True, eq=False)
class Sweep:
    """Rows of a sweep, checked: covariate, events and ``log(exposure) + log_prefactor``."""

    covariate: Array
    n_events: Array
    offset: Array


def checked_sweep(
    name: str,
    covariate: ArrayLike,
    above: float,
    n_events: ArrayLike,
    exposure: ArrayLike,
    log_prefactor: ArrayLike,
) -> Sweep:
    """Return the rows of a sweep, or refuse them; ``name`` must exceed ``above``."""
    x, k, time = (
        _column(label, values)
        for label, values in ((name, covariate), ("n_events", n_events), ("exposure", exposure))
    )
    prefactor = _column("log_prefactor", log_prefactor)
    if not x.shape == k.shape == time.shape or prefactor.size not in (1, x.size):
        raise InputError(
            f"{name}, n_events, exposure and log_prefactor must have one entry a row, got "
            f"{x.size}, {k.size}, {time.size} and {prefactor.size}"
        )
    for label, values, valid, rule in (
        (name, x, x > above, f"greater than {above:g}, as the saddle lies above the minimum"),
        ("n_events", k, (k >= 0) & (k == np.floor(k)), "counts: integers of at least 0"),
        ("exposure", time, time > 0, "positive: the total time at risk of each row"),
    ):
        if not valid.all():
            raise InputError(f"{label} must be {rule}; got {values[~valid][0]:g}")
    if np.unique(x).size < 2:
        raise InputError(f"{name} must take at least two distinct values to show a slope")
    if not k.any():
        raise InputError("n_events is 0 in every row; raise max_time or the number of paths")
    return Sweep(x, k, np.log(time) + prefactor)


def _column(name: str, values: ArrayLike) -> Array:
    try:
        column = np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be numbers: {error}") from None
    if column.ndim != 1:
        raise InputError(f"{name} must be one-dimensional, got shape {column.shape}")
    if not np.isfinite(column).all():
        raise InputError(f"{name} must be finite, got {column[~np.isfinite(column)][0]}")
    return column


# Long: three closures share the profile likelihood whose roots are the interval.
def fit_poisson(
    covariate: Array, n_events: Array, offset: Array, confidence_level: float
) -> PoissonFit:
    """Fit ``log E[n_events] = offset + intercept − slope · covariate``.

    The dispersion is held at 1, which independent memoryless paths imply whether
    counts or exposures were fixed beforehand. A deviance far above its degrees of
    freedom is then a lack of fit of the law, not noise, and does not widen the interval.

    Raises
    ------
    InputError
        If ``confidence_level`` is not a fraction, or if the maximum lies at infinity:
        all events at one end of the sweep.
    """
    from scipy.special import gammaln, ndtri, xlogy

    confidence_level = require_confidence_level(confidence_level)
    origin, scale = covariate.min(), np.ptp(covariate)
    x = (covariate - origin) / scale
    total = n_events.sum()
    mean_x = float(n_events @ x / total)
    if not 0 < mean_x < 1:
        raise InputError(
            "all events are at one end of the sweep, so the slope is unbounded; "
            "raise max_time where there are none"
        )

    def expectation(slope: float) -> tuple[float, Array]:
        """Return the logarithm of the summed means at intercept 0, and each row's share."""
        exponent = offset - slope * x
        shares = np.exp(exponent - exponent.max())
        return float(exponent.max() + np.log(shares.sum())), shares / shares.sum()

    def score(slope: float) -> float:
        return float(expectation(slope)[1] @ x) - mean_x

    def profile(slope: float) -> float:
        return float(-total * (slope * mean_x + expectation(slope)[0]))

    slope = _root_beside(score, 0.0, 1.0 if score(0.0) > 0 else -1.0)
    log_sum, _ = expectation(slope)
    # A first guess of the half width, large enough not to vanish in the rounding of the slope.
    step = float((1 + abs(slope)) / np.sqrt(total))
    floor = profile(slope) - float(ndtri((1 + confidence_level) / 2)) ** 2 / 2
    low, high = (
        _root_beside(lambda trial: profile(trial) - floor, slope, side) for side in (-step, step)
    )
    log_mean = offset + np.log(total) - log_sum - slope * x
    return PoissonFit(
        slope=float(slope / scale),
        interval=ConfidenceInterval(float(low / scale), float(high / scale), confidence_level),
        intercept=float(np.log(total) - log_sum + slope * origin / scale),
        log_likelihood=float(n_events @ log_mean - total - gammaln(n_events + 1).sum()),
        deviance=max(0.0, 2 * float(xlogy(n_events, n_events).sum() - n_events @ log_mean)),
        degrees_of_freedom=covariate.size - 2,
    )


def _root_beside(function: Callable[[float], float], start: float, step: float) -> float:
    """Return the root between ``start``, where ``function`` is not 0, and infinity."""
    from scipy.optimize import brentq

    sign = np.sign(function(start))
    near, far = start, start + step
    while np.sign(function(far)) == sign:
        near, far = far, far + 2 * (far - near)
    # Where rates differ by hundreds of decades, the default 100 iterations are too few.
    return float(brentq(function, near, far, xtol=1e-14, rtol=1e-14, maxiter=1000))
