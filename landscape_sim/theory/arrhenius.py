"""Escape under constant noise: the Eyring–Kramers law that the power law argues against."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landscape_sim.landscapes.contract import CriticalPoint
from landscape_sim.theory.prefactor import eyring_kramers_prefactor
from landscape_sim.validation import require_positive


@dataclass(frozen=True)
class ArrheniusRate:
    """The Eyring–Kramers rate, per unit of ``t = ηk``, and its factors.

    Attributes
    ----------
    diffusion : float
        ``D``, in units of loss.
    attempt_frequency : float
        ``|h_e^s|/(2π)``.
    determinant_factor : float
        ``sqrt(det H* / |det H^s|)``.
    loss_barrier : float
        ``ΔL = L^s - L*``.
    log_prefactor : float
        Logarithm of everything but ``exp(-ΔL/D)``.
    log_rate : float
        Logarithm of the rate.
    passes : tuple of ArrheniusRate
        The law over each pass, where several lead to the same well: the rate is their sum, and
        all but the prefactor that of the first, the lowest. Empty where there is one.
    """

    diffusion: float
    attempt_frequency: float
    determinant_factor: float
    loss_barrier: float
    log_prefactor: float
    log_rate: float
    passes: tuple[ArrheniusRate, ...] = ()

    @property
    def rate(self) -> float:
        """The rate itself; zero where it is below the smallest float."""
        with np.errstate(over="ignore", under="ignore"):
            return float(np.exp(self.log_rate))


def eyring_kramers_rate(
    minimum: CriticalPoint, saddle: CriticalPoint, diffusion: float
) -> ArrheniusRate:
    r"""Return the escape rate of ``dx = -∇L dt + sqrt(2 D) dW`` from ``minimum`` over ``saddle``.

    .. math:: κ = \frac{|h_e^s|}{2π} \sqrt{\frac{\det H^*}{|\det H^s|}} \, e^{-ΔL/D}

    It holds for ``D → 0``, and depends on the linear barrier ``ΔL`` where Eq. (15) of the
    power law has the ratio ``L^s/L*``.

    Parameters
    ----------
    minimum, saddle : CriticalPoint
        Between them ``ΔL > 0``; the losses may have either sign.
    diffusion : float
        ``D``, in units of loss.

    Returns
    -------
    ArrheniusRate
        Per unit of ``t = ηk``.

    Raises
    ------
    InputError
        If the diffusion is not positive and finite, ``L^s <= L*``, the minimum is not a
        minimum, the saddle not of index one, or their dimensions differ.

    References
    ----------
    Berglund, *Kramers' law: validity, derivations and generalisations*, Markov Processes
    Relat. Fields 19 (2013), section 1.

    Examples
    --------
    >>> minimum = CriticalPoint((-1.0,), 0.0, np.array([8.0]), np.eye(1))
    >>> saddle = CriticalPoint((0.0,), 1.0, np.array([-4.0]), np.eye(1))
    >>> round(eyring_kramers_rate(minimum, saddle, diffusion=0.2).rate, 8)  # sqrt(32)/2π e^-5
    0.00606628
    """
    diffusion = require_positive("diffusion", diffusion)
    prefactor = eyring_kramers_prefactor(minimum, saddle)
    log_prefactor = math.log(prefactor.attempt_frequency) + prefactor.log_determinant_factor
    loss_barrier = saddle.loss - minimum.loss
    return ArrheniusRate(
        diffusion=diffusion,
        attempt_frequency=prefactor.attempt_frequency,
        determinant_factor=math.exp(prefactor.log_determinant_factor),
        loss_barrier=loss_barrier,
        log_prefactor=log_prefactor,
        log_rate=log_prefactor - loss_barrier / diffusion,
    )


def frozen_noise_diffusion(minimum_loss: float, temperature: float) -> float:
    """Return ``D = T L*``: the noise frozen at its strength at the minimum.

    This is what theories of escape under constant noise assume. With it the Arrhenius exponent
    ``ΔL/D = (L^s/L* - 1)/T`` exceeds that of the power law, ``log(L^s/L*)/T``.

    Raises
    ------
    InputError
        If an argument is not positive and finite.

    Examples
    --------
    >>> frozen_noise_diffusion(minimum_loss=0.5, temperature=0.25)
    0.125
    """
    return require_positive("temperature", temperature) * require_positive(
        "minimum_loss", minimum_loss
    )
