r"""Linear regression on Gaussian inputs with its full gradient noise: exact passage times.

For ``x ~ N(0, h I_n)`` the covariance of one sample's gradient at ``u = θ − θ*`` is

.. math:: Σ = 2 h L(u) \, I + h^2 u u^T, \qquad L = L^* + \tfrac12 h |u|^2 .

The theory's decoupled noise is the first term. The second, as large as the first far out, acts
along the radius only; the passage to a level of the loss stays a one-dimensional problem, with
the scale density ``r^{1-n} q`` and the speed density ``r^{n-1}/(q G)``, where

.. math:: G = \frac{η}{2B} (2 h L^* + 2 h^2 r^2), \qquad
          q = \left(1 + \frac{h r^2}{L^*}\right)^{B/(2 η h) + (n-1)/4} .
"""

from __future__ import annotations

import math

import numpy as np

from landscape_sim.exact.line.doubling import passage_time_by_doubling
from landscape_sim.exact.line.passage import PassageTime
from landscape_sim.validation import InputError, require_count, require_positive

_TOLERANCE = 1e-8
_FEWEST_NODES, _MOST_NODES = 32, 2048


def regression_passage_time(
    loss_ratio: float, *, temperature: float, curvature: float, dimension: int
) -> PassageTime:
    r"""Return the mean time from the minimum until ``L = c L*``, for the SDE with exact noise.

    .. math:: \int_0^R r^{1-n} q(r) \int_0^r \frac{ρ^{n-1}}{q(ρ) \, G(ρ)} \, dρ \, dr,
              \qquad R^2 = 2 (c - 1) L^*/h .

    It does not depend on ``L*``.

    Parameters
    ----------
    loss_ratio : float
        ``c``, above one.
    temperature : float
        ``T = η h/B``.
    curvature, dimension : float, int
        ``h`` and ``n``.

    Raises
    ------
    InputError
        If an argument is out of range, or the accuracy of 1e-8 is not reached.

    References
    ----------
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022, Sec. 5.3, for the
    experiment; their noise has the first term of ``Σ`` only.

    Examples
    --------
    Close to the minimum the noise is that of a Brownian motion: ``(c − 1)/(T h n)``.

    >>> short = regression_passage_time(1.0001, temperature=0.1, curvature=1.0, dimension=2)
    >>> round(short.mean_time / (0.0001 / (0.1 * 2)), 2)
    1.0
    """
    if not (math.isfinite(loss_ratio) and loss_ratio > 1.0):
        raise InputError(f"loss_ratio c must be finite and exceed 1, got {loss_ratio!r}")
    temperature = require_positive("temperature", temperature)
    curvature = require_positive("curvature", curvature)
    n = require_count("dimension", dimension)
    square = 2.0 * (loss_ratio - 1.0)
    return passage_time_by_doubling(
        # In units of sqrt(L*/h) and of 1/h: G = T (1 + r²), R² = 2 (c − 1).
        lambda nodes: _log_time(square, temperature, n, nodes) - math.log(curvature),
        _FEWEST_NODES,
        _MOST_NODES,
        _TOLERANCE,
        "; raise the temperature or lower the loss ratio",
    )


def _log_time(square: float, temperature: float, n: int, nodes: int) -> float:
    """Return the logarithm of the double integral, with ``ρ = r v`` inside."""
    x, weights = np.polynomial.legendre.leggauss(nodes)
    fraction, weights = 0.5 * (1.0 + x), 0.5 * weights
    radius = math.sqrt(square) * fraction
    inner = np.outer(radius, fraction)
    power = 0.5 / temperature + (n - 1) / 4
    exponent = power * (np.log1p(radius**2)[:, None] - np.log1p(inner**2))
    peak = exponent.max()
    density = np.exp(exponent - peak) * fraction ** (n - 1) / (temperature * (1.0 + inner**2))
    integral = math.sqrt(square) * (weights * radius) @ density @ weights
    return float(peak) + math.log(integral)
