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

from landscape_sim.estimators.scatter import Scatter
from landscape_sim.results import ConfidenceInterval
from landscape_sim.validation import InputError, require_confidence_level

#: Exponents further than this from the lowest one count as infinite.
_REACH = 1e9
#: Less of the family's variance, and that less likely by chance, is no density of the family: of
#: samples cut at some loss the exponent is too high by a fifth or more, while gradient noise that
#: is not decoupled leaves nine tenths of the variance and keeps the exponent.
_LEAST_VARIANCE_RATIO, _LEAST_P_VALUE = 0.75, 1e-6
#: Relative error that a loss may have, as one computed in single precision.
_ROUNDING = 1e-6


class PowerLawFamily(Protocol):
    """The densities ``L^−φ`` over one landscape, for every ``φ`` that can be normalised."""

    @property
    def lowest_exponent(self) -> float:
        """The ``φ`` that every exponent must exceed."""

    @property
    def loss_range(self) -> tuple[float, float]:
        """The lowest and the highest loss that a sample can have."""

    def mean_log_loss(self, exponent: float, /) -> float:
        """Return ``μ(φ) = −d log Z/dφ``, the mean of ``log L``; it falls with ``φ``."""


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
    variance_ratio : float
        Variance of ``log L`` over the one that the family has at this exponent: one if the
        samples are of the family, and less if some of high loss are missing.
    p_value : float
        Of a variance this far from the family's, if the samples are of it.
    method : str
        Name of the fit.
    """

    exponent: float
    interval: ConfidenceInterval
    standard_error: float
    mean_log_loss: float
    effective_samples: float
    variance_ratio: float
    p_value: float
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
        If the samples are not finite or outside the losses of the family, the weights not
        positive or of another shape, the mean of ``log L`` is one that no exponent gives, or the
        samples are cut: less than three quarters of the family's variance, with a false alarm in
        one of a million fits.
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

    Where samples beyond some loss were left out, the exponent of the whole valley is too high;
    give the bound as ``highest_loss`` of the family. ``variance_ratio`` and ``p_value`` say
    whether the samples have the variance of ``log L`` that the family has.

    References
    ----------
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022, Sec. 5.3.
    H. White, *Maximum likelihood estimation of misspecified models*, Econometrica 50, 1 (1982).

    Examples
    --------
    The law ``(1 + x²/2)^−3`` has ``1/L`` distributed as Beta(5/2, 1/2):

    >>> from landscape_sim.estimators import QuadraticValleyFamily
    >>> log_loss = -np.log(np.random.default_rng(1).beta(2.5, 0.5, size=(40, 500)))
    >>> fit = fit_stationary_exponent(log_loss, QuadraticValleyFamily(1, floor=1.0))
    >>> 3.0 in fit.interval, round(fit.exponent, 1)
    (True, 3.0)
    """
    confidence_level = require_confidence_level(confidence_level)
    values, weight = _checked_samples(log_loss, weights)
    _require_range(values, family)
    mean = float(np.average(values, weights=weight))
    residuals = weight * (values - mean) / weight.mean()
    scatter = Scatter.of(residuals)
    error = scatter.error(residuals)
    exponent = _exponent_of(family, mean)
    if not family.lowest_exponent < exponent < math.inf:
        raise InputError(
            f"no exponent gives a mean log L of {mean:.6g}; check the floor and the number of "
            "directions of the family"
        )
    spread = scatter.quantile((1 + confidence_level) / 2) * error
    low, high = (_exponent_of(family, mean + sign * spread) for sign in (1, -1))
    slope, curvature = _derivatives(family, exponent)
    variance = float(np.average((values - mean) ** 2, weights=weight))
    # The exponent is fitted, and moves with the mean: the last term allows for that.
    excess = (values - mean) ** 2 + slope + (curvature / slope) * (values - mean)
    ratio = variance / abs(slope)
    p_value = scatter.p_value(weight * excess / weight.mean())
    _require_whole(exponent, ratio, p_value)
    return StationaryExponentFit(
        exponent=exponent,
        interval=ConfidenceInterval(low, high, confidence_level),
        standard_error=error / abs(slope),
        mean_log_loss=mean,
        effective_samples=variance / error**2,
        variance_ratio=ratio,
        p_value=p_value,
        method=f"maximum likelihood, {scatter.method}",
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
        raise InputError(
            f"log_loss must be finite, got {values.min():g} to {values.max():g}, and weights "
            f"finite and positive, got {weight.min():g} to {weight.max():g}; leave such samples out"
        )
    if np.ptp(values) == 0:
        raise InputError(
            f"log_loss is {values.flat[0]:g} in every sample; check how it was sampled"
        )
    return values, weight


def _require_range(values: NDArray[np.float64], family: PowerLawFamily) -> None:
    """Refuse samples where the family has no density."""
    lowest, highest = family.loss_range
    if values.min() < math.log(lowest) - _ROUNDING:
        raise InputError(
            f"a sample has the loss {math.exp(values.min()):.8g}, below the floor {lowest:.8g} of "
            "the family; give the floor of the landscape that was sampled"
        )
    if values.max() > math.log(highest) + _ROUNDING:
        raise InputError(
            f"a sample has the loss {math.exp(values.max()):.8g}, above highest_loss = "
            f"{highest:.8g}; give the bound beyond which samples were left out"
        )


def _require_whole(exponent: float, variance_ratio: float, p_value: float) -> None:
    """Refuse samples of which those of high loss are missing."""
    if variance_ratio < _LEAST_VARIANCE_RATIO and p_value < _LEAST_P_VALUE:
        raise InputError(
            f"log L has {variance_ratio:.2f} of the variance of the density L^-{exponent:.4g} (p = "
            f"{p_value:.1g}): samples of high loss are missing; give the bound beyond which they "
            "were left out as highest_loss of the family, or a family that has this density"
        )


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


def _derivatives(family: PowerLawFamily, exponent: float) -> tuple[float, float]:
    """Return ``dμ/dφ`` and ``d²μ/dφ²`` by central differences; the first is ``−var log L``."""
    distance = exponent - family.lowest_exponent
    near, far = 1e-4 * distance, 1e-2 * distance
    mean = family.mean_log_loss
    slope = (mean(exponent + near) - mean(exponent - near)) / (2 * near)
    bend = mean(exponent + far) - 2 * mean(exponent) + mean(exponent - far)
    return slope, bend / far**2
