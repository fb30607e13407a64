"""Exact mean first-passage times of one-dimensional diffusions, by quadrature.

Nothing of Kramers' asymptotics enters: these are the numbers that a formula and a simulation
have to meet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landscape_sim.dynamics.noise import NoiseModel, check_noise
from landscape_sim.exact.line.diffusion import Diffusion
from landscape_sim.exact.line.nested_quadrature import log_nested_integral
from landscape_sim.exact.line.tail import extrapolate_tail, tail_within, wall
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


def line_mean_first_passage_time(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: float,
    target: float,
    domain: tuple[float, float] = (-math.inf, math.inf),
    *,
    is_reflecting: bool = False,
) -> PassageTime:
    r"""Return the mean time from ``start`` to ``target`` on a line, under any noise.

    The process is the Itô equation ``dx = -L'(x) dt + sqrt(2 s(x) M) dW``, and with ``U' = L'/s``
    the mean time for ``a < b`` is

    .. math:: \frac1M \int_a^b e^{U(y)/M} \int_{-\infty}^y \frac{e^{-U(z)/M}}{s(z)} \, dz \, dy .

    Under loss-proportional noise ``e^{U/M} = L^{1/T}``, under constant noise ``e^{L/D}``. From
    the minimum of a double well to its other minimum this is one over the escape rate; to the
    saddle alone it takes half of that as ``M → 0``.

    Parameters
    ----------
    landscape : LandscapeLike
        In one dimension; where the noise needs it, with ``L > 0`` on the whole far side.
    noise : NoiseModel
        Any noise model.
    start, target : float
        Positions ``a`` and ``b``; the target may lie on either side.
    domain : pair of float
        Where the loss is defined, everywhere by default. It holds both positions.
    is_reflecting : bool
        Whether a wall stands at its end behind the start. If not, nothing is known of what lies
        beyond, and how much it could matter is part of the error.

    Returns
    -------
    PassageTime
        The mean time, per unit of ``t = ηk``, to a relative error of 1e-8 or better, and what
        the end of the domain may cut off.

    Raises
    ------
    InputError
        If an argument is out of range, the loss is not positive and finite where the path can
        go, the speed density cannot be normalised on the far side or reaches the end of the
        domain, or the accuracy is not reached.

    References
    ----------
    Gardiner, *Handbook of Stochastic Methods* (3rd ed.), section 5.2.7; Berglund, *Kramers'
    law: validity, derivations and generalisations*, Markov Processes Relat. Fields 19 (2013),
    section 3.1. Loss-proportional noise is that of Mori, Ziyin, Liu and Ueda, *Power-Law Escape
    Rate of SGD*, ICML 2022.

    Examples
    --------
    >>> from typing import NamedTuple
    >>> from landscape_sim.dynamics import ConstantNoise, LossProportionalNoise
    >>> class Bowl(NamedTuple):
    ...     def loss(self, x):
    ...         return 1 + x[0] ** 2
    ...
    ...     def gradient(self, x):
    ...         return (2 * x[0],)
    >>> passage = line_mean_first_passage_time(Bowl(), LossProportionalNoise(1.0), 0.0, 1.0)
    >>> round(passage.mean_time, 9)  # π/2 + (1 - log 2)/6
    1.621938463
    >>> class Slope(NamedTuple):
    ...     def loss(self, x):
    ...         return -2 * x[0]
    ...
    ...     def gradient(self, x):
    ...         return (-2.0,)
    >>> passage = line_mean_first_passage_time(Slope(), ConstantNoise(0.1), 0.0, 3.0)
    >>> round(passage.mean_time, 9)  # distance over speed
    1.5
    """
    if not (math.isfinite(start) and math.isfinite(target)) or start == target:
        raise InputError(
            f"start and target must be two different finite positions, got {start!r} and {target!r}"
        )
    check_noise(noise, 1)
    strength = require_positive(f"the strength of {noise!r}", float(noise.matrix(1)[0, 0]))
    length = abs(target - start)
    direction = math.copysign(1.0, target - start)
    process = Diffusion(landscape, noise, strength, float(start), direction)
    room = start - domain[0] if direction > 0.0 else domain[1] - start
    if math.isinf(room):
        tail, tolerance = extrapolate_tail(process, length, _TOLERANCE), _TOLERANCE
    else:
        tail = wall(length, room) if is_reflecting else tail_within(process, length, room)
        tolerance = _TOLERANCE + tail.relative_error
    return PassageTime(*log_nested_integral(process, length, tail, tolerance))
