r"""The exponent ``φ`` of a stationary density ``L^−φ``, from samples of ``log L``.

The densities ``L^−φ / Z(φ)`` are an exponential family in ``φ`` with the sufficient statistic
``log L``: the maximum-likelihood exponent is the one whose mean ``μ(φ) = −d log Z/dφ`` of
``log L`` is the mean of the samples. All evidence about ``φ`` is in that mean, and all
uncertainty in the variance of that mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_sim.estimators.autocorrelation import integrated_autocorrelation_time
from landscape_sim.results import ConfidenceInterval
from landscape_sim.validation import (
    InputError,
    require_confidence_level,
    require_count,
    require_positive,
)

#: From this many paths on, their scatter gives the variance of the mean.
MIN_SCATTERING_PATHS = 10
#: Exponents further than this from the lowest one count as infinite.
_REACH = 1e9


class PowerLawFamily(Protocol):
    """The densities ``L^−φ`` over one landscape, for every ``φ`` that can be normalised."""

    @property
    def lowest_exponent(self) -> float:
        """The ``φ`` that every exponent must exceed."""

    def mean_log_loss(self, exponent: float, /) -> float:
        """Return ``μ(φ) = −d log Z/dφ``, the mean of ``log L``; it falls with ``φ``."""


@dataclass(frozen=True)
class QuadraticValleyFamily:
    """``L^−φ`` in a quadratic valley ``L = L* + ½ Σ_i k_i x_i²``, whatever its curvatures.

    ``Z(φ) ∝ L*^(n/2 − φ) Γ(φ − n/2)/Γ(φ)``, and the curvatures only multiply it. For least
    squares this is no approximation: the loss of a linear regression is such a valley.

    Attributes
    ----------
    n_outliers : int
        ``n``, the number of directions with a curvature.
    floor : float
        ``L*``, the loss at the minimum.
    """

    n_outliers: int
    floor: float

    def __post_init__(self) -> None:
        require_count("n_outliers", self.n_outliers)
        require_positive("floor", self.floor)

    @property
    def lowest_exponent(self) -> float:
        """``n/2``."""
        return self.n_outliers / 2

    def mean_log_loss(self, exponent: float) -> float:
        """Return ``log L* + ψ(φ) − ψ(φ − n/2)``, with the digamma function ``ψ``."""
        from scipy.special import digamma

        gap = digamma(exponent) - digamma(exponent - self.n_outliers / 2)
        return math.log(self.floor) + float(gap)


@dataclass(frozen=True)
class StationaryExponentFit:
    """The exponent of ``L^−φ`` and its evidence.

    Attributes
    ----------
    exponent : float
        ``φ``; in ``t`` the theory predicts ``1 + B/(η h*)``, in ``τ`` ``B/(η h*)``.
    interval : ConfidenceInterval
        Its ends may be the lowest exponent that can be normalised, or infinity.
    standard_error : float
        Of the exponent, to first order.
    mean_log_loss : float
        Weighted mean of ``log L``.
    effective_samples : float
        Independent samples that would give that mean the same variance.
    method : str
        Name of the fit.
    """

    exponent: float
    interval: ConfidenceInterval
    standard_error: float
    mean_log_loss: float
    effective_samples: float
    method: str


def fit_stationary_exponent(
    log_loss: ArrayLike,
    family: PowerLawFamily,
    weights: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> StationaryExponentFit:
    """Return the maximum-likelihood exponent of ``L^−φ`` and an interval that allows correlation.

    Parameters
    ----------
    log_loss : array_like, shape (n_samples,) or (n_paths, n_samples)
        ``log L`` of stationary samples, one row an independent path.
    family : PowerLawFamily
        The landscape's densities: :class:`QuadraticValleyFamily`, or
        ``landscape_sim.theory.stationary.OneDimensionalFamily`` for any landscape in 1-D.
    weights : array_like, optional
        Time for which each sample stands, of the same shape: with the weights of
        ``sample_stationary`` the exponent is that of ``P`` in ``t``, without them that of the
        density in the scheme's own time.
    confidence_level : float
        Two-sided level of the interval.

    Returns
    -------
    StationaryExponentFit
        The interval holds every ``φ`` whose ``μ(φ)`` the mean of the samples does not reject.

    Raises
    ------
    InputError
        If the samples are not finite, the weights not positive or of another shape, or the
        mean of ``log L`` is one that no exponent gives.
    AutocorrelationError
        If there are fewer than 10 paths, and these too short to show their autocorrelation.

    Notes
    -----
    The variance of the mean is measured, not taken from the likelihood: with at least 10
    paths from the scatter of the paths' contributions (a cluster-robust, "sandwich" variance,
    Student's t with one degree of freedom fewer than paths), and with fewer from the integrated
    autocorrelation time. A profile likelihood scaled by an effective sample size would in
    addition trust the family for the variance of ``log L``; with weights, or where the law is
    not exactly ``L^−φ`` (a finite step, real gradient noise), that is wrong and this is not.

    References
    ----------
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022, Sec. 5.3.
    H. White, *Maximum likelihood estimation of misspecified models*, Econometrica 50, 1 (1982).

    Examples
    --------
    The law ``(1 + x²/2)^−3`` has ``1/L`` distributed as Beta(5/2, 1/2):

    >>> log_loss = -np.log(np.random.default_rng(1).beta(2.5, 0.5, size=(40, 500)))
    >>> fit = fit_stationary_exponent(log_loss, QuadraticValleyFamily(1, floor=1.0))
    >>> 3.0 in fit.interval, round(fit.exponent, 1)
    (True, 3.0)
    """
    confidence_level = require_confidence_level(confidence_level)
    values, weight = _checked_samples(log_loss, weights)
    mean = float(np.average(values, weights=weight))
    residuals = weight * (values - mean) / weight.mean()
    error, quantile, method = _error_of_mean(residuals, confidence_level)
    exponent = _exponent_of(family, mean)
    if not family.lowest_exponent < exponent < math.inf:
        raise InputError(
            f"no exponent gives a mean log L of {mean:.6g}; check the floor and the number of "
            "directions of the family"
        )
    spread = quantile * error
    low, high = (_exponent_of(family, mean + sign * spread) for sign in (1, -1))
    return StationaryExponentFit(
        exponent=exponent,
        interval=ConfidenceInterval(low, high, confidence_level),
        standard_error=error / abs(_slope(family, exponent)),
        mean_log_loss=mean,
        effective_samples=float(np.average((values - mean) ** 2, weights=weight)) / error**2,
        method=f"maximum likelihood, {method}",
    )


def _checked_samples(
    log_loss: ArrayLike, weights: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values = np.atleast_2d(np.asarray(log_loss, dtype=float))
    weight = np.ones_like(values) if weights is None else np.atleast_2d(np.asarray(weights, float))
    if values.ndim != 2 or values.size < 2 or weight.shape != values.shape:
        raise InputError(
            "log_loss must hold two samples or more, in the shape (n_paths, n_samples) of its "
            f"weights, got shapes {np.shape(log_loss)} and {np.shape(weight)}"
        )
    if not (np.isfinite(values).all() and np.isfinite(weight).all() and (weight > 0).all()):
        raise InputError("log_loss must be finite, and weights finite and positive")
    if np.ptp(values) == 0:
        raise InputError("log_loss does not vary; check how it was sampled")
    return values, weight


def _error_of_mean(
    residuals: NDArray[np.float64], confidence_level: float
) -> tuple[float, float, str]:
    """Return the standard error of the mean, its quantile and the name of the method."""
    from scipy.special import ndtri, stdtrit

    n_paths, probability = len(residuals), (1 + confidence_level) / 2
    if n_paths >= MIN_SCATTERING_PATHS:
        error = float(residuals.mean(axis=1).std(ddof=1)) / math.sqrt(n_paths)
        return error, float(stdtrit(n_paths - 1, probability)), "scatter of the paths"
    time = integrated_autocorrelation_time(residuals)
    error = float(residuals.std()) * math.sqrt(time / residuals.size)
    return error, float(ndtri(probability)), f"autocorrelation time {time:.3g} samples"


def _exponent_of(family: PowerLawFamily, mean: float) -> float:
    """Return ``φ`` with ``μ(φ) = mean``, or the end of the range beyond which it would lie."""
    from scipy.optimize import brentq

    def excess(distance: float) -> float:
        return family.mean_log_loss(family.lowest_exponent + distance) - mean

    near, far = _bracket(excess)
    if far >= _REACH:
        return math.inf
    if near <= 1 / _REACH:
        return family.lowest_exponent
    return family.lowest_exponent + float(brentq(excess, near, far, rtol=1e-12))


def _bracket(excess: Callable[[float], float]) -> tuple[float, float]:
    """Return two distances between which the falling ``excess`` changes its sign."""
    near, far = 1.0, 1.0
    while far < _REACH and excess(far) > 0:
        near, far = far, 4 * far
    while near > 1 / _REACH and excess(near) < 0:
        near, far = near / 4, near
    return near, far


def _slope(family: PowerLawFamily, exponent: float) -> float:
    """Return ``dμ/dφ`` by a central difference."""
    step = 1e-4 * (exponent - family.lowest_exponent)
    rise = family.mean_log_loss(exponent + step) - family.mean_log_loss(exponent - step)
    return rise / (2 * step)
