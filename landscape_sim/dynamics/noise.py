"""How strong the gradient noise is where: the two isotropic noise models.

A noise model gives the diffusivity ``D(x)`` of the Itô equation
``dx = −∇L dt + sqrt(2 D(x)) dW``, in the time ``t = ηk`` of SGD.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from landscape_sim.landscapes.contract import Landscape


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

    def diffusivity(self, landscape: Landscape, x: Any) -> Any:
        """Return ``D(x)``, in units of position² per ``t``."""
        return self.temperature * landscape.loss(x)


class ConstantNoise(NamedTuple):
    """Noise of constant strength, ``D(x) = D``: gradient Langevin dynamics, the baseline.

    Attributes
    ----------
    diffusion : float
        ``D``, in units of position² per ``t``.
    """

    diffusion: float

    def diffusivity(self, landscape: Landscape, x: Any) -> Any:
        """Return ``D``, whatever ``x``."""
        return self.diffusion


NoiseModel = LossProportionalNoise | ConstantNoise
