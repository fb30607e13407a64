r"""When SGD on linear regression with normal inputs and labels first reaches a level of the loss.

With inputs ``x ~ N(0, h I_d)`` and independent normal labels, everything is closed. In units of
``1/sqrt h`` and of the labels' deviation the generating function of a kick and its root are

.. math:: e^{H} = \bigl[(1 + θ^2)(1 − |p − θ|^2) + ((p − θ)·θ)^2\bigr]^{−1/2}, \qquad p = 2θ,

so that to the level ``L = c L*``, where ``θ² = c − 1``, the action is ``V = c − 1``: **Arrhenius in
the loss**, in every dimension, where the power law has ``log c``. With ``T = η h/B``, ``∇∇V = 2``
and ``ΔS_1 = −(d + 1 + B)(c − 1)/2`` the density without an absorbing level is
``(π T)^{−d/2} exp(−(c − 1)/T − ΔS_1)``, and the flux through the sphere

.. math:: κ = \frac{h K}{B (c − 1) Γ(d/2)} \Bigl(\frac{c − 1}{T}\Bigr)^{d/2}
              \exp\Bigl[−(c − 1) \Bigl(\frac1T − \frac{d + 1 + B}{2}\Bigr)\Bigr]

with ``K`` of :mod:`landscape_sim.large_deviations.overshoot` and steps along the radius whose
``W(z) = (c − (z − p/2)²)^{−B/2}``. What is left out is of relative order ``T``.
"""

from __future__ import annotations

import math

from landscape_sim.large_deviations.overshoot import log_first_passages
from landscape_sim.validation import InputError, require_count, require_positive

#: Mean time, in units of 1/h, from which on a level is rare.
_RELAXATIONS = 10


def regression_level_log_rate(
    loss_ratio: float,
    *,
    learning_rate: float,
    batch_size: int,
    curvature: float,
    dimension: int,
) -> float:
    """Return ``log κ``, per unit of ``t = ηk``, of first passages to ``L = c L*``.

    Parameters
    ----------
    loss_ratio : float
        ``c``, above one.
    learning_rate, batch_size : float, int
        ``η`` and ``B``.
    curvature, dimension : float, int
        ``h`` and ``d``.

    Raises
    ------
    InputError
        If an argument is out of range, or the level is not rare.

    Examples
    --------
    The prefactor varies little beside ``e^{(B/η)(c − 1)}``:

    >>> setting = {"learning_rate": 0.02, "batch_size": 1, "curvature": 1.0, "dimension": 1}
    >>> low, high = (regression_level_log_rate(c, **setting) for c in (1.5, 2.0))
    >>> round((low - high) * 0.02 / 0.5, 2)
    0.97
    """
    if not (math.isfinite(loss_ratio) and loss_ratio > 1.0):
        raise InputError(f"loss_ratio c must be finite and exceed 1, got {loss_ratio!r}")
    h, n_kicks = require_positive("curvature", curvature), require_count("batch_size", batch_size)
    d, eta = require_count("dimension", dimension), require_positive("learning_rate", learning_rate)
    height, temperature = loss_ratio - 1.0, eta * h / n_kicks
    steepness = 1.0 / temperature - 0.5 * (d + 1 + n_kicks)
    radius = math.sqrt(height)
    log_passages, _ = log_first_passages(
        lambda z: (loss_ratio - (z - radius) ** 2) ** (-0.5 * n_kicks), 2.0 * radius
    )
    log_rate = (
        log_passages
        - math.log(n_kicks * height)
        - math.lgamma(0.5 * d)
        + 0.5 * d * math.log(height / temperature)
        - steepness * height
    )
    # Below, the flux grows with the level: most of the density is beyond it.
    if not (log_rate < -math.log(_RELAXATIONS) and steepness * height > 0.5 * d):
        raise InputError(
            f"SGD is at the level within {_RELAXATIONS} relaxation times, {_RELAXATIONS / h:.4g}: "
            "the law is for rarer levels; raise the loss ratio or lower the learning rate"
        )
    return float(log_rate + math.log(h))
