"""Products of every two components: symmetric matrices as rows of numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def pairs(rows: Array) -> Array:
    """Return the products of every two columns, the first of the two not after the second.

    Parameters
    ----------
    rows : ndarray, shape (m, n)

    Returns
    -------
    ndarray, shape (m, n (n + 1)/2)

    Examples
    --------
    >>> pairs(np.array([[2.0, 3.0]])).tolist()
    [[4.0, 6.0, 9.0]]
    """
    first, second = np.triu_indices(rows.shape[1])
    return np.asarray(rows[:, first] * rows[:, second])


def symmetric(values: Array, n: int) -> Array:
    """Return the matrices, shape ``(m, n, n)``, whose elements :func:`pairs` would name so.

    Examples
    --------
    >>> symmetric(np.array([[4.0, 6.0, 9.0]]), 2).tolist()
    [[[4.0, 6.0], [6.0, 9.0]]]
    """
    found = np.empty((len(values), n, n))
    rows, columns = np.triu_indices(n)
    found[:, rows, columns] = values
    found[:, columns, rows] = values
    return found
