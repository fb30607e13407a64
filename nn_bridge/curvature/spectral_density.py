"""Spectral density, trace and trace of the square of an operator, by Lanczos quadrature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from landscape_sim.estimators.student import FEWEST, student_error
from landscape_sim.validation import InputError, require_count, require_positive
from nn_bridge.curvature.eigenpairs import TopEigenpairs
from nn_bridge.memory import require_memory

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator


@dataclass(frozen=True)
class SpectralDensity:
    """A spectrum as known eigenvalues and weighted nodes for the rest.

    Attributes
    ----------
    outliers : ndarray, shape (k,)
        Eigenvalues that were taken out beforehand; each counts once.
    nodes, weights : ndarray, shape (n_probes, n_steps)
        For every probe, ``Σ_j w_j f(x_j)`` estimates ``Σ f(λ)`` over the other ``P − k``.
    dimension : int
        ``P``.
    """

    outliers: NDArray[np.float64]
    nodes: NDArray[np.float64]
    weights: NDArray[np.float64]
    dimension: int

    @property
    def lowest_node(self) -> float:
        """Smallest Ritz value: at least the lowest eigenvalue, and close to it if that is apart."""
        return float(self.nodes[self.weights > 0].min())

    @property
    def trace(self) -> tuple[float, float]:
        """``Tr H`` and its standard error, Student's for so few probes."""
        return self._sum_of_power(1)

    @property
    def trace_of_square(self) -> tuple[float, float]:
        """``Tr H²`` and its standard error, likewise."""
        return self._sum_of_power(2)

    def _sum_of_power(self, power: int) -> tuple[float, float]:
        probes = np.sum(self.weights * self.nodes**power, axis=1)
        return float(np.sum(self.outliers**power) + probes.mean()), student_error(probes)

    def density(self, grid: NDArray[np.float64], width: float) -> NDArray[np.float64]:
        """Return the density of eigenvalues on ``grid``, smoothed by Gaussians of ``width``.

        Its integral is 1: the expected share of the ``P`` eigenvalues.
        """
        width = require_positive("width", width)
        locations = np.concatenate([self.outliers, self.nodes.ravel()])
        weights = np.concatenate(
            [np.ones(self.outliers.size), self.weights.ravel() / len(self.nodes)]
        )
        result = np.zeros(grid.shape)
        for location, weight in zip(locations, weights, strict=True):
            result += weight * np.exp(-0.5 * ((grid - location) / width) ** 2)
        result /= self.dimension * width * np.sqrt(2 * np.pi)
        return result


def spectral_density(
    operator: LinearOperator,
    known: TopEigenpairs,
    *,
    n_probes: int = 4,
    n_steps: int = 60,
    seed: int = 0,
    after_product: Callable[[], None] | None = None,
) -> SpectralDensity:
    """Return the spectrum of a symmetric operator by stochastic Lanczos quadrature.

    The known eigenvectors are projected out first, so the outliers, which dominate the
    variance of such estimates, are exact, and the probes see the rest alone. Each Lanczos
    vector is orthogonalised twice against all before it.

    Parameters
    ----------
    operator : LinearOperator
        Symmetric, P × P.
    known : TopEigenpairs
    n_probes : int
        Random vectors of signs, at least 4; the errors fall with their square root.
    n_steps : int
        Lanczos steps, at most ``P − k``: moments up to ``2 n_steps − 1`` are those of the probe.
    seed : int
    after_product : callable, optional
        Called after each product, for a progress bar.

    Raises
    ------
    InputError
        If the numbers are out of range or the vectors would not fit into the free memory.

    References
    ----------
    S. Ubaru, J. Chen, Y. Saad, SIAM J. Matrix Anal. Appl. 38, 1075 (2017).
    """
    dimension, k = known.vectors.shape
    n_probes = require_count("n_probes", n_probes, minimum=FEWEST)
    if require_count("n_steps", n_steps) > dimension - k:
        raise InputError(
            f"n_steps {n_steps} is beyond the {dimension - k} unknown eigenvalues; lower it"
        )
    require_memory(
        8 * dimension * (n_steps + k + 4),
        f"{n_steps} Lanczos vectors of {dimension} parameters",
        "lower the number of steps",
    )
    generator = np.random.default_rng(seed)
    nodes, weights = np.zeros((2, n_probes, n_steps))
    for probe in range(n_probes):
        signs = generator.choice([-1.0, 1.0], size=dimension)
        start = signs - known.vectors @ (known.vectors.T @ signs)
        ritz, share = _lanczos(operator, start, known.vectors, n_steps, after_product)
        nodes[probe, : ritz.size] = ritz
        weights[probe, : ritz.size] = share * float(start @ start)
    return SpectralDensity(known.values, nodes, weights, dimension)


def _lanczos(
    operator: LinearOperator,
    start: NDArray[np.float64],
    excluded: NDArray[np.float64],
    n_steps: int,
    after_product: Callable[[], None] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Ritz values and the squared first components of their vectors."""
    from scipy.linalg import eigh_tridiagonal

    basis = np.empty((n_steps, start.size))
    basis[0] = start / np.linalg.norm(start)
    diagonal: list[float] = []
    off_diagonal: list[float] = []
    for step in range(n_steps):
        vector = operator.matvec(basis[step])
        if after_product is not None:
            after_product()
        diagonal.append(float(basis[step] @ vector))
        for _ in range(2):
            vector -= basis[: step + 1].T @ (basis[: step + 1] @ vector)
            vector -= excluded @ (excluded.T @ vector)
        norm = float(np.linalg.norm(vector))
        # An invariant subspace: what is left is rounding.
        if step + 1 == n_steps or norm <= 1e-12 * max(map(abs, diagonal)):
            break
        off_diagonal.append(norm)
        basis[step + 1] = vector / norm
    values, vectors = eigh_tridiagonal(diagonal, off_diagonal)
    return values, vectors[0] ** 2
