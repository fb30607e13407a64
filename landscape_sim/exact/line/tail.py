"""The far side of a passage: how much of the speed measure lies behind the start.

A power-law density ``L^-(1 + 1/T)`` decays so slowly that truncation is no option. The tail
is integrated in ``u``, with ``ξ = l sinh u``, out to ``|ξ| ≈ 10^30 l``; beyond, the density
is a pure power of ``|ξ|`` for every loss that grows like one, and is integrated by hand. Where
the loss is defined on a domain only, the tail ends with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape_sim.exact.line.diffusion import Diffusion
from landscape_sim.validation import InputError

_REACH = 70
_SHORTEST_REACH = 4
_INFINITE_LOSS = 1e200
#: Points at which a tail within a domain is looked at, and the largest share beyond its end.
_POINTS = 65
_LARGEST_CUT = 0.01


@dataclass(frozen=True)
class Tail:
    """The speed measure beyond the range of the quadrature.

    Attributes
    ----------
    reach : float
        The quadrature covers ``-reach <= u <= 0``.
    log_remainder : float
        Logarithm of the speed measure of ``u < -reach``.
    relative_error : float
        Error of that remainder, relative to the largest measure per e-fold of distance.
    """

    reach: float
    log_remainder: float
    relative_error: float


def extrapolate_tail(diffusion: Diffusion, length: float, tolerance: float) -> Tail:
    """Return the power-law remainder ``∫ m = |ξ| m(ξ) / (q - 1)`` beyond the last ``ξ``.

    The decay ``m ∝ |ξ|^-q`` is measured over the last e-fold of distance. Its change since
    half-way there bounds what a slower correction to the power law could contribute.

    Raises
    ------
    InputError
        If ``q <= 1`` (the density cannot be normalised), or if the loss does not grow
        regularly enough to tell, or becomes infinite where the density is not yet negligible.
    """
    distance = length * np.sinh(np.arange(1.0, _REACH + 1))
    is_finite = np.abs(diffusion.loss(-distance)) < _INFINITE_LOSS
    reach = _REACH if is_finite.all() else int(np.argmin(is_finite))
    if reach < _SHORTEST_REACH:
        raise _refusal(diffusion, distance[reach], "the loss ceases to be finite")
    log_distance = np.log(distance[:reach])
    log_measure = diffusion.log_densities(-distance[:reach])[1] + log_distance
    decay = -np.diff(log_measure) / np.diff(log_distance)
    last, half_way = decay[-1], decay[reach // 2]
    if last <= 0:
        raise _refusal(diffusion, distance[reach - 1], "it does not decay fast enough")
    log_remainder = log_measure[-1] - np.log(last)
    share = np.exp(min(log_remainder - log_measure.max(), 0.0))
    relative_error = share * abs(half_way / last - 1)
    if relative_error > tolerance:
        raise _refusal(diffusion, distance[reach - 1], "its decay is too slow or irregular")
    return Tail(reach, float(log_remainder), float(relative_error))


def wall(length: float, distance: float) -> Tail:
    """Return the tail up to a reflecting wall, this far behind the start: nothing lies beyond."""
    return Tail(float(np.arcsinh(distance / length)), -np.inf, 0.0)


def tail_within(diffusion: Diffusion, length: float, distance: float) -> Tail:
    """Return the tail up to the end of a domain, this far behind the start.

    Nothing is known of the loss beyond. What the density would hold there if it went on to
    decay as it does at the end, relative to what it holds between end and start, is the error.

    Raises
    ------
    InputError
        If that exceeds 1 %.
    """
    reach = float(np.arcsinh(distance / length))
    if reach == 0.0:
        raise _cut_off(diffusion, distance)
    u = np.linspace(0.0, reach, _POINTS)
    log_speed = diffusion.log_densities(-length * np.sinh(u))[1]
    log_measure = log_speed + np.log(length * np.cosh(u))
    decay = (log_measure[-2] - log_measure[-1]) / (u[-1] - u[-2])
    if decay <= 0.0:
        raise _cut_off(diffusion, distance)
    highest = log_measure.max()
    inside = np.trapezoid(np.exp(log_measure - highest), u)
    share = float(np.exp(log_measure[-1] - highest) / decay / inside)
    if share > _LARGEST_CUT:
        raise _cut_off(diffusion, distance)
    return Tail(reach, -np.inf, share)


def _cut_off(diffusion: Diffusion, distance: float) -> InputError:
    displacement = np.array([-distance])
    place, loss = diffusion.position(displacement)[0], diffusion.loss(displacement)[0]
    return InputError(
        f"the domain cuts the well off: L({place:.4g}) = {loss:.4g} at its end is not high enough; "
        "widen the domain there, or use weaker noise"
    )


def _refusal(diffusion: Diffusion, distance: float, reason: str) -> InputError:
    displacement = np.array([-distance])
    place, loss = diffusion.position(displacement)[0], diffusion.loss(displacement)[0]
    return InputError(
        f"the stationary density cannot be normalised away from the target: {reason} "
        f"(L({place:.3g}) = {loss:.3g}); use a loss that grows without bound, or weaker noise"
    )
