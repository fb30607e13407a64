r"""The Hamiltonian of a stochastic differential equation: Gaussian noise of any covariance.

.. math:: dθ = −∇L \, dt + \sqrt{ε a(θ)} \, dW, \qquad
          H(θ, p) = −∇L·p + \tfrac12 p^T a(θ) p.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape_sim.dynamics.noise import NoiseModel, check_noise
from landscape_sim.landscapes.box import SearchBox, gradients, hessians
from landscape_sim.landscapes.contract import LandscapeLike
from landscape_sim.large_deviations import differences
from landscape_sim.large_deviations.contract import Array, Curvatures, Slopes
from landscape_sim.large_deviations.covariance import (
    Covariance,
    CovarianceField,
    ModulatedCovariance,
)
from landscape_sim.validation import require_positive


@dataclass(frozen=True)
class DiffusionHamiltonian:
    """``H = −∇L·p + ½ pᵀ a p``.

    Attributes
    ----------
    landscape : LandscapeLike
        ``L``.
    covariance : Covariance
        ``a(θ)``.
    noise_scale : float
        ``ε``. Rates depend on ``ε a`` alone.
    """

    landscape: LandscapeLike
    covariance: Covariance
    noise_scale: float

    @classmethod
    def of_noise(
        cls, landscape: LandscapeLike, noise: NoiseModel, noise_scale: float = 1.0
    ) -> DiffusionHamiltonian:
        """Return that of a noise model, ``ε a = 2 s(θ) M``.

        Raises
        ------
        InputError
            If the noise is no model for this landscape, or ``noise_scale`` not positive.

        Examples
        --------
        >>> from landscape_sim.dynamics import LossProportionalNoise
        >>> from landscape_sim.landscapes import QuarticDoubleWell
        >>> well = QuarticDoubleWell(floor=0.25, barrier=1.0)
        >>> hamiltonian = DiffusionHamiltonian.of_noise(well, LossProportionalNoise(0.1))
        >>> x, p = np.array([[-0.5]]), np.array([[2.0]])  # H = −L' p + T L p²
        >>> round(float(hamiltonian.slopes(x, p).value[0]), 6)
        -2.675
        """
        noise_scale = require_positive("noise_scale", noise_scale)
        check_noise(noise, len(landscape.search_box()))
        return cls(landscape, ModulatedCovariance(landscape, noise, noise_scale), noise_scale)

    @property
    def kicks_per_step(self) -> int:
        """Zero: time is continuous."""
        return 0

    @property
    def dimension(self) -> int:
        """``n``."""
        return len(self.landscape.search_box())

    def slopes(self, position: Array, momentum: Array) -> Slopes:
        """Return ``H`` and its first derivatives."""
        force = -gradients(self.landscape, position)
        kick = np.einsum("mij,mj->mi", self.covariance.matrix(position), momentum)
        value = np.sum(momentum * (force + 0.5 * kick), axis=1)
        turning = np.einsum("mij,mj->mi", hessians(self.landscape, position), momentum)
        growth = 0.5 * np.einsum(
            "mi,mijk,mj->mk", momentum, self.covariance.slope(position), momentum
        )
        return Slopes(value, growth - turning, force + kick)

    def curvatures(self, position: Array, momentum: Array) -> Curvatures:
        """Return the second derivatives; the third ones of the loss are differences."""
        step = differences.STEP * float(SearchBox.of(self.landscape).width.min())
        third = differences.directional(
            lambda x: hessians(self.landscape, x), position, momentum, step
        )
        growth = np.einsum("mijk,mj->mik", self.covariance.slope(position), momentum)
        return Curvatures(
            position=self.covariance.bend(position, momentum) - third,
            mixed=growth - hessians(self.landscape, position),
            momentum=self.covariance.matrix(position),
        )

    def spread(self, position: Array, momentum: Array) -> Array:
        """Return ``∂²H/∂p∂p = a``."""
        return self.covariance.matrix(position)

    def along_momentum(self, position: Array, momentum: Array, order: int) -> Array:
        """Return ``H`` and its derivatives in ``p``; those beyond the second are zero."""
        force = -gradients(self.landscape, position)[:, 0]
        strength, p = self.covariance.matrix(position)[:, 0, 0], momentum[:, 0]
        known = [p * (force + 0.5 * strength * p), force + strength * p, strength]
        return np.stack([*known, np.zeros_like(p), np.zeros_like(p)][: order + 1])


def diffusion_of_field(
    landscape: LandscapeLike, covariance: CovarianceField, noise_scale: float
) -> DiffusionHamiltonian:
    """Return the Hamiltonian of ``dθ = −∇L dt + sqrt(ε a) dW`` for a covariance of one's own.

    Raises
    ------
    InputError
        If ``noise_scale`` or the length of the field is not positive.
    """
    require_positive("length of the covariance field", covariance.length)
    return DiffusionHamiltonian(landscape, covariance, require_positive("noise_scale", noise_scale))
