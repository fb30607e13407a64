"""How strong the noise of a stochastic differential equation is where: ``a(θ)``.

The equation is ``dθ = −∇L dt + sqrt(ε a(θ)) dW``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.landscapes.box import SearchBox, gradients, hessians, losses
from landscape_sim.landscapes.contract import LandscapeLike
from landscape_sim.large_deviations import differences
from landscape_sim.large_deviations.contract import Array


class Covariance(Protocol):
    """A field of symmetric matrices without negative eigenvalue, with two derivatives."""

    def matrix(self, position: Array, /) -> Array:
        """Return ``a(θ)``, shape ``(m, n, n)``."""

    def slope(self, position: Array, /) -> Array:
        """Return ``∂a_ij/∂θ_k``, shape ``(m, n, n, n)``."""

    def bend(self, position: Array, momentum: Array, /) -> Array:
        """Return ``∂²(½ pᵀ a p)/∂θ∂θ``, shape ``(m, n, n)``."""


@dataclass(frozen=True)
class ModulatedCovariance:
    """The covariance of a noise model, ``ε a = 2 s(θ) M``.

    Attributes
    ----------
    landscape : LandscapeLike
        On which ``s`` depends.
    noise : NoiseModel
        ``s`` and ``M``.
    noise_scale : float
        ``ε``.
    """

    landscape: LandscapeLike
    noise: NoiseModel
    noise_scale: float

    def _constant(self, dimension: int) -> Array:
        return np.asarray(2.0 / self.noise_scale * self.noise.matrix(dimension))

    def _modulation(self, position: Array) -> Array:
        if self.noise.follows_loss:
            return losses(self.landscape, position)
        value = self.noise.modulation(self.landscape, tuple(position.T))
        return np.broadcast_to(np.asarray(value, dtype=float), len(position))

    def matrix(self, position: Array) -> Array:
        """Return ``a(θ)``."""
        constant = self._constant(position.shape[1])
        return self._modulation(position)[:, None, None] * constant

    def slope(self, position: Array) -> Array:
        """Return ``∂a/∂θ``: exact where ``s = L`` or 1, by differences otherwise."""
        constant = self._constant(position.shape[1])
        if self.noise.is_constant:
            slopes = np.zeros_like(position)
        elif self.noise.follows_loss:
            slopes = gradients(self.landscape, position)
        else:
            slopes = differences.gradient(self._modulation, position, self._step)
        return np.asarray(constant[None, :, :, None] * slopes[:, None, None, :])

    def bend(self, position: Array, momentum: Array) -> Array:
        """Return ``∂²(½ pᵀ a p)/∂θ∂θ``."""
        constant = self._constant(position.shape[1])
        if self.noise.is_constant:
            bends = np.zeros((*position.shape, position.shape[1]))
        elif self.noise.follows_loss:
            bends = hessians(self.landscape, position)
        else:
            bends = differences.hessian(self._modulation, position, self._step)
        strength = 0.5 * np.einsum("mi,ij,mj->m", momentum, constant, momentum)
        return np.asarray(strength[:, None, None] * bends)

    @property
    def _step(self) -> float:
        return differences.STEP * float(SearchBox.of(self.landscape).width.min())


@dataclass(frozen=True)
class CovarianceField:
    """Any covariance, given as a function; its derivatives are taken by differences.

    Attributes
    ----------
    function : callable
        Maps positions, shape ``(m, n)``, to ``a(θ)``, shape ``(m, n, n)``.
    length : float
        Over which it varies.
    """

    function: Callable[[Array], Array]
    length: float = 1.0

    def matrix(self, position: Array) -> Array:
        """Return ``a(θ)``."""
        return self.function(position)

    def slope(self, position: Array) -> Array:
        """Return ``∂a/∂θ``."""
        return differences.gradient(self.function, position, differences.STEP * self.length)

    def bend(self, position: Array, momentum: Array) -> Array:
        """Return ``∂²(½ pᵀ a p)/∂θ∂θ``."""
        bends = differences.hessian(self.function, position, differences.STEP * self.length)
        return np.asarray(0.5 * np.einsum("mi,mijkl,mj->mkl", momentum, bends, momentum))
