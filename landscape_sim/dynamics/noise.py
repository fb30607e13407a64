"""How strong the gradient noise is where: the two isotropic noise models.

A noise model gives the diffusivity ``D(x) = D₀ s(x)`` of the Itô equation
``dx = −∇L dt + sqrt(2 D(x)) dW``, in the time ``t = ηk`` of SGD, as a constant
strength ``D₀`` and a modulation ``s(x)``. In the time ``τ`` of ``dτ = s(x) dt``
the noise is constant.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from landscape_sim.landscapes.contract import Landscape
from landscape_sim.vectors import Vector, scale


class LossProportionalNoise(NamedTuple):
    """Noise proportional to the loss, ``D(x) = T L(x)``, isotropic in the outlier subspace.

    Attributes
    ----------
    temperature : float
        ``T = η h*/B``, dimensionless.

    References
    ----------
    Mori, Ziyin, Liu, Ueda, *Power-Law Escape Rate of SGD* (ICML 2022), Sec. 4.
    """

    temperature: float

    def strength(self) -> float:
        """Return ``D₀ = T``."""
        return self.temperature

    def modulation(self, landscape: Landscape, x: Any) -> Any:
        """Return ``s(x) = L(x)``."""
        return landscape.loss(x)

    def diffusivity_gradient(self, landscape: Landscape, x: Any) -> Vector:
        """Return ``∇D(x) = T ∇L(x)``."""
        return scale(self.temperature, landscape.gradient(x))


class ConstantNoise(NamedTuple):
    """Noise of constant strength, ``D(x) = D``: gradient Langevin dynamics, the baseline.

    Attributes
    ----------
    diffusion : float
        ``D``, in units of position² per ``t``.
    """

    diffusion: float

    def strength(self) -> float:
        """Return ``D₀ = D``."""
        return self.diffusion

    def modulation(self, landscape: Landscape, x: Any) -> Any:
        """Return ``s(x) = 1``, whatever ``x``."""
        return 1.0

    def diffusivity_gradient(self, landscape: Landscape, x: Any) -> Vector:
        """Return ``∇D = 0``."""
        return scale(0.0, x)


NoiseModel = LossProportionalNoise | ConstantNoise
