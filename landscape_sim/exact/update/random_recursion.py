r"""What is exact about ``u' = A u + C`` with random ``A`` and ``C``: one-dimensional regression.

For linear regression in one dimension SGD is this recursion, with ``A = 1 − η S`` and ``S`` the
mean of ``x²`` over the batch. Kesten's theorem: where ``E log|A| < 0`` there is a stationary law,
and its tail is a power ``P(|u| > r) ∝ r^−s`` with ``E|A|^s = 1``. So the density falls as
``|u|^−(s+1) ∝ L^−(s+1)/2``: ``(s + 1)/2`` is the exact exponent ``φ`` *of the tail*. The core of
the law is no power of ``L`` at finite ``η``, and no closed form of it is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from landscape_sim.validation import InputError, require_count, require_positive

_LARGEST_POWER = 1e6


@dataclass(frozen=True)
class RecursionTail:
    """The tail of a stationary law.

    Attributes
    ----------
    log_growth : float
        ``E log|A|``, negative where a stationary law exists.
    power : float
        ``s`` of ``P(|u| > r) ∝ r^−s``; infinite where ``|A| < 1`` always, zero without a
        stationary law. Moments of ``u`` exist below ``s``.
    """

    log_growth: float
    power: float

    @property
    def stationary_exponent(self) -> float:
        """``φ = (s + 1)/2`` of the density ``L^−φ`` in the tail."""
        return (self.power + 1.0) / 2.0


def recursion_tail(multipliers: ArrayLike) -> RecursionTail:
    """Return the tail for multipliers ``A`` that are equally likely.

    With ``A_μ = 1 − η x_μ²`` it is that of SGD on this data set at ``B = 1``.

    Raises
    ------
    InputError
        If there are no multipliers, or one is not finite.

    References
    ----------
    H. Kesten, *Random difference equations and renewal theory for products of random matrices*,
    Acta Math. 131 (1973) 207. C. M. Goldie, Ann. Appl. Probab. 1 (1991) 126.

    Examples
    --------
    ``A = 0`` or ``2``, each with probability ½: ``2^s/2 = 1``.

    >>> recursion_tail([0.0, 2.0]).power
    1.0
    """
    size = np.abs(np.asarray(multipliers, dtype=float).ravel())
    if size.size == 0 or not np.isfinite(size).all():
        raise InputError(
            f"multipliers must hold at least one number, all finite, got {size.size} with "
            f"{np.count_nonzero(~np.isfinite(size))} that are not; leave those out"
        )
    with np.errstate(divide="ignore"):
        log_size = np.log(size)
    shifted = log_size.max()

    def log_moment(power: float) -> float:
        mean = float(np.mean(np.exp(power * (log_size - shifted))))
        return power * float(shifted) + math.log(mean)

    if shifted <= 0.0:
        return RecursionTail(float(np.mean(log_size)), math.inf)
    return _tail(float(np.mean(log_size)), log_moment)


def gaussian_regression_tail(*, step: float, batch_size: int) -> RecursionTail:
    """Return the tail of SGD on infinitely many Gaussian inputs, in one dimension.

    ``A = 1 − η h χ²_B/B`` with a chi-squared variable of ``B`` degrees of freedom.

    Parameters
    ----------
    step : float
        ``η h``, dimensionless.
    batch_size : int
        ``B``.

    Raises
    ------
    InputError
        If an argument is out of range.

    Examples
    --------
    At ``η h = 2/3`` and ``B = 1`` the second moment is the first that is infinite, because
    ``E A² = 1 − 2 η h + 3 (η h)²``:

    >>> round(gaussian_regression_tail(step=2 / 3, batch_size=1).power, 9)
    2.0
    """
    from scipy.integrate import quad
    from scipy.special import gammaln

    step, n = require_positive("step", step), require_count("batch_size", batch_size)
    log_norm = float(gammaln(n / 2)) + n / 2 * math.log(2 / n)

    def log_density(z: float) -> float:
        """Return the logarithm of the density of ``z = log S``."""
        return n / 2 * (z - math.exp(z)) - log_norm

    def log_size(z: float) -> float:
        return math.log(max(abs(1.0 - step * math.exp(z)), 1e-300))

    def integral(integrand: Callable[[float], float], power: float) -> float:
        low, high, breaks = _stretches(_peaks(step, n, power), n, -math.log(step))
        value: float = quad(
            integrand,
            low,
            high,
            points=breaks,
            limit=400,
            epsabs=0.0,
            epsrel=1e-10,
        )[0]
        return value

    def log_moment(power: float) -> float:
        def exponent(z: float) -> float:
            return power * log_size(z) + log_density(z)

        # Far out in a power the integrand exceeds every float, or none: only its shape is summed.
        top = max(exponent(z) for z, _ in _peaks(step, n, power))
        return top + math.log(integral(lambda z: math.exp(exponent(z) - top), power))

    return _tail(integral(lambda z: log_size(z) * math.exp(log_density(z)), 0.0), log_moment)


def _stretches(
    peaks: list[tuple[float, float]], n: int, kink: float
) -> tuple[float, float, list[float]]:
    """Return the ends of an integral over ``z``, and where to break it between."""
    # Around a peak, and wide enough for the lower tail e^(B z/2) to be negligible.
    low = min(-80.0 / n - 4.0, *(z - 12.0 * width for z, width in peaks))
    high = max(z + 12.0 * width for z, width in peaks)
    edges = [z + k * width for z, width in peaks for k in (-12.0, -4.0, 0.0, 4.0, 12.0)]
    # Without a power a peak is the kink itself, up to rounding.
    breaks = [kink, *(z for z in edges if abs(z - kink) > 1e-9)]
    return low, high, [z for z in breaks if low < z < high]


def _peaks(step: float, n: int, power: float) -> list[tuple[float, float]]:
    """Return place and width, in ``z = log S``, of both peaks of ``|1 − η h S|^s p(S)``.

    They lie on either side of its zero, at the roots of ``η h S² − (1 + η h + 2 s η h/B) S + 1``.
    """
    half = (1.0 + step + 2.0 * step * power / n) / 2.0
    far = (half + math.sqrt(max(half * half - step, 0.0))) / step
    peaks = []
    for place in (1.0 / (step * far), far):
        across = max(abs(1.0 - step * place), 1e-12)
        sharpness = power * step * place / across**2 + n * place / 2.0
        peaks.append((math.log(place), 1.0 / math.sqrt(sharpness)))
    return peaks


def _tail(log_growth: float, log_moment: Callable[[float], float]) -> RecursionTail:
    """Return the tail from ``log E|A|^s``, which is convex and vanishes at zero."""
    from scipy.optimize import brentq

    if log_growth >= 0.0:
        return RecursionTail(log_growth, 0.0)
    high = 1.0
    while log_moment(high) <= 0.0:
        high *= 2.0
        if high > _LARGEST_POWER:
            return RecursionTail(log_growth, math.inf)
    low = high / 2.0
    while log_moment(low) >= 0.0:
        low /= 2.0
    return RecursionTail(log_growth, float(brentq(log_moment, low, high, xtol=1e-12, rtol=1e-12)))
