r"""A data set: its own loss, gradients and exact noise covariance.

``L(θ) = (1/2N) Σ_μ [f(θ, x_μ) − y_μ]² = (1/N) Σ_μ ℓ_μ(θ)``, and nothing here is an average over
a population: two data sets of one law have two landscapes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import Position
from landscape_sim.models.contract import FeatureModel, RegressionModel, has_features
from landscape_sim.models.data_landscape import DataLandscape
from landscape_sim.validation import InputError, require_count

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DataSet:
    """A model with ``N`` inputs and targets.

    Attributes
    ----------
    model : RegressionModel
        Gives ``f`` and ``∂f``, all that SGD needs; a :class:`FeatureModel` gives the landscape of
        the data set as well.
    inputs : ndarray of float, shape (m, N)
        The components of ``x_μ``, one sample a column.
    targets : ndarray of float, shape (N,)
        ``y_μ``.

    Raises
    ------
    InputError
        If the shapes do not match, a value is not finite, or there are not more samples than
        coefficients to fit.
    """

    model: RegressionModel
    inputs: Array
    targets: Array

    def __post_init__(self) -> None:
        inputs = np.ascontiguousarray(self.inputs, dtype=np.float64)
        targets = np.ascontiguousarray(self.targets, dtype=np.float64)
        if inputs.ndim != 2 or targets.ndim != 1 or inputs.shape[1] != targets.size:
            raise InputError(
                "inputs must have the shape (m, N) and targets (N,), got "
                f"{inputs.shape} and {targets.shape}"
            )
        if not (np.isfinite(inputs).all() and np.isfinite(targets).all()):
            wrong = ~(np.isfinite(inputs).all(axis=0) & np.isfinite(targets))
            raise InputError(
                f"inputs and targets must be finite, got {np.count_nonzero(wrong)} samples of "
                f"{targets.size} that are not; drop those"
            )
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "targets", targets)
        n_free = len(self.features()) if has_features(self.model) else self.model.dimension
        if targets.size <= n_free:
            raise InputError(
                f"{targets.size} samples do not determine {n_free} coefficients (d ≥ N): the "
                "loss would vanish at its minimum; take more samples"
            )

    @property
    def n_samples(self) -> int:
        """``N``."""
        return self.targets.size

    def features(self) -> Array:
        """Return ``ψ_μ``, shape ``(n_features, N)``.

        Raises
        ------
        InputError
            If the model has no features.
        """
        return np.array(self._feature_model().features(tuple(self.inputs)))

    def _feature_model(self) -> FeatureModel:
        if has_features(self.model):
            return self.model
        raise InputError(
            f"{type(self.model).__name__} offers f and ∂f only: SGD runs, but the loss in closed "
            "form needs features and coefficients; see landscape_sim.models.FeatureModel"
        )

    def residuals(self, position: Position) -> Array:
        """Return ``f(θ, x_μ) − y_μ``, shape ``(N,)``."""
        residuals: Array = self.model.prediction(position, tuple(self.inputs)) - self.targets
        return residuals

    def sample_losses(self, position: Position) -> Array:
        """Return ``ℓ_μ(θ)``, shape ``(N,)``."""
        return np.asarray(0.5 * self.residuals(position) ** 2)

    def sample_gradients(self, position: Position) -> Array:
        """Return ``∇ℓ_μ(θ)``, shape ``(n, N)``."""
        slopes = np.array(self.model.prediction_gradient(position, tuple(self.inputs)))
        return np.asarray(self.residuals(position) * slopes)

    def sgd_jumps(self, learning_rate: float) -> Callable[[float], tuple[Array, Array]]:
        """Return the law of SGD's steps with single samples, in one dimension.

        It maps ``θ`` to the steps ``−η ∇ℓ_μ(θ)`` and their equal probabilities: the ``jumps`` of
        :func:`landscape_sim.discrete_mean_first_passage_time`.
        """
        equal = np.full(self.n_samples, 1.0 / self.n_samples)
        return lambda x: (-learning_rate * self.sample_gradients((x,))[0], equal)

    def noise_covariance(
        self, position: Position, batch_size: int, *, with_replacement: bool
    ) -> Array:
        r"""Return the exact covariance of the mini-batch gradient, shape ``(n, n)``.

        .. math:: Σ(θ) = \frac1B \, \frac{N-B}{N-1} \Big[\frac1N \sum_μ \nabla\ell_μ
                  \nabla\ell_μ^T - \nabla L \nabla L^T\Big]

        for a batch of distinct samples; for one drawn with replacement without ``(N−B)/(N−1)``.

        Raises
        ------
        InputError
            If the batch is larger than the data set.
        """
        gradients = self.sample_gradients(position)
        covariance = np.atleast_2d(np.cov(gradients, bias=True))
        batch_size = self.require_batch_size(batch_size)
        if with_replacement:
            return np.asarray(covariance / batch_size)
        n = self.n_samples
        return np.asarray(covariance / batch_size * (n - batch_size) / (n - 1))

    def require_batch_size(self, batch_size: int) -> int:
        """Return ``B``, or refuse it if it exceeds ``N``."""
        batch_size = require_count("batch_size", batch_size)
        if batch_size > self.n_samples:
            raise InputError(
                f"batch_size {batch_size} exceeds the {self.n_samples} samples of the data set; "
                "lower B or take more samples"
            )
        return batch_size

    @cached_property
    def landscape(self) -> DataLandscape:
        """The loss ``L(θ)`` in closed form.

        Raises
        ------
        InputError
            If the model has no features, or they are linearly dependent.
        """
        model = self._feature_model()
        features = self.features()
        moments = features @ features.T / self.n_samples
        if np.linalg.matrix_rank(moments) < len(moments):
            raise InputError("the features of the data are linearly dependent; drop one of them")
        centre = np.linalg.solve(moments, features @ self.targets / self.n_samples)
        floor = 0.5 * float(np.mean((self.targets - centre @ features) ** 2))
        rows = tuple(tuple(map(float, row)) for row in moments)
        return DataLandscape(model, floor, tuple(map(float, centre)), rows)

    def stability_bound(self, position: Position, momentum: float = 0.0) -> float:
        """Return ``2 (1 + μ)/h``: beyond it even gradient descent leaves the minimum.

        ``h`` is the largest eigenvalue of the Hessian at the position, a minimum. The bound is
        infinite where the loss is nowhere convex, and where the model gives no Hessian.
        """
        if not has_features(self.model):
            return math.inf
        largest: Any = np.linalg.eigvalsh(self.landscape.hessian(position))[-1]
        return 2.0 * (1.0 + momentum) / float(largest) if largest > 0 else math.inf

    def require_stable(
        self, position: Position, learning_rate: float, momentum: float = 0.0
    ) -> None:
        """Refuse a learning rate at which gradient descent leaves the minimum."""
        if learning_rate >= self.stability_bound(position, momentum):
            raise self.divergence("SGD diverges", position, learning_rate, momentum)

    def divergence(
        self, what: str, position: Position, learning_rate: float, momentum: float = 0.0
    ) -> InputError:
        """Return the refusal of a learning rate, with the stability bound where it is known."""
        bound = self.stability_bound(position, momentum)
        name = "2/h" if momentum == 0.0 else f"2 (1 + μ)/h at μ = {momentum:g}"
        hint = f": the stability bound {name} of gradient descent is {bound:.6g} here, and small"
        return InputError(
            f"{what} at learning rate {learning_rate:g}"
            f"{hint if math.isfinite(bound) else ': small'} batches need a lower one; lower "
            "learning_rate"
        )
