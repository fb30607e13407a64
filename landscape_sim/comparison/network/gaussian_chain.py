r"""First passages of the tangent model under Gaussian noise of its exact covariance, and less.

A step of SGD is a sum over all samples, ``Σ_μ w_μ ∇ℓ_μ``, with random counts ``w_μ``. Gaussian
weights of the same mean and covariance give Gaussian noise of the exact covariance

.. math:: Σ_1(z) = \frac1N \sum_μ \nabla\ell_μ \nabla\ell_μ^T - \nabla L \nabla L^T

of one sample's gradient wherever the path is, without that matrix ever being formed. Where there
are many samples and few directions the matrix itself costs less, as a polynomial in ``z``, and the
noise is of the same law. The chain is
``z' = z − Δ ∇L + sqrt(ε Δ) Σ_1^{1/2} ξ`` with ``ε = η/B``: with ``Δ = η`` it has the steps of SGD,
and for ``Δ → 0`` it is the stochastic differential equation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from landscape_sim.comparison.network.gradient_moments import GradientMoments
from landscape_sim.comparison.network.tangent_model import TangentModel
from landscape_sim.kernels.first_passage import MEAN_OVERSHOOT
from landscape_sim.results import FirstPassageSample

Array = NDArray[np.float64]

#: So many products of the polynomial take as long as what a sum over samples does with one feature
#: of one sample: random numbers, residuals, two products of matrices.
_PRODUCTS_OF_FEATURE = 2


class Ensemble:
    """Where the paths of a tangent model are, and what follows from that.

    Parameters
    ----------
    model : TangentModel
    positions : ndarray, shape (paths, n)
    """

    def __init__(self, model: TangentModel, positions: Array) -> None:
        self.model, self.positions = model, positions

    @cached_property
    def gradient(self) -> Array:
        """``∇L``, shape (paths, n)."""
        return self.positions * self.model.curvatures

    @cached_property
    def loss(self) -> Array:
        """``L``, shape (paths,)."""
        rise: Array = 0.5 * np.sum(self.positions * self.gradient, axis=1)
        return self.model.bowl.floor + rise

    @cached_property
    def residuals(self) -> NDArray[np.float32]:
        """``f_μ − y_μ``, shape (paths, N)."""
        targets = self.model.data.targets.astype(np.float32)
        return self.positions.astype(np.float32) @ self.model.single_features - targets

    @cached_property
    def second_moment(self) -> Array:
        """``(1/N) Σ ∇ℓ ∇ℓᵀ``, shape (paths, n, n)."""
        return self.model.gradient_moments.at(self.positions)


class ChainNoise(Protocol):
    """The covariance of one sample's gradient, as far as a rung of the chain keeps it."""

    def kicks(self, paths: Ensemble, generator: np.random.Generator) -> Array:
        """Return normal vectors of this covariance, shape (paths, n)."""

    def climbing(self, paths: Ensemble) -> Array:
        """Return ``∇Lᵀ Σ_1 ∇L``, shape (paths,)."""


@dataclass(frozen=True)
class SampleNoise:
    """``Σ_1(z)``, exact or without the mean taken off.

    Attributes
    ----------
    is_centred : bool
        False: the second moment ``(1/N) Σ ∇ℓ ∇ℓᵀ``, as if ``∇L ∇Lᵀ`` were nothing.
    """

    is_centred: bool = True

    def kicks(self, paths: Ensemble, generator: np.random.Generator) -> Array:
        """Return ``N^−½ Σ_μ ξ_μ ∇ℓ_μ``, with the mean of the ``ξ`` taken off where centred."""
        weights = generator.standard_normal(paths.residuals.shape, dtype=np.float32)
        if self.is_centred:
            weights -= weights.mean(axis=1, keepdims=True)
        features = paths.model.single_features
        summed: Array = ((weights * paths.residuals) @ features.T).astype(float)
        return summed / math.sqrt(features.shape[1])

    def climbing(self, paths: Ensemble) -> Array:
        """Return ``∇Lᵀ Σ_1 ∇L``."""
        slopes = paths.gradient.astype(np.float32) @ paths.model.single_features
        mean_square: Array = np.mean((paths.residuals * slopes) ** 2, axis=1, dtype=float)
        if self.is_centred:
            mean_square -= np.sum(paths.gradient**2, axis=1) ** 2
        return mean_square


@dataclass(frozen=True)
class MomentNoise:
    """The same as SampleNoise, from the matrix itself: fewer random numbers, and no samples.

    Attributes
    ----------
    is_centred : bool
        As for SampleNoise.
    """

    is_centred: bool = True

    def kicks(self, paths: Ensemble, generator: np.random.Generator) -> Array:
        """Return ``Σ_1^½ ξ``."""
        normal = generator.standard_normal(paths.positions.shape)
        found: Array = np.einsum("pij,pj->pi", _roots(self._covariance(paths)), normal)
        return found

    def climbing(self, paths: Ensemble) -> Array:
        """Return ``∇Lᵀ Σ_1 ∇L``."""
        slope = paths.gradient
        found: Array = np.einsum("pi,pij,pj->p", slope, self._covariance(paths), slope)
        return found

    def _covariance(self, paths: Ensemble) -> Array:
        if not self.is_centred:
            return paths.second_moment
        return paths.second_moment - paths.gradient[:, :, None] * paths.gradient[:, None, :]


def _roots(matrices: Array) -> Array:
    """Return matrices ``R`` with ``R Rᵀ`` equal to these, which may be singular."""
    try:
        return np.asarray(np.linalg.cholesky(matrices))
    except np.linalg.LinAlgError:
        strengths, axes = np.linalg.eigh(matrices)
        return np.asarray(axes * np.sqrt(np.maximum(strengths, 0.0))[:, None, :])


def sample_noise(model: TangentModel, *, is_centred: bool = True) -> ChainNoise:
    """Return the noise of the exact covariance, in the way that costs less for this model."""
    n, n_samples = model.data.inputs.shape
    is_shorter = GradientMoments.size(n) < _PRODUCTS_OF_FEATURE * n_samples * n
    return (MomentNoise if is_shorter else SampleNoise)(is_centred)


@dataclass(frozen=True)
class DecoupledNoise:
    """``2 L H`` with the eigenvalues of the model: the paper's approximation."""

    def kicks(self, paths: Ensemble, generator: np.random.Generator) -> Array:
        """Return normal vectors of this covariance."""
        normal = generator.standard_normal(paths.positions.shape)
        scale: Array = np.sqrt(2 * paths.loss[:, None] * paths.model.curvatures)
        return scale * normal

    def climbing(self, paths: Ensemble) -> Array:
        """Return ``2 L Σ h_i (∂_i L)²``."""
        found: Array = 2 * paths.loss * (paths.gradient**2 @ paths.model.curvatures)
        return found


# Wide: the noise, the steps, and how many paths are followed how far
def simulate_chain(
    model: TangentModel,
    noise: ChainNoise,
    levels: Sequence[float],
    *,
    noise_scale: float,
    time_step: float,
    is_diffusion: bool,
    n_paths: int,
    max_time: float,
    seed: int,
    after_step: Callable[[], None] = lambda: None,
) -> list[FirstPassageSample]:
    """Return when each path first reaches each level of the loss, right-censored.

    Parameters
    ----------
    model : TangentModel
    noise : ChainNoise
    levels : sequence of float
        Of the loss, rising.
    noise_scale, time_step : float
        ``ε = η/B`` and ``Δ``.
    is_diffusion : bool
        Whether the chain stands for the equation in continuous time: then a level counts as
        reached from where a path between two steps would on average have reached it.
    n_paths, max_time, seed
        As for :func:`~landscape_sim.ensembles.sgd.simulate_sgd_first_passage`.
    after_step : callable, optional
        Called after each step of all paths.

    References
    ----------
    E. Gobet, S. Menozzi, Stochastic Process. Appl. 120, 130 (2010).
    """
    generator = np.random.default_rng(seed)
    n_steps = math.floor(max_time / time_step * (1 + 1e-12))
    passed_at = np.zeros((len(levels), n_paths), dtype=np.int64)
    on_their_way = np.arange(n_paths)
    paths = Ensemble(model, np.tile(model.start, (n_paths, 1)))
    for step in range(1, n_steps + 1):
        kicks = math.sqrt(noise_scale * time_step) * noise.kicks(paths, generator)
        paths = Ensemble(model, paths.positions - time_step * paths.gradient + kicks)
        seen = paths.loss
        if is_diffusion:
            ahead = noise_scale * time_step * np.maximum(noise.climbing(paths), 0.0)
            seen = seen + MEAN_OVERSHOOT * np.sqrt(ahead)
        # Written so that what has diverged has passed.
        has_passed = ~(seen < np.asarray(levels)[:, None])
        known = passed_at[:, on_their_way]
        passed_at[:, on_their_way] = np.where(has_passed & (known == 0), step, known)
        is_left = ~has_passed[-1]
        on_their_way = on_their_way[is_left]
        after_step()
        if not on_their_way.size:
            break
        if not is_left.all():  # else what is known where the paths are stands
            paths = Ensemble(model, paths.positions[is_left])
    is_censored = passed_at == 0
    times = np.where(is_censored, n_steps, passed_at) * time_step
    return [FirstPassageSample(*row) for row in zip(times, is_censored, strict=True)]
