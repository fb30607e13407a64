"""Which minima SGD stays in: the critical dimension and the critical learning rate."""

from __future__ import annotations

import math

from landscape_sim.validation import require_positive


def critical_dimension(temperature: float) -> float:
    """Return ``n_c = 2 (1/T + 1)``, the number of outliers at which a minimum loses stability.

    In a quadratic valley of ``n`` dimensions under isotropic noise the stationary density
    ``L^-(1 + 1/T)`` can be normalised if and only if ``n < n_c``. Under noise that follows the
    Hessian the paper demands it of every direction: then ``T = η h_max/B`` is that of the largest
    curvature.

    Raises
    ------
    InputError
        If the temperature is not positive and finite.

    References
    ----------
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022, Eq. (16).

    Examples
    --------
    >>> critical_dimension(0.5)
    6.0
    """
    return 2 * (1 / require_positive("temperature", temperature) + 1)


def critical_learning_rate(
    n_outliers: float, *, batch_size: float, largest_curvature: float
) -> float:
    """Return ``η_c = 2/(n − 2) · B/h_max``: below it ``n < n_c = 2 (B/(η h_max) + 1)``.

    Parameters
    ----------
    n_outliers : float
        ``n``, counted by a participation ratio it need not be whole. Up to 2, every learning
        rate leaves the minimum stable, and ``η_c`` is infinite.
    batch_size, largest_curvature : float
        ``B`` and ``h_max``, the largest eigenvalue of the Hessian at the minimum.

    Raises
    ------
    InputError
        If an argument is not positive and finite.

    References
    ----------
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022, Eq. (18).

    Examples
    --------
    >>> eta = critical_learning_rate(12, batch_size=10, largest_curvature=100.0)
    >>> eta, critical_dimension(eta * 100.0 / 10)
    (0.02, 12.0)
    """
    n_outliers = require_positive("n_outliers", n_outliers)
    noise = require_positive("batch_size", batch_size)
    noise /= require_positive("largest_curvature", largest_curvature)
    return 2 / (n_outliers - 2) * noise if n_outliers > 2 else math.inf
