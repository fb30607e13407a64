"""Exact mean first-passage times of one-dimensional diffusions, by quadrature.

Nothing of Kramers' asymptotics enters: these are the numbers that a formula and a simulation
have to meet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landscape_sim.exact.line.diffusion import (
    Diffusion,
    Noise,
    constant_noise,
    loss_proportional_noise,
)
from landscape_sim.exact.line.nested_quadrature import log_nested_integral
from landscape_sim.exact.line.tail import extrapolate_tail
from landscape_sim.landscapes.contract import LandscapeLike
from landscape_sim.validation import InputError, require_positive

_TOLERANCE = 1e-8


@dataclass(frozen=True)
class PassageTime:
    """A mean first-passage time, kept as its logarithm.

    Attributes
    ----------
    log_mean_time : float
        Natural logarithm of the mean time, in units of ``t = ηk``.
    relative_error : float
        Estimated relative error of the mean time; see the function that returns it for its bound.
    """

    log_mean_time: float
    relative_error: float

    @property
    def mean_time(self) -> float:
        """Mean time; infinite where it exceeds the largest float."""
        with np.errstate(over="ignore"):
            return float(np.exp(self.log_mean_time))

    @property
    def log_rate(self) -> float:
        """Logarithm of the rate, which stays finite where the rate underflows."""
        return -self.log_mean_time

    @property
    def rate(self) -> float:
        """One over the mean time; zero where it is below the smallest float."""
        with np.errstate(over="ignore"):
            return float(np.exp(self.log_rate))


def mean_first_passage_time(
    landscape: LandscapeLike, start: float, target: float, *, temperature: float
) -> PassageTime:
    r"""Return the mean time from ``start`` to ``target`` under loss-proportional noise.

    The process is the Itô equation ``dx = -L'(x) dt + sqrt(2 T L(x)) dW``. Its scale density
    is ``L^(1/T)`` and its speed density ``L^-(1 + 1/T) / T``, so that for ``a < b``

    .. math:: \frac1T \int_a^b L(y)^{1/T} \int_{-\infty}^y L(z)^{-(1 + 1/T)} \, dz \, dy .

    From the minimum of a double well to its other minimum this is one over the escape rate;
    to the saddle alone it takes half of that as ``T → 0``.

    Parameters
    ----------
    landscape : LandscapeLike
        In one dimension, with ``L > 0`` on the whole far side of the target.
    start, target : float
        Positions ``a`` and ``b``; the target may lie on either side.
    temperature : float
        ``T = η h*/B``.

    Returns
    -------
    PassageTime
        The mean time, per unit of ``t = ηk``, to a relative error of 1e-8 or better.

    Raises
    ------
    InputError
        If an argument is out of range, the loss is not positive and finite where the path can
        go, the density ``L^-(1 + 1/T)`` cannot be normalised on the far side, or the accuracy
        is not reached.

    References
    ----------
    Gardiner, *Handbook of Stochastic Methods* (3rd ed.), section 5.2.7; the noise is that of
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022.

    Examples
    --------
    >>> from typing import NamedTuple
    >>> class Bowl(NamedTuple):
    ...     def loss(self, x):
    ...         return 1 + x[0] ** 2
    ...
    ...     def gradient(self, x):
    ...         return (2 * x[0],)
    >>> passage = mean_first_passage_time(Bowl(), 0.0, 1.0, temperature=1.0)
    >>> round(passage.mean_time, 9)  # π/2 + (1 - log 2)/6
    1.621938463
    """
    noise = loss_proportional_noise(require_positive("temperature", temperature))
    return _passage_time(landscape, start, target, noise)


def constant_noise_mean_first_passage_time(
    landscape: LandscapeLike, start: float, target: float, *, diffusion: float
) -> PassageTime:
    r"""Return the mean time from ``start`` to ``target`` under constant noise.

    The process is ``dx = -L'(x) dt + sqrt(2 D) dW``, and for ``a < b`` the mean time is

    .. math:: \frac1D \int_a^b e^{L(y)/D} \int_{-\infty}^y e^{-L(z)/D} \, dz \, dy .

    Parameters
    ----------
    landscape : LandscapeLike
        In one dimension; the loss may take either sign.
    start, target : float
        Positions ``a`` and ``b``; the target may lie on either side.
    diffusion : float
        ``D``, in units of loss.

    Returns
    -------
    PassageTime
        The mean time to a relative error of 1e-8 or better.

    Raises
    ------
    InputError
        As for :func:`mean_first_passage_time`, with the density ``exp(-L/D)``.

    References
    ----------
    Berglund, *Kramers' law: validity, derivations and generalisations*, Markov Processes
    Relat. Fields 19 (2013), section 3.1.

    Examples
    --------
    >>> from typing import NamedTuple
    >>> class Slope(NamedTuple):
    ...     def loss(self, x):
    ...         return -2 * x[0]
    ...
    ...     def gradient(self, x):
    ...         return (-2.0,)
    >>> passage = constant_noise_mean_first_passage_time(Slope(), 0.0, 3.0, diffusion=0.1)
    >>> round(passage.mean_time, 9)  # distance over speed
    1.5
    """
    noise = constant_noise(require_positive("diffusion", diffusion))
    return _passage_time(landscape, start, target, noise)


def _passage_time(
    landscape: LandscapeLike, start: float, target: float, noise: Noise
) -> PassageTime:
    if not (math.isfinite(start) and math.isfinite(target)) or start == target:
        raise InputError(
            f"start and target must be two different finite positions, got {start!r} and {target!r}"
        )
    length = abs(target - start)
    process = Diffusion(landscape, noise, float(start), math.copysign(1.0, target - start))
    tail = extrapolate_tail(process, length, _TOLERANCE)
    return PassageTime(*log_nested_integral(process, length, tail, _TOLERANCE))
