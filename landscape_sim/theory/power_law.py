r"""The power-law escape rate of SGD, factor by factor, in two forms.

``eyring-kramers``, the rate here. Loss-proportional noise becomes additive in the time
``dτ = L dt``, on the log-loss landscape ``U = log L``. There Eyring–Kramers gives, for isotropic
noise,

.. math:: κ_τ = \frac{|h_U^s|}{2π} \sqrt{\frac{\det H_U^*}{|\det H_U^s|}} \, e^{-ΔU/T},

and with ``H_U = H/L`` at a critical point, ``e^{-ΔU/T} = (L^s/L*)^{-1/T}`` and
``κ = L* κ_τ`` (``τ ≈ L* t`` before the escape) the powers of ``L`` collect to
``(L^s/L*)^{-(1/T + 1 - n/2)}``: ``-1/T`` from the barrier, ``-1`` from ``L*/L^s`` and ``n/2``
from the determinants.

``printed``, Eq. (15) of the paper. The same power with the prefactor ``sqrt(h_e* |h_e^s|)/(2π)``
in place of ``|h_e^s|/(2π) sqrt(det H*/|det H^s|)``: its proof takes ``U`` to be separable in the
outlier directions, with equal curvatures across the escape at minimum and saddle. Then the two
prefactors are one, and so they are for ``n = 1``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from landscape_sim.landscapes.contract import CriticalPoint
from landscape_sim.theory.prefactor import eyring_kramers_prefactor
from landscape_sim.theory.stability import critical_dimension
from landscape_sim.validation import InputError, require_count, require_positive


@dataclass(frozen=True)
class PowerLawRate:
    """The power-law escape rate, per unit of ``t = ηk``, its factors and both of its forms.

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
        ``n_c = 2 (1/T + 1)``, Eq. (16), at the temperature of the direction of strongest noise:
        the largest curvature ``h_max`` where the noise follows the Hessian.
    log_prefactor : float
        Logarithm of everything but the power of the loss ratio.
    log_rate : float
        Logarithm of the rate, in the form ``eyring-kramers``.
    outlier_curvature : float
        ``h_e*``, which the form ``printed`` has in its prefactor too.
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
    outlier_curvature: float
    passes: tuple[PowerLawRate, ...] = ()

    @property
    def rate(self) -> float:
        """The rate, of the form ``eyring-kramers``; zero where it is below the smallest float."""
        return self.forms["eyring-kramers"]

    @property
    def log_rate_printed(self) -> float:
        """Logarithm of Eq. (15) as printed, with ``sqrt(h_e* |h_e^s|)/(2π)`` as its prefactor.

        Over several passes it is the sum of their rates.
        """
        if self.passes:
            return float(np.logaddexp.reduce([one.log_rate_printed for one in self.passes]))
        saddle_curvature = 2 * math.pi * self.attempt_frequency
        log_along = (math.log(self.outlier_curvature) - math.log(saddle_curvature)) / 2
        return self.log_rate + log_along - self._log_determinant_factor

    @property
    def log_forms(self) -> dict[str, float]:
        """Logarithms of the rate by the names of its forms."""
        return {"eyring-kramers": self.log_rate, "printed": self.log_rate_printed}

    @property
    def forms(self) -> dict[str, float]:
        """The rate by the names of its forms; zero where it is below the smallest float."""
        with np.errstate(over="ignore", under="ignore"):
            return {name: float(np.exp(value)) for name, value in self.log_forms.items()}

    @property
    def _log_determinant_factor(self) -> float:
        return self.log_prefactor - math.log(self.attempt_frequency)

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
            f"n_c = {self.critical_dimension:.6g}: the minimum is not stable and the power law "
            "does not hold; lower the learning rate or raise the batch size"
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


def power_law_exponent(temperature: float, n_outliers: int) -> float:
    """Return ``1/T + 1 - n/2``, the exponent of ``L*/L^s`` in both forms of the rate.

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
    r"""Return the escape rate of SGD from ``minimum`` over ``saddle``, Eyring–Kramers on ``log L``.

    .. math:: κ = \frac{|h_e^s|}{2π} \sqrt{\frac{\det H^*}{|\det H^s|}}
              \left[\frac{L(θ^s)}{L(θ^*)}\right]^{-(B/(η h^*) + 1 - n/2)}

    It holds for isotropic noise and ``T = η h*/B → 0``; see the module for its derivation. Eq. (15)
    as the paper prints it, with ``sqrt(h_e* |h_e^s|)/(2π)`` in front, is ``log_rate_printed``.

    Parameters
    ----------
    minimum, saddle : CriticalPoint
        Their eigenvalues are those of the ``n`` outlier directions.
    learning_rate, batch_size, outlier_curvature : float
        ``η``, ``B`` and ``h*``.

    Returns
    -------
    PowerLawRate
        Per unit of ``t = ηk``; its ``warning`` is set where ``n >= n_c = 2 (B/(η h_max) + 1)``.

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
    law = power_law_escape_rate_at(minimum, saddle, temperature, outlier_curvature)
    # The noise of SGD follows the Hessian, so that it is strongest where that is largest.
    strongest = effective_temperature(learning_rate, batch_size, float(max(minimum.eigenvalues)))
    return replace(law, critical_dimension=critical_dimension(strongest))


def power_law_escape_rate_at(
    minimum: CriticalPoint, saddle: CriticalPoint, temperature: float, outlier_curvature: float
) -> PowerLawRate:
    """Return :func:`power_law_escape_rate` under isotropic noise of any temperature ``T``.

    Its ``critical_dimension`` is that of this noise, ``2 (1/T + 1)``.
    """
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
        outlier_curvature=require_positive("outlier_curvature", outlier_curvature),
    )
