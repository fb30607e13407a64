r"""The Hamiltonian of SGD itself: the law of a mini-batch's kicks, with all its cumulants.

A step of SGD is ``θ' = θ − (η/B) Σ_b ∇ℓ_{μ_b}(θ)`` with ``B`` samples drawn with replacement, a
sum of ``B`` independent kicks, so that with ``ε = η/B``

.. math:: H(θ, p) = \log \frac1N \sum_μ \exp E_μ(θ, p), \qquad
          E_μ = −p·∇\ell_μ = −r_μ q_μ, \quad r_μ = f_μ − y_μ, \quad q_μ = p·∂f_μ.

Normal label noise of deviation ``s``, drawn afresh for every sample of every batch, adds
``½ s² q_μ²`` to ``E_μ``. Nothing is an average over a population: two data sets of one law have
two Hamiltonians.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from landscape_sim.dynamics.sgd import (
    SGD,
    FixedLabels,
    GaussianLabelNoise,
    UpdateRule,
    check_rule,
)
from landscape_sim.landscapes.box import SearchBox
from landscape_sim.large_deviations import differences
from landscape_sim.large_deviations.contract import Array, Curvatures, Slopes
from landscape_sim.models import DataSet
from landscape_sim.models.contract import FeatureModel, has_features
from landscape_sim.validation import InputError


class _Samples(NamedTuple):
    """Residuals ``r``, shape ``(m, N)``, and ``∂f``, shape ``(m, n, N)``."""

    residuals: Array
    slopes: Array


@dataclass(frozen=True, eq=False)
class MiniBatchHamiltonian:
    """``H = log (1/N) Σ_μ exp(−p·∇ℓ_μ)``.

    Attributes
    ----------
    data : DataSet
        The samples and their model, which needs features: see :class:`FeatureModel`.
    learning_rate : float
        ``η``.
    batch_size : int
        ``B``.
    label_deviation : float
        Of normal label noise; zero for labels as they are.
    """

    data: DataSet
    learning_rate: float
    batch_size: int
    label_deviation: float = 0.0

    @classmethod
    def of_rule(cls, data: DataSet, rule: UpdateRule) -> MiniBatchHamiltonian:
        """Return that of SGD by this rule.

        Raises
        ------
        InputError
            If the rule is not plain SGD, the model gives no second derivative, or the label
            noise has no exponential moment.

        Examples
        --------
        >>> from landscape_sim.models import phase_regression
        >>> data = phase_regression(label_noise=1.0, n_samples=1000, seed=0)
        >>> hamiltonian = MiniBatchHamiltonian.of_rule(data, SGD(0.5, batch_size=1))
        >>> x, p = np.array([[1.0]]), np.array([[0.0]])  # ∂H/∂p = −L' at p = 0
        >>> slopes = hamiltonian.slopes(x, p)
        >>> round(float(slopes.momentum[0, 0] + data.landscape.gradient((1.0,))[0]), 12)
        0.0
        """
        if not isinstance(rule, SGD):
            raise InputError(
                f"{type(rule).__name__} has a velocity beside the position; the law is known for "
                "plain SGD: take SGD(learning_rate, batch_size)"
            )
        check_rule(rule)
        if not isinstance(rule.label_noise, FixedLabels | GaussianLabelNoise):
            raise InputError(
                f"under {type(rule.label_noise).__name__} E exp(−p·∇ℓ) is infinite for every p but "
                "0: the tail is too heavy for a law of large deviations; take GaussianLabelNoise"
            )
        if not has_features(data.model):
            raise InputError(
                f"{type(data.model).__name__} offers f and ∂f only; the Hamiltonian needs the "
                "second derivatives of a FeatureModel"
            )
        size = data.require_batch_size(rule.batch_size)
        return cls(data, float(rule.learning_rate), size, float(rule.label_noise.deviation))

    @property
    def noise_scale(self) -> float:
        """``ε = η/B``."""
        return self.learning_rate / self.batch_size

    @property
    def kicks_per_step(self) -> int:
        """``B``."""
        return self.batch_size

    @property
    def dimension(self) -> int:
        """``n``."""
        return self.data.model.dimension

    def slopes(self, position: Array, momentum: Array) -> Slopes:
        """Return ``H`` and its first derivatives."""
        samples = self._samples(position)
        q = np.einsum("mi,miN->mN", momentum, samples.slopes)
        value, weights = _tilted(self._exponents(samples.residuals, q))
        force = self._force(samples.residuals, q)  # ∂E/∂q
        by_position = np.einsum("mN,mN,miN->mi", weights, -q, samples.slopes)
        bent = self._mean_bends(position, weights * force)
        return Slopes(
            value,
            by_position + np.einsum("mij,mj->mi", bent, momentum),
            np.einsum("mN,mN,miN->mi", weights, force, samples.slopes),
        )

    def curvatures(self, position: Array, momentum: Array) -> Curvatures:
        """Return the second derivatives; the third ones of the model are differences."""
        samples = self._samples(position)
        slopes, s2 = samples.slopes, self.label_deviation**2
        q = np.einsum("mi,miN->mN", momentum, slopes)
        _, weights = _tilted(self._exponents(samples.residuals, q))
        force = self._force(samples.residuals, q)
        turned = np.einsum("mijN,mj->miN", self._bends(position), momentum)  # ∂q/∂θ
        by_p = force[:, None] * slopes
        by_x = force[:, None] * turned - q[:, None] * slopes
        crossed = _mean_outer(weights, turned, slopes)
        mean_square = _mean_outer(weights, slopes, slopes)
        position_part = (
            s2 * _mean_outer(weights, turned, turned)
            - crossed
            - crossed.transpose(0, 2, 1)
            - self._mean_bends(position, weights * q)
            + self._third(position, momentum, weights * force)
        )
        mixed_part = (
            s2 * crossed.transpose(0, 2, 1)
            - mean_square
            + self._mean_bends(position, weights * force)
        )
        return Curvatures(
            position=position_part + _covariance(weights, by_x, by_x),
            mixed=mixed_part + _covariance(weights, by_p, by_x),
            momentum=s2 * mean_square + _covariance(weights, by_p, by_p),
        )

    def spread(self, position: Array, momentum: Array) -> Array:
        """Return ``∂²H/∂p∂p`` alone."""
        samples = self._samples(position)
        q = np.einsum("mi,miN->mN", momentum, samples.slopes)
        _, weights = _tilted(self._exponents(samples.residuals, q))
        kicks = self._force(samples.residuals, q)[:, None] * samples.slopes
        own = self.label_deviation**2 * _mean_outer(weights, samples.slopes, samples.slopes)
        return np.asarray(own + _covariance(weights, kicks, kicks))

    def along_momentum(self, position: Array, momentum: Array, order: int) -> Array:
        """Return ``H`` and its derivatives in ``p``: the cumulants of the tilted kicks."""
        samples, s2 = self._samples(position), self.label_deviation**2
        slopes = samples.slopes[:, 0]
        q = momentum * slopes
        value, weights = _tilted(self._exponents(samples.residuals, q))
        kicks = self._force(samples.residuals, q) * slopes
        # Given the sample, label noise makes the kick normal, of this variance.
        spread = s2 * slopes * slopes
        mean = np.sum(weights * kicks, axis=1)
        known = [value, mean]
        if order > 1:
            away = kicks - mean[:, None]
            square = away * away
            second = np.sum(weights * (square + spread), axis=1)
            known.append(second)
        if order > 2:
            known.append(np.sum(weights * away * (square + 3 * spread), axis=1))
            fourth = np.sum(
                weights * (square * (square + 6 * spread) + 3 * spread * spread), axis=1
            )
            known.append(fourth - 3 * second**2)
        return np.stack(known[: order + 1])

    @cached_property
    def _features(self) -> Array:
        return self.data.features()

    @property
    def _model(self) -> FeatureModel:
        return self.data.landscape.model

    def _samples(self, position: Array) -> _Samples:
        """Return what the samples say, from ``f = c(θ)·ψ_μ``: as fast as a product of matrices."""
        coefficients = _rows(self._model.coefficients(tuple(position.T)), len(position))
        return _Samples(
            coefficients @ self._features - self.data.targets,
            self._coefficient_slopes(position) @ self._features,
        )

    def _coefficient_slopes(self, position: Array) -> Array:
        """Return ``∂c_k/∂θ``, shape ``(m, n, k)``."""
        columns, units = tuple(position.T), np.eye(len(self._features))
        slopes = [
            _rows(self._model.pull_back(columns, tuple(unit)), len(position)) for unit in units
        ]
        return np.stack(slopes, axis=-1)

    @property
    def _step(self) -> float:
        return differences.STEP * float(SearchBox.of(self.data.landscape).width.min())

    def _exponents(self, residuals: Array, q: Array) -> Array:
        return np.asarray(-residuals * q + 0.5 * self.label_deviation**2 * q**2)

    def _force(self, residuals: Array, q: Array) -> Array:
        return np.asarray(self.label_deviation**2 * q - residuals)

    def _coefficient_bends(self, position: Array) -> Array:
        """Return ``∂²c_k/∂θ∂θ``, shape ``(m, k, n, n)``, by differences: of all positions at once.

        The model's own second derivatives are for one position each, and some hundred times slower.
        """
        bends = differences.gradient(self._coefficient_slopes, position, self._step)
        return bends.transpose(0, 2, 1, 3)

    def _bends(self, position: Array) -> Array:
        """Return ``∂²f_μ/∂θ∂θ``, shape ``(m, n, n, N)``."""
        bends = self._coefficient_bends(position)
        return np.asarray(np.einsum("mkij,kN->mijN", bends, self._features))

    def _mean_bends(self, position: Array, weights: Array) -> Array:
        """Return ``Σ_μ w_μ ∂²f_μ/∂θ∂θ``, shape ``(m, n, n)``."""
        features = weights @ self._features.T
        return np.asarray(np.einsum("mkij,mk->mij", self._coefficient_bends(position), features))

    def _third(self, position: Array, momentum: Array, weights: Array) -> Array:
        """Return ``Σ_μ w_μ ∂³f_μ·p``, shape ``(m, n, n)``."""
        features = weights @ self._features.T
        third = differences.directional(self._coefficient_bends, position, momentum, self._step)
        return np.asarray(np.einsum("mkij,mk->mij", third, features))


def _rows(values: Iterable[Any], count: int) -> Array:
    """Return components, each an array or a number, as the last axis."""
    return np.stack([np.broadcast_to(value, count) for value in values], axis=-1)


def _tilted(exponents: Array) -> tuple[Array, Array]:
    """Return ``log (1/N) Σ exp E`` and the weights that ``exp E`` gives the samples.

    Close to ``p = 0`` the logarithm is of one plus something small, which keeps its digits.
    """
    top = exponents.max(axis=1, keepdims=True)
    beyond = np.expm1(exponents - top)
    mean = beyond.mean(axis=1)
    value = top[:, 0] + np.log1p(mean)
    weights = (1.0 + beyond) / (exponents.shape[1] * (1.0 + mean[:, None]))
    return value, weights


def _mean_outer(weights: Array, left: Array, right: Array) -> Array:
    return np.asarray((weights[:, None] * left) @ right.transpose(0, 2, 1))


def _covariance(weights: Array, left: Array, right: Array) -> Array:
    means = [np.einsum("mN,miN->mi", weights, part) for part in (left, right)]
    centred = left - means[0][:, :, None]
    return _mean_outer(weights, centred, right - means[1][:, :, None])
