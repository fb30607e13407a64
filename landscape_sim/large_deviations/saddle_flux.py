r"""The flux over a saddle in one dimension, to the order after the leading one.

Around the saddle, at ``θ = θ^s + √ε ξ``, the density that a steady flux leaves behind is
``ρ = e^{αξ²} w(ξ) q(ξ) + r(ξ)`` with ``w = ½ erfc(√α ξ)`` and polynomials ``q`` and ``r`` at every
order in ``√ε``: ``q`` is what the density of zero flux has there, and ``r`` is what the flux adds.
As ``e^{αξ²} w'`` is a constant, a derivative of such a density is another, and the equation of a
constant flux is algebra with polynomials.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.polynomial import Polynomial

_XI = Polynomial([0.0, 1.0])
_ZERO = Polynomial([0.0])


class Moments(NamedTuple):
    """Taylor coefficients of the moments of a jump around the saddle: ``f, f', f'', …``.

    Attributes
    ----------
    first, second, third, fourth : sequence of float
        Of the first moment up to ``f'''``, of the second up to ``f''``, of the third up to ``f'``,
        and the fourth.
    """

    first: Sequence[float]
    second: Sequence[float]
    third: Sequence[float]
    fourth: Sequence[float]


class _Density(NamedTuple):
    """``e^{αξ²} w q + r``, in units in which ``e^{αξ²} w'`` is one."""

    q: Polynomial
    r: Polynomial

    def times(self, factor: Polynomial | float) -> _Density:
        return _Density(factor * self.q, factor * self.r)

    def plus(self, other: _Density) -> _Density:
        return _Density(self.q + other.q, self.r + other.r)

    def derivative(self, alpha: float) -> _Density:
        return _Density(self.q.deriv() + 2.0 * alpha * _XI * self.q, self.q + self.r.deriv())


def relative_flux(moments: Moments, exponent: Sequence[float]) -> tuple[float, float]:
    """Return the flux at order ``ε`` over that at leading order, and what does not close.

    Parameters
    ----------
    moments : Moments
        Of the jumps at the saddle.
    exponent : sequence of float
        ``V''', V'''', S₁', S₁''`` there: the density of zero flux is ``exp(−V/ε − S₁)``.

    Returns
    -------
    float
        The relative correction; the flux is ``1 + ε`` times this.
    float
        How far the density of zero flux is from having none: zero for consistent arguments.

    Examples
    --------
    A parabola, where the leading order is exact:

    >>> relative_flux(Moments((0, 1, 0, 0), (1, 0, 0), (0, 0), (0,)), (0, 0, 0, 0))
    (0.0, 0.0)
    """
    v3, v4, s1, s2 = exponent
    alpha = moments.first[1] / moments.second[0]
    q1 = -v3 / 6.0 * _XI**3 - s1 * _XI
    q2 = -v4 / 24.0 * _XI**4 - 0.5 * s2 * _XI**2 + 0.5 * q1**2
    operators = [
        [(k, _term(f, k, order - k + 1)) for k, f in enumerate(moments, 1) if order - k + 1 >= 0]
        for order in (1, 2, 3)
    ]

    def flux(density: _Density, order: int) -> _Density:
        total = _Density(_ZERO, _ZERO)
        for k, factor in operators[order]:
            part = density.times(factor)
            for _ in range(k - 1):
                part = part.derivative(alpha).times(-1.0)
            total = total.plus(part)
        return total

    zero = _Density(Polynomial([1.0]), _ZERO)
    leading = flux(zero, 0)
    open_1 = flux(_Density(q1, _ZERO), 0).plus(flux(zero, 1))
    first = _Density(q1, _balance(moments, open_1.r)[0])
    open_2 = flux(_Density(q2, _ZERO), 0).plus(flux(first, 1)).plus(flux(zero, 2))
    _, second_flux = _balance(moments, open_2.r)
    defect = max(float(np.abs(part.q.coef).max()) for part in (leading, open_1, open_2))
    return second_flux / float(leading.r.coef[0]), defect


def _term(coefficients: Sequence[float], k: int, power: int) -> Polynomial:
    """Return ``f^(power) ξ^power/(power! k!)``, the factor before the ``k``-th derivative."""
    if power >= len(coefficients):
        return _ZERO
    scale = math.factorial(power) * math.factorial(k)
    return float(coefficients[power]) / scale * _XI**power


def _balance(moments: Moments, rest: Polynomial) -> tuple[Polynomial, float]:
    """Return the polynomial ``r`` and the flux ``J`` of ``b ξ r − ½ m r' + rest = J``."""
    slope, strength = moments.first[1], moments.second[0]
    left = np.concatenate([-rest.coef, np.zeros(2)])
    r = np.zeros(left.size)
    for power in range(rest.coef.size - 1, 0, -1):
        r[power - 1] = left[power] / slope
        if power > 1:
            left[power - 2] += 0.5 * strength * (power - 1) * r[power - 1]
    return Polynomial(r), -float(left[0])
