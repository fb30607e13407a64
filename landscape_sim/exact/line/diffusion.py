"""A one-dimensional Itô diffusion on a loss landscape, by its scale and speed densities.

For ``dx = -L'(x) dt + sqrt(2 s(x) M) dW``, with the potential ``U`` of ``U' = L'/s``, the scale
density is ``e^{U/M}`` and the speed density ``e^{-U/M}/(s M)``; every mean first-passage time
is a nested integral of the two (Gardiner, *Handbook of Stochastic Methods*, section 5.2.7).
Their logarithms are kept, because at small noise the densities themselves over- and underflow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.landscapes.contract import LandscapeLike
from landscape_sim.validation import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Diffusion:
    """A landscape and a noise, in the coordinate that runs from ``start`` to the target.

    The displacement ``ξ`` of a position ``x = start + direction ξ`` is positive towards the
    target, so a passage to the left is the passage to the right of the mirrored landscape. The
    strength is ``M``.
    """

    landscape: LandscapeLike
    noise: NoiseModel
    strength: float
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
        """Return the logarithms of the scale and speed densities at ``x(ξ)``.

        Raises
        ------
        InputError
            If the loss is not finite there, or not positive although the noise needs it.
        """
        x = (self.position(displacement),)
        with np.errstate(all="ignore"):
            log_scale = np.asarray(self.noise.potential(self.landscape, x)) / self.strength
            log_modulation = np.log(np.asarray(self.noise.modulation(self.landscape, x)))
        is_allowed = np.isfinite(log_scale) & np.isfinite(log_modulation)
        if not is_allowed.all():
            raise self._refusal(displacement, np.broadcast_to(is_allowed, displacement.shape))
        log_scale = np.broadcast_to(log_scale, displacement.shape)
        return log_scale, -log_scale - log_modulation - np.log(self.strength)

    def _refusal(self, displacement: Array, is_allowed: NDArray[np.bool_]) -> InputError:
        worst = np.flatnonzero(~is_allowed)[0]
        place = self.position(displacement).flat[worst]
        kind = "positive and finite" if self.noise.needs_positive_loss else "finite"
        return InputError(
            f"the loss must be {kind} wherever the path can go, got L({place:.6g}) = "
            f"{self.loss(displacement).flat[worst]:.6g}; raise the loss floor or change the "
            "landscape"
        )
