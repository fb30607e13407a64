r"""The next order of the law of a line: the rate is ``e^{ε c}`` times what :func:`line_law` says.

Let ``W(θ, p)`` be ``H`` where time is continuous and ``e^{BH}``, the generating function of a whole
step, for a chain; subscripts count its derivatives in ``p``. The density of zero flux is
``exp(−V/ε − S₁ − ε S₂)`` with ``p = V'``, and order by order

.. math::
   S_1' W_1 &= W_{1θ} + \tfrac12 p' W_2, \\
   −S_2' W_1 &= \tfrac16 p'' W_3 − \tfrac12 S_1'' W_2 + \tfrac18 p'^2 W_4 − \tfrac12 p' S_1' W_3
              + \tfrac12 S_1'^2 W_2 + \tfrac12 p' W_{3θ} − S_1' W_{2θ} + \tfrac12 W_{2θθ}.

``c = c_saddle − ΔS₂ − c_minimum``: the flux at the saddle, the way between, and how wide the
density is at the minimum. Along the way all of it is smooth, critical points included, so that
polynomials on an interval that reaches beyond both of them represent it; a quotient by ``W_1``,
zero at both, is the polynomial whose product with ``W_1`` fits best.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.polynomial import Chebyshev

from landscape_sim.large_deviations.contract import Array, Hamiltonian
from landscape_sim.large_deviations.line_momentum import line_momentum
from landscape_sim.large_deviations.saddle_flux import Moments, relative_flux
from landscape_sim.validation import InputError

#: By which the interval reaches beyond minimum and saddle, over their distance.
_REACH = 0.12
#: Degrees of the polynomials, until two agree; there are half as many nodes again.
_DEGREES = (40, 60, 80, 100)
#: Accepted change of ``c`` from one degree to the next, over ``1 + |c|``.
_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Correction:
    """The next order of a law.

    Attributes
    ----------
    coefficient : float
        ``c``; the rate has the factor ``e^{ε c}``.
    error : float
        Its change from polynomials of a lower degree.
    """

    coefficient: float
    error: float


def line_correction(hamiltonian: Hamiltonian, minimum: float, saddle: float) -> Correction:
    """Return the next order of :func:`line_law`, whose arguments these are.

    Raises
    ------
    InputError
        If polynomials of two degrees do not agree.
    """
    previous = _coefficient(hamiltonian, minimum, saddle, _DEGREES[0])
    for degree in _DEGREES[1:]:
        found = _coefficient(hamiltonian, minimum, saddle, degree)
        if abs(found - previous) <= _TOLERANCE * (1.0 + abs(found)):
            return Correction(found, abs(found - previous))
        previous = found
    raise InputError(
        f"the next order of the law between {minimum:g} and {saddle:g} is not resolved by "
        f"polynomials of degree {_DEGREES[-1]}; use the leading order alone"
    )


class _Way(NamedTuple):
    """Smooth functions of ``θ`` along the way, as polynomials.

    Attributes
    ----------
    momentum, first, second : Chebyshev
        ``p``, ``S₁'`` and ``S₂'``.
    moments : tuple of Chebyshev
        ``W_1 … W_4`` at ``p = 0``.
    """

    momentum: Chebyshev
    first: Chebyshev
    second: Chebyshev
    moments: tuple[Chebyshev, ...]


def _coefficient(hamiltonian: Hamiltonian, minimum: float, saddle: float, degree: int) -> float:
    way = _way(hamiltonian, minimum, saddle, degree)
    integral = way.second.integ()
    change = float(integral(saddle) - integral(minimum))
    moments = Moments(
        *(_derivatives(function, saddle, 4 - k) for k, function in enumerate(way.moments))
    )
    _, v3, v4 = _derivatives(way.momentum.deriv(), saddle, 3)
    flux, _ = relative_flux(moments, (v3, v4, *_derivatives(way.first, saddle, 2)))
    return flux - change - _population(way, minimum)


def _population(way: _Way, minimum: float) -> float:
    """Return the correction to ``∫ exp(−V/ε − S₁) dθ`` around the minimum, by Laplace's method."""
    v2, v3, v4 = _derivatives(way.momentum.deriv(), minimum, 3)
    s1, s2 = _derivatives(way.first, minimum, 2)
    cubic, linear = v3 / 6.0 / v2**1.5, s1 / v2**0.5
    skew = 15.0 * cubic**2 + 6.0 * cubic * linear + linear**2
    return float(0.5 * skew - v4 / (8.0 * v2**2) - s2 / (2.0 * v2))


def _derivatives(function: Chebyshev, x: float, count: int) -> list[float]:
    return [float(function.deriv(k)(x)) if k else float(function(x)) for k in range(count)]


def _way(hamiltonian: Hamiltonian, minimum: float, saddle: float, degree: int) -> _Way:
    """Return the expansion of the density between minimum and saddle."""
    margin = _REACH * abs(saddle - minimum)
    domain = [min(minimum, saddle) - margin, max(minimum, saddle) + margin]
    nodes = np.polynomial.chebyshev.chebpts1(3 * degree // 2)
    x = domain[0] + (domain[1] - domain[0]) * 0.5 * (nodes + 1.0)
    basis = np.polynomial.chebyshev.chebvander(nodes, degree)

    def fit(values: Array, weights: Array | float = 1.0) -> Chebyshev:
        solution = np.linalg.lstsq(basis * np.reshape(weights, (-1, 1)), values)[0]
        return Chebyshev(solution, domain)

    p = line_momentum(hamiltonian, x)
    w1, w2, w3, w4 = _symbol(hamiltonian, x, p)
    momentum = fit(p)
    p1, p2 = momentum.deriv()(x), momentum.deriv(2)(x)
    # d/dθ along the way is ∂/∂θ + p' ∂/∂p.
    w1x, w2x, w3x = (fit(a).deriv()(x) - p1 * b for a, b in ((w1, w2), (w2, w3), (w3, w4)))
    w2xx = fit(w2x).deriv()(x) - p1 * w3x
    first = fit(w1x + 0.5 * p1 * w2, w1)
    s1, s2 = first(x), first.deriv()(x)
    second = fit(
        -(
            p2 * w3 / 6.0
            - 0.5 * s2 * w2
            + p1**2 * w4 / 8.0
            + 0.5 * (s1**2 * w2 - p1 * s1 * w3)
            + 0.5 * (p1 * w3x + w2xx)
            - s1 * w2x
        ),
        w1,
    )
    at_rest = tuple(fit(w) for w in _symbol(hamiltonian, x, np.zeros_like(x)))
    return _Way(momentum, first, second, at_rest)


def _symbol(hamiltonian: Hamiltonian, x: Array, p: Array) -> tuple[Array, ...]:
    """Return ``W_1 … W_4``, of a sum of ``B`` kicks for a chain, where ``H = 0``."""
    cumulants = hamiltonian.along_momentum(x[:, None], p[:, None], 4)[1:]
    if hamiltonian.kicks_per_step == 0:
        return tuple(cumulants)
    a, b, c, d = hamiltonian.kicks_per_step * cumulants
    return (
        a,
        b + a**2,
        c + 3.0 * a * b + a**3,
        d + 4.0 * a * c + 3.0 * b**2 + 6.0 * a**2 * b + a**4,
    )
