r"""A data set: its own loss, gradients and exact noise covariance.

``L(θ) = (1/2N) Σ_μ [f(θ, x_μ) − y_μ]² = (1/N) Σ_μ ℓ_μ(θ)``, and nothing here is an average over
a population: two data sets of one law have two landscapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import Position
from landscape_sim.models.contract import FeatureModel
from landscape_sim.models.data_landscape import DataLandscape
from landscape_sim.validation import InputError, require_count

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DataSet:
    """A model with ``N`` inputs and targets.

    Attributes
    ----------
    model : FeatureModel
        Gives ``f`` and ``∂f``.
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

    model: FeatureModel
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
            raise InputError("inputs and targets must be finite; drop the samples that are not")
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "targets", targets)
        n_features = len(self.features())
        if targets.size <= n_features:
            raise InputError(
                f"{targets.size} samples do not determine {n_features} coefficients (d ≥ N): the "
                "loss would vanish at its minimum; take more samples"
            )

    @property
    def n_samples(self) -> int:
        """``N``."""
        return self.targets.size

    def features(self) -> Array:
        """Return ``ψ_μ``, shape ``(n_features, N)``."""
        return np.array(self.model.features(tuple(self.inputs)))

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
            If the features are linearly dependent.
        """
        features = self.features()
        moments = features @ features.T / self.n_samples
        if np.linalg.matrix_rank(moments) < len(moments):
            raise InputError("the features of the data are linearly dependent; drop one of them")
        centre = np.linalg.solve(moments, features @ self.targets / self.n_samples)
        floor = 0.5 * float(np.mean((self.targets - centre @ features) ** 2))
        rows = tuple(tuple(map(float, row)) for row in moments)
        return DataLandscape(self.model, floor, tuple(map(float, centre)), rows)

    def stability_bound(self, position: Position) -> float:
        """Return ``2/h``: beyond this learning rate even gradient descent leaves the minimum.

        ``h`` is the largest eigenvalue of the Hessian at the position, a minimum.
        """
        largest: Any = np.linalg.eigvalsh(self.landscape.hessian(position))[-1]
        return 2.0 / float(largest)
