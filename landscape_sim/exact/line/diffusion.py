"""A one-dimensional Itô diffusion on a loss landscape, by its scale and speed densities.

For ``dx = -L'(x) dt + sqrt(2 G(x)) dW`` the scale density is ``s = exp(∫ L'/G)`` and the
speed density ``m = 1/(G s)``; every mean first-passage time is a nested integral of the two
(Gardiner, *Handbook of Stochastic Methods*, section 5.2.7). Their logarithms are kept,
because at small noise the densities themselves over- and underflow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import LandscapeLike
from landscape_sim.validation import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Noise:
    """What the noise makes of a loss.

    Attributes
    ----------
    log_densities : callable
        Maps ``L`` to ``(log s, log m)``.
    needs_positive_loss : bool
        True where ``G`` vanishes with the loss.
    """

    log_densities: Callable[[Array], tuple[Array, Array]]
    needs_positive_loss: bool


def loss_proportional_noise(temperature: float) -> Noise:
    """Return the noise with ``G = T L``: ``s = L^(1/T)``, ``m = L^-(1 + 1/T) / T``."""

    def log_densities(loss: Array) -> tuple[Array, Array]:
        log_loss = np.log(loss)
        log_scale = log_loss / temperature
        return log_scale, -log_scale - log_loss - np.log(temperature)

    return Noise(log_densities, needs_positive_loss=True)


def constant_noise(diffusion: float) -> Noise:
    """Return the noise with ``G = D``: ``s = exp(L/D)``, ``m = exp(-L/D) / D``."""

    def log_densities(loss: Array) -> tuple[Array, Array]:
        log_scale = loss / diffusion
        return log_scale, -log_scale - np.log(diffusion)

    return Noise(log_densities, needs_positive_loss=False)


@dataclass(frozen=True)
class Diffusion:
    """A landscape and a noise, in the coordinate that runs from ``start`` to the target.

    The displacement ``ξ`` of a position ``x = start + direction ξ`` is positive towards the
    target, so a passage to the left is the passage to the right of the mirrored landscape.
    """

    landscape: LandscapeLike
    noise: Noise
    start: float
    direction: float

    def position(self, displacement: Array) -> Array:
        """Return ``x(ξ)``."""
        return self.start + self.direction * displacement

    def loss(self, displacement: Array) -> Array:
        """Return ``L(x(ξ))``, which may be infinite or NaN far out."""
        with np.errstate(all="ignore"):
            loss = self.landscape.loss((self.position(displacement),))
        return np.broadcast_to(np.asarray(loss, dtype=np.float64), displacement.shape)

    def slope(self, displacement: Array) -> Array:
        """Return ``L'(x)`` at ``x(ξ)``; only its sign is used."""
        slope = self.landscape.gradient((self.position(displacement),))[0]
        return np.broadcast_to(np.asarray(slope, dtype=np.float64), displacement.shape)

    def log_densities(self, displacement: Array) -> tuple[Array, Array]:
        """Return ``(log s, log m)`` at ``x(ξ)``.

        Raises
        ------
        InputError
            If the loss is not finite there, or not positive although the noise needs it.
        """
        loss = self.loss(displacement)
        is_allowed = np.isfinite(loss)
        if self.noise.needs_positive_loss:
            is_allowed &= loss > 0
        if not is_allowed.all():
            worst = np.flatnonzero(~is_allowed)[0]
            place = self.position(displacement).flat[worst]
            kind = "positive and finite" if self.noise.needs_positive_loss else "finite"
            raise InputError(
                f"the loss must be {kind} wherever the path can go, got L({place:.6g}) = "
                f"{loss.flat[worst]:.6g}; raise the loss floor or change the landscape"
            )
        return self.noise.log_densities(loss)
