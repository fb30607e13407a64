"""The far side of a passage: how much of the speed measure lies towards ``-∞``.

A power-law density ``L^-(1 + 1/T)`` decays so slowly that truncation is no option. The tail
is integrated in ``u``, with ``ξ = l sinh u``, out to ``|ξ| ≈ 10^30 l``; beyond, the density
is a pure power of ``|ξ|`` for every loss that grows like one, and is integrated by hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape_sim.exact.line.diffusion import Diffusion
from landscape_sim.validation import InputError

_REACH = 70
_SHORTEST_REACH = 4
_INFINITE_LOSS = 1e200


@dataclass(frozen=True)
class Tail:
    """The speed measure beyond the range of the quadrature.

    Attributes
    ----------
    reach : int
        The quadrature covers ``-reach <= u <= 0``.
    log_remainder : float
        Logarithm of the speed measure of ``u < -reach``.
    relative_error : float
        Error of that remainder, relative to the largest measure per e-fold of distance.
    """

    reach: int
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


def _refusal(diffusion: Diffusion, distance: float, reason: str) -> InputError:
    displacement = np.array([-distance])
    place, loss = diffusion.position(displacement)[0], diffusion.loss(displacement)[0]
    return InputError(
        f"the stationary density cannot be normalised away from the target: {reason} "
        f"(L({place:.3g}) = {loss:.3g}); use a loss that grows without bound, or weaker noise"
    )
