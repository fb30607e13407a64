"""The stationary densities of a quadratic valley, whole or cut at a highest loss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from landscape_sim.validation import InputError, require_count, require_positive

#: Of a Gauss–Legendre rule in ``sqrt(log(L/L*))``, in which the cut density is smooth.
_NODES = 200
#: What the density holds beyond the integral of a valley that is cut far out.
_LEFT_OUT = 1e-18


@dataclass(frozen=True)
class QuadraticValleyFamily:
    """``L^−φ`` in a quadratic valley ``L = L* + ½ Σ_i k_i x_i²``, whatever its curvatures.

    ``Z(φ) ∝ L*^(n/2 − φ) Γ(φ − n/2)/Γ(φ)``, and the curvatures only multiply it. For least
    squares this is no approximation: the loss of a linear regression is such a valley.

    Attributes
    ----------
    n_outliers : int
        ``n``, the number of directions with a curvature.
    floor : float
        ``L*``, the loss at the minimum.
    highest_loss : float
        Where samples of higher loss were left out, the bound: the density is then normalised
        below it. By default nothing was left out.
    """

    n_outliers: int
    floor: float
    highest_loss: float = math.inf

    def __post_init__(self) -> None:
        require_count("n_outliers", self.n_outliers)
        require_positive("floor", self.floor)
        if not self.highest_loss > self.floor:
            raise InputError(
                f"highest_loss must lie above the floor {self.floor:g}, got {self.highest_loss!r}; "
                "leave it out where no sample was"
            )

    @property
    def lowest_exponent(self) -> float:
        """``n/2``."""
        return self.n_outliers / 2

    @property
    def loss_range(self) -> tuple[float, float]:
        """The losses between which samples lie."""
        return self.floor, self.highest_loss

    def mean_log_loss(self, exponent: float) -> float:
        """Return ``log L* + ψ(φ) − ψ(φ − n/2)``, with the digamma function ``ψ``.

        Where the valley is cut, the mean below the highest loss.
        """
        from scipy.special import digamma

        if self.highest_loss < math.inf:
            return math.log(self.floor) + self._mean_of_cut(exponent)
        gap = digamma(exponent) - digamma(exponent - self.n_outliers / 2)
        return math.log(self.floor) + float(gap)

    def _mean_of_cut(self, exponent: float) -> float:
        """Return the mean of ``s = log(L/L*)``; ``e^−s`` has the law Beta(φ − n/2, n/2), cut."""
        from scipy.special import betaincinv

        half = self.n_outliers / 2
        lowest = float(betaincinv(exponent - half, half, _LEFT_OUT))
        reach = math.log(self.highest_loss / self.floor)
        if lowest > 0.0:
            reach = min(reach, -math.log(lowest))
        nodes, weights = _rule()
        root = math.sqrt(reach) * (nodes + 1.0) / 2.0
        excess = root**2
        log_density = (half - 1.0) * np.log(-np.expm1(-excess)) - (exponent - half) * excess
        density = weights * root * np.exp(log_density - log_density.max())
        return float(density @ excess / density.sum())


@cache
def _rule() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.polynomial.legendre.leggauss(_NODES)
