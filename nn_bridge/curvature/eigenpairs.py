"""The largest eigenvalues of a symmetric operator, none lost and none counted twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from landscape_sim.validation import InputError, require_count
from nn_bridge.curvature.symmetry import require_symmetric
from nn_bridge.memory import require_memory

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

#: Residual over the eigenvalue that is asked of ARPACK.
_TOLERANCE = 1e-9
#: The same where it is only asked whether there is a larger eigenvalue at all.
_LOOSE_TOLERANCE = 1e-4
#: Residual over the largest eigenvalue that is put up with: rounding may take what was asked for
#: a thousand times over, and the eigenvalue is still right to six figures.
_ACCURACY = 1e-6

_Product = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class TopEigenpairs:
    """The largest eigenvalues of a symmetric operator.

    Attributes
    ----------
    values : ndarray, shape (k,)
        In descending order.
    vectors : ndarray, shape (P, k)
        Orthonormal columns.
    residuals : ndarray, shape (k,)
        ``|H v − λ v|``: an eigenvalue of H lies at most this far from each value.
    """

    values: NDArray[np.float64]
    vectors: NDArray[np.float64]
    residuals: NDArray[np.float64]


def top_eigenpairs(
    operator: LinearOperator,
    n_eigenvalues: int,
    *,
    seed: int = 0,
    after_product: Callable[[], None] | None = None,
) -> TopEigenpairs:
    """Return the algebraically largest eigenvalues by restarted Lanczos (ARPACK) and deflation.

    ARPACK orthogonalises every Lanczos vector against all others. Without that, the largest
    eigenvalues come back as copies that a naive count takes for further outliers. Of an eigenvalue
    that there is several times, one start vector sees one copy only: what was found is taken out,
    and the rest is searched until it holds nothing larger.

    Parameters
    ----------
    operator : LinearOperator
        Symmetric, P × P.
    n_eigenvalues : int
        ``k < P``.
    seed : int
        Of the start vector.
    after_product : callable, optional
        Called after each product, for a progress bar.

    Raises
    ------
    InputError
        If ``k`` is not below ``P``, the vectors would not fit into the free memory, the operator
        is not symmetric, or the iteration does not converge.
    """
    dimension, k = operator.shape[0], require_count("n_eigenvalues", n_eigenvalues)
    if k >= dimension:
        raise InputError(f"n_eigenvalues {k} must be below the {dimension} parameters; ask fewer")
    n_vectors = _n_lanczos(k, dimension)
    require_memory(
        8 * dimension * (n_vectors + 2 * k + 4),
        f"Lanczos with {n_vectors} vectors of {dimension} parameters",
        "ask for fewer eigenvalues",
    )

    def counted(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        product: NDArray[np.float64] = operator.matvec(vector)
        if after_product is not None:
            after_product()
        return product

    generator = np.random.default_rng(seed)
    start, second = generator.standard_normal((2, dimension))
    if not require_symmetric(counted, start, second):
        # No product with a random vector is zero unless all are.
        vectors = np.linalg.qr(generator.standard_normal((dimension, k)))[0]
        return TopEigenpairs(np.zeros(k), vectors, np.zeros(k))
    values, vectors = _largest(counted, k, start, _TOLERANCE)
    while True:
        size = float(np.abs(values).max())
        rest = _without(counted, vectors, 2 * size)
        if _largest(rest, 1, second, _LOOSE_TOLERANCE)[0][0] <= values[-1] + _ACCURACY * size:
            break
        more, directions = _largest(rest, k, second, _TOLERANCE)
        values, vectors = np.concatenate([values, more]), np.hstack([vectors, directions])
        order = np.argsort(values)[::-1][:k]
        values, vectors = values[order], vectors[:, order]
    return _with_residuals(counted, values, vectors)


def _n_lanczos(k: int, dimension: int) -> int:
    return min(max(2 * k + 1, 20), dimension)


def _largest(
    product: _Product, k: int, start: NDArray[np.float64], tolerance: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ``k`` largest eigenvalues that a start vector sees, descending, and vectors."""
    from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, LinearOperator, eigsh

    n = start.size
    operator = LinearOperator((n, n), matvec=product, dtype=np.float64)
    try:
        values, vectors = eigsh(
            operator, k, which="LA", v0=start, ncv=_n_lanczos(k, n), tol=tolerance
        )
    except ArpackNoConvergence as error:
        raise InputError(
            f"only {len(error.eigenvalues)} of {k} eigenvalues converged; ask for fewer"
        ) from error
    except ArpackError as error:
        raise InputError(f"Lanczos failed ({error}); ask for fewer eigenvalues") from error
    order = np.argsort(values)[::-1]
    return values[order], vectors[:, order]


def _without(product: _Product, vectors: NDArray[np.float64], depth: float) -> _Product:
    """Return the product with the operator whose eigenvalues along ``vectors`` are ``−depth``."""

    def deflated(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        vector = vector.reshape(-1)
        along = vectors.T @ vector
        found = product(vector - vectors @ along)
        return found - vectors @ (vectors.T @ found + depth * along)

    return deflated


def _with_residuals(
    product: _Product, values: NDArray[np.float64], vectors: NDArray[np.float64]
) -> TopEigenpairs:
    residuals = np.array(
        [
            float(np.linalg.norm(product(v) - value * v))
            for value, v in zip(values, vectors.T, strict=True)
        ]
    )
    allowed = _ACCURACY * float(np.abs(values).max())
    if not residuals.max() <= allowed:
        raise InputError(
            f"an eigenvalue has residual {residuals.max():.3g}, beyond {allowed:.3g}, a millionth "
            "of the largest: the products are too inexact; ask for fewer eigenvalues"
        )
    return TopEigenpairs(values, vectors, residuals)
