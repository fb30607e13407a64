"""The largest eigenvalues of the Gauss–Newton matrix, by whichever of two ways is the quicker."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.curvature.eigenpairs import top_eigenpairs
from nn_bridge.curvature.hessian import gauss_newton_operator
from nn_bridge.data.datasets import Dataset
from nn_bridge.gradients.gram import output_gradients

BY_GRAM = "Gram matrix of the outputs' gradients"
BY_LANCZOS = "Lanczos on products with the matrix"
#: Rows of a Gram matrix that is diagonalised in seconds, before Lanczos would have begun.
_MOST_ROWS = 3000


def gauss_newton_eigenvalues(
    network: nn.Module,
    dataset: Dataset,
    loss: str,
    n_eigenvalues: int,
    *,
    seed: int = 0,
    after_product: Callable[[], None] | None = None,
) -> tuple[NDArray[np.float64], str]:
    """Return the largest eigenvalues of the Gauss–Newton matrix, and how they were found.

    With the mean-square loss they are, zeros apart, those of the Gram matrix of the ``N K``
    gradients ``∇f_k(x_μ)``, divided by ``N``: that is exact and shares nothing with the
    products that the Hessian's eigenvalues come from. It is used where it has 3000 rows at most,
    samples do not depend on one another, and it fits; otherwise Lanczos on
    :func:`gauss_newton_operator`.

    Raises
    ------
    InputError
        As :func:`gauss_newton_operator` and :func:`top_eigenpairs` do.
    """
    if loss == "mean-square" and dataset.targets.numel() <= _MOST_ROWS:
        found = _from_gram(network, dataset, n_eigenvalues)
        if found is not None:
            return found, BY_GRAM
    operator = gauss_newton_operator(network, dataset, loss)
    pairs = top_eigenpairs(operator, n_eigenvalues, seed=seed, after_product=after_product)
    return pairs.values, BY_LANCZOS


def _from_gram(
    network: nn.Module, dataset: Dataset, n_eigenvalues: int
) -> NDArray[np.float64] | None:
    """Return the eigenvalues, or None where there is none or it does not fit."""
    from scipy.linalg import eigvalsh

    if not all(parameter.requires_grad for parameter in network.parameters()):
        return None
    try:
        gram = output_gradients(network, dataset.inputs).gram
    except InputError:
        return None
    n_known = min(n_eigenvalues, len(gram))
    largest = eigvalsh(gram, subset_by_index=[len(gram) - n_known, len(gram) - 1])[::-1]
    # The matrix has no more than N K eigenvalues that are not zero.
    values: NDArray[np.float64] = np.zeros(n_eigenvalues)
    values[:n_known] = largest / len(dataset)
    return values
