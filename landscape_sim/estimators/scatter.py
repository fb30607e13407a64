"""How far a mean over correlated samples scatters, as its paths or its own past tell."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_sim.estimators.autocorrelation import integrated_autocorrelation_time

#: From this many paths on, their scatter gives the variance of the mean.
MIN_SCATTERING_PATHS = 10


@dataclass(frozen=True)
class Scatter:
    """How far a mean over correlated samples scatters.

    Attributes
    ----------
    n_paths : int
        Independent paths.
    time : float or None
        Autocorrelation time, in samples, from which it is told; None where the paths tell it.
    """

    n_paths: int
    time: float | None

    @classmethod
    def of(cls, residuals: NDArray[np.float64]) -> Scatter:
        """Return how means of such residuals, one row a path, scatter."""
        if len(residuals) >= MIN_SCATTERING_PATHS:
            return cls(len(residuals), None)
        return cls(len(residuals), integrated_autocorrelation_time(residuals))

    @property
    def method(self) -> str:
        """What the error is read off."""
        if self.time is None:
            return "scatter of the paths"
        return f"autocorrelation time {self.time:.3g} samples"

    def error(self, residuals: NDArray[np.float64]) -> float:
        """Return the standard error of the mean of ``residuals``."""
        if self.time is None:
            return float(residuals.mean(axis=1).std(ddof=1)) / math.sqrt(self.n_paths)
        return float(residuals.std()) * math.sqrt(self.time / residuals.size)

    def quantile(self, probability: float) -> float:
        """Return the quantile of an error over its standard error: Student's, or the normal."""
        from scipy.special import ndtri, stdtrit

        if self.time is None:
            return float(stdtrit(self.n_paths - 1, probability))
        return float(ndtri(probability))

    def p_value(self, residuals: NDArray[np.float64]) -> float:
        """Return the two-sided probability of such a mean if the true one is zero."""
        from scipy.special import ndtr, stdtr

        z = -abs(float(residuals.mean())) / self.error(residuals)
        return 2 * float(stdtr(self.n_paths - 1, z) if self.time is None else ndtr(z))
