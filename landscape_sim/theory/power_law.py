r"""The power-law escape rate of SGD, Eq. (15), factor by factor.

Derivation. Loss-proportional noise becomes additive in the time ``dτ = L dt``, on the
log-loss landscape ``U = log L``. There Eyring–Kramers gives

.. math:: κ_τ = \frac{|h_U^s|}{2π} \sqrt{\frac{\det H_U^*}{|\det H_U^s|}} \, e^{-ΔU/T},

and with ``H_U = H/L`` at a critical point, ``e^{-ΔU/T} = (L^s/L*)^{-1/T}`` and
``κ = L* κ_τ`` (``τ ≈ L* t`` before the escape) the powers of ``L`` collect to Eq. (15):
``-1/T`` from the barrier, ``-1`` from ``L*/L^s`` and ``n/2`` from the determinants.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landscape_sim.landscapes.contract import CriticalPoint
from landscape_sim.theory.prefactor import eyring_kramers_prefactor
from landscape_sim.validation import InputError, require_count, require_positive


@dataclass(frozen=True)
class PowerLawRate:
    """The escape rate of Eq. (15), per unit of ``t = ηk``, and its factors.

    Attributes
    ----------
    temperature : float
        ``T = η h*/B``, dimensionless.
    n_outliers : int
        ``n``, the number of outlier directions.
    attempt_frequency : float
        ``|h_e^s|/(2π)``.
    determinant_factor : float
        ``sqrt(det H* / |det H^s|)`` over the outlier directions.
    loss_ratio : float
        ``L^s/L*``.
    exponent : float
        ``1/T + 1 - n/2``: the rate falls as ``(L^s/L*)^-exponent``.
    critical_dimension : float
        ``n_c = 2 (1/T + 1)``.
    log_prefactor : float
        Logarithm of everything but the power of the loss ratio.
    log_rate : float
        Logarithm of the rate.
    passes : tuple of PowerLawRate
        The law over each pass, where several lead to the same well: the rate is their sum, and
        all but the prefactor that of the first, the lowest. Empty where there is one.
    """

    temperature: float
    n_outliers: int
    attempt_frequency: float
    determinant_factor: float
    loss_ratio: float
    exponent: float
    critical_dimension: float
    log_prefactor: float
    log_rate: float
    passes: tuple[PowerLawRate, ...] = ()

    @property
    def rate(self) -> float:
        """The rate itself; zero where it is below the smallest float."""
        with np.errstate(over="ignore", under="ignore"):
            return float(np.exp(self.log_rate))

    @property
    def is_stable(self) -> bool:
        """Whether ``n < n_c``: only then the well holds a normalisable density."""
        return self.n_outliers < self.critical_dimension

    @property
    def warning(self) -> str | None:
        """Why the rate must not be trusted, or None."""
        if self.is_stable:
            return None
        return (
            f"n = {self.n_outliers} outliers reach the critical dimension "
            f"n_c = {self.critical_dimension:.6g}: the minimum is not stable and Eq. (15) does "
            "not hold; lower the learning rate or raise the batch size"
        )


def effective_temperature(
    learning_rate: float, batch_size: float, outlier_curvature: float
) -> float:
    """Return ``T = η h*/B``, the strength of the noise on the log-loss landscape.

    Parameters
    ----------
    learning_rate : float
        ``η``.
    batch_size : float
        ``B``.
    outlier_curvature : float
        ``h*``, the typical outlier eigenvalue of the Hessian at the minimum.

    Raises
    ------
    InputError
        If an argument is not positive and finite.

    References
    ----------
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022.

    Examples
    --------
    >>> effective_temperature(learning_rate=0.1, batch_size=2, outlier_curvature=4.0)
    0.2
    """
    learning_rate = require_positive("learning_rate", learning_rate)
    batch_size = require_positive("batch_size", batch_size)
    outlier_curvature = require_positive("outlier_curvature", outlier_curvature)
    return learning_rate * outlier_curvature / batch_size


def critical_dimension(temperature: float) -> float:
    """Return ``n_c = 2 (1/T + 1)``, the number of outliers at which a minimum loses stability.

    In a quadratic valley of ``n`` dimensions the stationary density ``L^-(1 + 1/T)`` can be
    normalised if and only if ``n < n_c``.

    Raises
    ------
    InputError
        If the temperature is not positive and finite.

    References
    ----------
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022.

    Examples
    --------
    >>> critical_dimension(0.5)
    6.0
    """
    return 2 * (1 / require_positive("temperature", temperature) + 1)


def power_law_exponent(temperature: float, n_outliers: int) -> float:
    """Return ``1/T + 1 - n/2``, the exponent of ``L*/L^s`` in Eq. (15).

    Raises
    ------
    InputError
        If the temperature is not positive and finite, or ``n`` is not a positive integer.

    References
    ----------
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022, Eq. (15).

    Examples
    --------
    >>> power_law_exponent(0.5, 1)
    2.5
    """
    n_outliers = require_count("n_outliers", n_outliers)
    return 1 / require_positive("temperature", temperature) + 1 - n_outliers / 2


def power_law_escape_rate(
    minimum: CriticalPoint,
    saddle: CriticalPoint,
    *,
    learning_rate: float,
    batch_size: float,
    outlier_curvature: float,
) -> PowerLawRate:
    r"""Return the escape rate of SGD from ``minimum`` over ``saddle``, Eq. (15).

    .. math:: κ = \frac{|h_e^s|}{2π} \sqrt{\frac{\det H^*}{|\det H^s|}}
              \left[\frac{L(θ^s)}{L(θ^*)}\right]^{-(B/(η h^*) + 1 - n/2)}

    It holds for ``T = η h*/B → 0``; see the module for its derivation.

    Parameters
    ----------
    minimum, saddle : CriticalPoint
        Their eigenvalues are those of the ``n`` outlier directions.
    learning_rate, batch_size, outlier_curvature : float
        ``η``, ``B`` and ``h*``.

    Returns
    -------
    PowerLawRate
        Per unit of ``t = ηk``; its ``warning`` is set where ``n >= n_c``.

    Raises
    ------
    InputError
        If an argument is not positive and finite, ``L* <= 0``, ``L^s <= L*``, the minimum is
        not a minimum, the saddle not of index one, or their dimensions differ.

    References
    ----------
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022, Eq. (15).

    Examples
    --------
    The double well ``(x² - 1)² + 1/3`` with ``L^s/L* = 4``, at ``T = 1/2``:

    >>> minimum = CriticalPoint((-1.0,), 1 / 3, np.array([8.0]), np.eye(1))
    >>> saddle = CriticalPoint((0.0,), 4 / 3, np.array([-4.0]), np.eye(1))
    >>> escape = power_law_escape_rate(
    ...     minimum, saddle, learning_rate=0.0625, batch_size=1, outlier_curvature=8.0
    ... )
    >>> escape.exponent, escape.critical_dimension, escape.is_stable
    (2.5, 6.0, True)
    >>> round(escape.rate, 9)  # sqrt(32)/(2π) 4^-2.5
    0.028134885
    """
    temperature = effective_temperature(learning_rate, batch_size, outlier_curvature)
    return power_law_escape_rate_at(minimum, saddle, temperature)


def power_law_escape_rate_at(
    minimum: CriticalPoint, saddle: CriticalPoint, temperature: float
) -> PowerLawRate:
    """Return :func:`power_law_escape_rate` at a temperature ``T``, wherever that comes from."""
    prefactor = eyring_kramers_prefactor(minimum, saddle)
    if minimum.loss <= 0:
        raise InputError(
            f"the loss at the minimum must be positive, got {minimum.loss!r}; loss-proportional "
            "noise vanishes there, so raise the loss floor"
        )
    n_outliers = minimum.eigenvalues.size
    exponent = power_law_exponent(temperature, n_outliers)
    log_prefactor = math.log(prefactor.attempt_frequency) + prefactor.log_determinant_factor
    log_loss_ratio = math.log(saddle.loss) - math.log(minimum.loss)
    return PowerLawRate(
        temperature=temperature,
        n_outliers=n_outliers,
        attempt_frequency=prefactor.attempt_frequency,
        determinant_factor=math.exp(prefactor.log_determinant_factor),
        loss_ratio=saddle.loss / minimum.loss,
        exponent=exponent,
        critical_dimension=critical_dimension(temperature),
        log_prefactor=log_prefactor,
        log_rate=log_prefactor - exponent * log_loss_ratio,
    )
