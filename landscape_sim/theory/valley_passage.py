r"""How long SGD takes in a quadratic valley until its loss has grown ``c`` times.

Derivation. For ``L = L^*(1 + u)``, ``u = h r²/(2L^*)``, the mean first-passage time is a nested
integral (see :mod:`landscape_sim.exact.line.radial`). For ``c → ∞`` its inner part tends to
the whole speed measure, ``½ (2L^*/h)^{n/2} {L^*}^{-(1+1/T)} B(n/2, a)``, and its outer part to
``½ (2L^*/h)^{1-n/2} {L^*}^{1/T} c^a / a``, with ``a = 1/T + 1 − n/2``: the exponent of Eq. (15).
"""

from __future__ import annotations

import math

from landscape_sim.theory.power_law import power_law_exponent
from landscape_sim.theory.stability import critical_dimension
from landscape_sim.validation import InputError, require_positive


def valley_passage_time(
    threshold: float, *, temperature: float, outlier_curvature: float, n_outliers: int
) -> float:
    r"""Return the mean time until the loss is ``c L*``, to leading order in ``c``.

    .. math:: \frac{B(n/2, a)}{2 h^* T a} \, c^{a}, \qquad a = \frac1T + 1 - \frac n2

    with Euler's beta function. In an isotropic valley the relative error falls as ``1/c``.

    Parameters
    ----------
    threshold : float
        ``c > 1``.
    temperature : float
        ``T = η h*/B``.
    outlier_curvature : float
        ``h*``.
    n_outliers : int
        ``n``.

    Returns
    -------
    float
        Per unit of ``t = ηk``; infinite where it exceeds the largest float.

    Raises
    ------
    InputError
        If an argument is out of range, or ``n`` reaches the critical dimension, where no power
        law holds.

    References
    ----------
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022, Sec. 5.3 (ii).

    Examples
    --------
    >>> time = valley_passage_time(10.0, temperature=1.0, outlier_curvature=1.0, n_outliers=2)
    >>> round(time, 9)
    5.0
    """
    if not (math.isfinite(threshold) and threshold > 1):
        raise InputError(f"threshold must be above 1, got {threshold!r}")
    require_positive("outlier_curvature", outlier_curvature)
    exponent = power_law_exponent(temperature, n_outliers)
    if exponent <= 0:
        raise InputError(
            f"n = {n_outliers} reaches the critical dimension "
            f"n_c = {critical_dimension(temperature):.6g}; there is no power law"
        )
    half = n_outliers / 2
    log_beta = math.lgamma(half) + math.lgamma(exponent) - math.lgamma(half + exponent)
    log_time = log_beta + exponent * math.log(threshold)
    log_time -= math.log(2 * outlier_curvature * temperature * exponent)
    try:
        return math.exp(log_time)
    except OverflowError:
        return math.inf
