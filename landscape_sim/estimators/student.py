"""How far the mean of a few numbers is from what it estimates: Student's law."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from landscape_sim.validation import InputError

#: Of fewer, Student's law has no standard deviation.
FEWEST = 4


def student_error(values: ArrayLike) -> float:
    """Return the standard deviation of the mean's error, as few ``values`` know it.

    ``s/sqrt(m)`` is too small: ``s`` scatters too. The error over it follows Student's law with
    ``ν = m − 1``, whose standard deviation is ``sqrt(ν/(ν − 2))``. With that the error of the
    mean of Gaussian numbers has root mean square one in units of what is returned.

    Parameters
    ----------
    values : array_like, shape (m,)
        Independent, at least four.

    Raises
    ------
    InputError
        If there are fewer.

    Examples
    --------
    >>> round(student_error([1.0, 2.0, 3.0, 4.0]), 4)  # sqrt(5/3) / 2 * sqrt(3)
    1.118
    """
    numbers = np.asarray(values, dtype=float)
    if numbers.size < FEWEST:
        raise InputError(f"an error needs {FEWEST} numbers at least, got {numbers.size}; take more")
    degrees = numbers.size - 1
    return float(numbers.std(ddof=1) / math.sqrt(numbers.size) * math.sqrt(degrees / (degrees - 2)))
