"""How far the mean of a few numbers is from what it estimates: Student's law."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_sim.validation import InputError

#: Of fewer, Student's law has no standard deviation.
FEWEST = 4


def student_error(values: ArrayLike) -> float:
    """Return the standard deviation of the mean's error, as few ``values`` know it.

    ``s/sqrt(m)`` is too small: ``s`` scatters too. The error over it follows Student's law with
    ``ν = m − 1``, of variance ``ν/(ν − 2)``. Where the numbers have a skewness ``γ``, a low mean
    comes with a low ``s``, which adds ``7 γ²/(4 m)`` to the variance; ``γ²`` is that of the numbers
    less what Gaussian ones would show. So the error has root mean square one in units of what is
    returned, to first order in ``1/m``.

    Parameters
    ----------
    values : array_like, shape (m,)
        Independent, at least four.

    Raises
    ------
    InputError
        If there are fewer.

    References
    ----------
    N. J. Johnson, J. Am. Stat. Assoc. 73, 536 (1978), on t of skewed populations.

    Examples
    --------
    >>> round(student_error([1.0, 2.0, 3.0, 4.0]), 4)  # sqrt(5/3) / 2 * sqrt(3)
    1.118
    """
    numbers = np.asarray(values, dtype=float)
    if numbers.size < FEWEST:
        raise InputError(f"an error needs {FEWEST} numbers at least, got {numbers.size}; take more")
    m, degrees = numbers.size, numbers.size - 1
    variance = degrees / (degrees - 2) + 1.75 * _squared_skewness(numbers) / m
    return float(numbers.std(ddof=1) * math.sqrt(variance / m))


def _squared_skewness(numbers: NDArray[np.float64]) -> float:
    """Return the squared skewness beyond that of as many Gaussian numbers."""
    m, centred = numbers.size, numbers - numbers.mean()
    spread = float(np.mean(centred**2))
    if spread == 0:
        return 0.0
    of_gaussians = 6 * (m - 2) / ((m + 1) * (m + 3))
    return max(float(np.mean(centred**3)) ** 2 / spread**3 - of_gaussians, 0.0)
