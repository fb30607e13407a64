"""The mean of one number a run, and what the scatter between runs says of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Mean:
    """Mean of independent runs with Student's 95 % interval, infinite with one of them only."""

    value: float
    low: float
    high: float
    n: int

    def holds(self, value: float) -> bool:
        """Return whether the interval holds ``value``."""
        return self.low <= value <= self.high


def mean_over_runs(values: Sequence[float]) -> Mean:
    """Return the mean of one number a run.

    Examples
    --------
    >>> found = mean_over_runs([1.0, 2.0, 3.0])
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2)
    (2.0, -0.48, 4.48)
    """
    from scipy.special import stdtrit

    found = np.asarray(values, dtype=float)
    mean = float(found.mean()) if found.size else math.nan
    if found.size < 2:
        return Mean(mean, -math.inf, math.inf, found.size)
    half = float(stdtrit(found.size - 1, 0.975) * found.std(ddof=1) / math.sqrt(found.size))
    return Mean(mean, mean - half, mean + half, found.size)
