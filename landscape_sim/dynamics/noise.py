"""How strong the gradient noise is where: isotropic noise, and what every noise model offers.

A noise model gives the diffusivity ``D(x) = s(x) M`` of the Itô equation
``dx = −∇L dt + sqrt(2 D(x)) dW``, in the time ``t = ηk`` of SGD, as a scalar
modulation ``s(x)``, the loss or 1, and a constant matrix ``M``. In the time ``τ`` of
``dτ = s(x) dt`` the noise is constant and the force is ``−∇U``, with the potential ``U``
of ``∇U = ∇L/s``.

Directions that carry no noise and do not move are a matter of the landscape: see
:class:`landscape_sim.landscapes.OutlierSection`.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import LandscapeLike
from landscape_sim.vectors import Vector, displace, scale


class NoiseModel(Protocol):
    """A NamedTuple whose methods the kernels compile; positions may be arrays elsewhere."""

    def modulation(self, landscape: LandscapeLike, x: Any, /) -> Any:
        """Return ``s(x)``."""

    def potential(self, landscape: LandscapeLike, x: Any, /) -> Any:
        """Return ``U(x)``, with ``∇U = ∇L/s``."""

    def kick(self, x: Any, amplitude: Any, normal: Any, /) -> Vector:
        """Return ``x + amplitude M^{1/2} normal``."""

    def spread(self, direction: Any, /) -> Any:
        """Return ``sqrt(eᵀ M e)`` for a unit vector ``e``."""

    def matrix(self, dimension: int, /) -> NDArray[np.float64]:
        """Return ``M``, shape ``(dimension, dimension)``."""

    def diffusivity_gradient(self, landscape: LandscapeLike, x: Any, /) -> Vector:
        """Return ``M ∇s(x)``."""


class LossProportionalNoise(NamedTuple):
    """Isotropic noise proportional to the loss, ``D(x) = T L(x)``.

    Attributes
    ----------
    temperature : float
        ``T = η h*/B``, dimensionless.

    References
    ----------
    Mori, Ziyin, Liu, Ueda, *Power-Law Escape Rate of SGD* (ICML 2022), Sec. 4.
    """

    temperature: float

    def modulation(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return ``s(x) = L(x)``."""
        return landscape.loss(x)

    def potential(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return ``U(x) = log L(x)``."""
        return np.log(landscape.loss(x))

    def kick(self, x: Any, amplitude: Any, normal: Any) -> Vector:
        """Return ``x + amplitude M^{1/2} normal``, ``M = T``."""
        return displace(x, amplitude * np.sqrt(self.temperature), normal)

    def spread(self, direction: Any) -> Any:
        """Return ``sqrt(eᵀ M e)`` for a unit vector ``e``."""
        return np.sqrt(self.temperature)

    def matrix(self, dimension: int) -> NDArray[np.float64]:
        """Return ``M``, shape ``(dimension, dimension)``."""
        return self.temperature * np.eye(dimension)

    def diffusivity_gradient(self, landscape: LandscapeLike, x: Any) -> Vector:
        """Return ``M ∇s(x) = T ∇L(x)``."""
        return scale(self.temperature, landscape.gradient(x))


class ConstantNoise(NamedTuple):
    """Isotropic noise of constant strength, ``D(x) = D``: gradient Langevin dynamics.

    Attributes
    ----------
    diffusion : float
        ``D``, in units of position² per ``t``.
    """

    diffusion: float

    def modulation(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return ``s(x) = 1``, whatever ``x``."""
        return 1.0

    def potential(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return ``U(x) = L(x)``."""
        return landscape.loss(x)

    def kick(self, x: Any, amplitude: Any, normal: Any) -> Vector:
        """Return ``x + amplitude M^{1/2} normal``, ``M = D``."""
        return displace(x, amplitude * np.sqrt(self.diffusion), normal)

    def spread(self, direction: Any) -> Any:
        """Return ``sqrt(eᵀ M e)`` for a unit vector ``e``."""
        return np.sqrt(self.diffusion)

    def matrix(self, dimension: int) -> NDArray[np.float64]:
        """Return ``M``, shape ``(dimension, dimension)``."""
        return self.diffusion * np.eye(dimension)

    def diffusivity_gradient(self, landscape: LandscapeLike, x: Any) -> Vector:
        """Return ``M ∇s = 0``."""
        return scale(0.0, x)
