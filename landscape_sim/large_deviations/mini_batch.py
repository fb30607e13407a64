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
from typing import Any

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
from landscape_sim.large_deviations.regression import RegressionHamiltonian
from landscape_sim.models import DataSet
from landscape_sim.models.contract import FeatureModel, has_features
from landscape_sim.validation import InputError


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
        c, d, turned = self._coefficients(position, momentum)
        value, by_c, by_d = self._regression.slopes(c, d)
        bent = np.einsum("mij,mj->mi", self._bent(position, by_d), momentum)
        by_position = np.einsum("mik,mk->mi", turned, by_c) + bent
        return Slopes(value, by_position, np.einsum("mik,mk->mi", turned, by_d))

    def curvatures(self, position: Array, momentum: Array) -> Curvatures:
        """Return the second derivatives; the third ones of the model are differences."""
        c, d, turned = self._coefficients(position, momentum)
        _, by_c, by_d = self._regression.slopes(c, d)
        second = self._regression.curvatures(c, d)
        bends = self._coefficient_bends(position)
        d_turned = np.einsum("mkij,mj->mik", bends, momentum)  # ∂d/∂θ
        by_x = turned @ second.mixed.transpose(0, 2, 1) + d_turned @ second.momentum
        crossed = d_turned @ second.mixed @ turned.transpose(0, 2, 1)
        third = differences.directional(self._coefficient_bends, position, momentum, self._step)
        return Curvatures(
            position=turned @ second.position @ turned.transpose(0, 2, 1)
            + crossed
            + crossed.transpose(0, 2, 1)
            + d_turned @ second.momentum @ d_turned.transpose(0, 2, 1)
            + np.einsum("mkij,mk->mij", bends, by_c)
            + np.einsum("mkij,mk->mij", third, by_d),
            mixed=turned @ by_x.transpose(0, 2, 1) + np.einsum("mkij,mk->mij", bends, by_d),
            momentum=turned @ second.momentum @ turned.transpose(0, 2, 1),
        )

    def spread(self, position: Array, momentum: Array) -> Array:
        """Return ``∂²H/∂p∂p`` alone."""
        c, d, turned = self._coefficients(position, momentum)
        return np.asarray(turned @ self._regression.spread(c, d) @ turned.transpose(0, 2, 1))

    def along_momentum(self, position: Array, momentum: Array, order: int) -> Array:
        """Return ``H`` and its derivatives in ``p``: the cumulants of the tilted kicks."""
        c, d, turned = self._coefficients(position, momentum)
        return self._regression.along(c, d, turned[:, 0], order)

    def _coefficients(self, position: Array, momentum: Array) -> tuple[Array, Array, Array]:
        """Return ``c``, ``d = p·∂c``, both ``(m, k)``, and ``∂c``, shape ``(m, n, k)``."""
        c = _rows(self._model.coefficients(tuple(position.T)), len(position))
        turned = self._coefficient_slopes(position)
        return c, np.einsum("mi,mik->mk", momentum, turned), turned

    @cached_property
    def _regression(self) -> RegressionHamiltonian:
        """The same in the coefficients of the features."""
        return RegressionHamiltonian(
            self._features,
            self.data.targets,
            self.learning_rate,
            self.batch_size,
            self.label_deviation,
        )

    @cached_property
    def _features(self) -> Array:
        return self.data.features()

    @property
    def _model(self) -> FeatureModel:
        return self.data.landscape.model

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

    def _coefficient_bends(self, position: Array) -> Array:
        """Return ``∂²c_k/∂θ∂θ``, shape ``(m, k, n, n)``, by differences: of all positions at once.

        The model's own second derivatives are for one position each, and some hundred times slower.
        """
        bends = differences.gradient(self._coefficient_slopes, position, self._step)
        return bends.transpose(0, 2, 1, 3)

    def _bent(self, position: Array, weights: Array) -> Array:
        """Return ``Σ_k w_k ∂²c_k/∂θ∂θ``, shape ``(m, n, n)``."""
        bends = self._coefficient_bends(position)
        return np.asarray(np.einsum("mkij,mk->mij", bends, weights))


def _rows(values: Iterable[Any], count: int) -> Array:
    """Return components, each an array or a number, as the last axis."""
    return np.stack([np.broadcast_to(value, count) for value in values], axis=-1)
