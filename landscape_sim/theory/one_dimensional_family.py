"""The densities ``L^−φ`` of any one-dimensional landscape, normalised by quadrature."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_sim.landscapes.contract import LandscapeLike
from landscape_sim.validation import InputError

#: Points at which the search box is scanned for minima.
_SCAN = 2001
#: "Far out", in units of the search box: there the loss is a power of the distance.
_FAR = 1e6
_TOLERANCE = 1e-9
#: Exponents closer to the lowest one than this fraction of it are refused.
_MARGIN = 1e-3


@dataclass(frozen=True, eq=False)
class OneDimensionalFamily:
    """``L^−φ / Z(φ)`` over the line, for every ``φ`` that can be normalised.

    It is what ``fit_stationary_exponent`` needs to fit ``φ`` where the valley is not
    quadratic, over both wells of a double well, say.

    Attributes
    ----------
    landscape : LandscapeLike
        In one dimension, with a positive loss; its minima lie in its search box.

    Examples
    --------
    >>> from landscape_sim.landscapes import QuadraticBowl
    >>> family = OneDimensionalFamily(QuadraticBowl(floor=1.0, curvatures=(2.0,)))
    >>> family.lowest_exponent, round(math.exp(family.log_normalisation(1.0)) / math.pi, 9)
    (0.5, 1.0)
    """

    landscape: LandscapeLike

    @cached_property
    def lowest_exponent(self) -> float:
        """``1/p`` where the loss grows like ``|x|^p``, on the side where it grows more slowly.

        Raises
        ------
        InputError
            If the loss does not grow: then no power of it can be normalised.
        """
        growth = [self._growth(end) for end in self.landscape.search_box()[0]]
        return float(1 / min(growth))

    @property
    def loss_range(self) -> tuple[float, float]:
        """The losses between which samples lie."""
        return math.exp(self._log_low), math.inf

    def _growth(self, end: float) -> float:
        """Return ``p`` on the side of this end of the search box, from ``p = x L'/L`` far out."""
        x = end + np.sign(end - self._centre) * _FAR * self._width * np.array([1.0, 1.4, 1.9])
        slopes = (x - self._centre) * self.landscape.gradient((x,))[0] / self.landscape.loss((x,))
        if not (slopes[0] > 0 and np.ptp(slopes) < _TOLERANCE * slopes[0]):
            raise InputError(
                "the loss does not grow like a power of the distance, so L^−φ cannot be "
                "normalised; use a landscape that confines"
            )
        return float(slopes[0])

    def log_normalisation(self, exponent: float) -> float:
        """Return ``log Z(φ)``, ``Z = ∫ L^−φ dx``."""
        integral = self._integral(exponent, lambda excess: 1.0)
        return math.log(integral) - exponent * self._log_low

    def mean_log_loss(self, exponent: float) -> float:
        """Return the mean of ``log L``, which is ``−d log Z/dφ``."""
        mean = self._integral(exponent, lambda excess: excess)
        return self._log_low + mean / self._integral(exponent, lambda excess: 1.0)

    def log_density(self, x: ArrayLike, exponent: float) -> NDArray[np.float64]:
        """Return ``log P(x)`` at the points ``x``."""
        loss = np.asarray(self.landscape.loss((np.asarray(x, dtype=float),)))
        log_density: NDArray[np.float64] = -exponent * np.log(loss)
        return log_density - self.log_normalisation(exponent)

    def _integral(self, exponent: float, observable: Callable[[float], float]) -> float:
        """Return the integral of an observable of ``log(L/L*)`` over ``(L/L*)^−φ``."""
        from scipy.integrate import quad

        if not exponent > (1 + _MARGIN) * self.lowest_exponent:
            raise InputError(
                f"L^−φ with φ = {exponent:.6g} cannot be normalised; φ must exceed "
                f"{self.lowest_exponent:.6g}"
            )

        def integrand(x: float) -> float:
            excess = math.log(float(self.landscape.loss((x,)))) - self._log_low
            return observable(excess) * math.exp(-exponent * excess)

        ends = (-math.inf, *self._breaks, math.inf)
        total = 0.0
        for low, high in pairwise(ends):
            value, _, *_, message = quad(
                integrand, low, high, epsabs=0.0, epsrel=_TOLERANCE, limit=400, full_output=1
            )
            if isinstance(message, str):
                raise InputError(
                    f"the integral of L^−φ at φ = {exponent:.6g} does not converge; φ is too close "
                    f"to {self.lowest_exponent:.6g}, or the search box misses a minimum"
                )
            total += value
        return total

    @cached_property
    def _grid(self) -> NDArray[np.float64]:
        low, high = self.landscape.search_box()[0]
        return np.linspace(low, high, _SCAN)

    @cached_property
    def _scan(self) -> NDArray[np.float64]:
        loss = np.broadcast_to(self.landscape.loss((self._grid,)), self._grid.shape)
        if not (np.isfinite(loss).all() and (loss > 0).all()):
            wrong = int(np.argmin(np.isfinite(loss) & (loss > 0)))
            raise InputError(
                f"the loss must be positive and finite, got L({self._grid[wrong]:g}) = "
                f"{loss[wrong]:g}; raise its floor"
            )
        log_loss: NDArray[np.float64] = np.log(loss)
        return log_loss

    @property
    def _log_low(self) -> float:
        return float(self._scan.min())

    @property
    def _breaks(self) -> tuple[float, ...]:
        """Where an integral is split: at the ends of the box and at the minima."""
        inner = self._scan[1:-1]
        dips = (inner < self._scan[:-2]) & (inner <= self._scan[2:])
        return (float(self._grid[0]), *self._grid[1:-1][dips], float(self._grid[-1]))

    @property
    def _width(self) -> float:
        return float(self._grid[-1] - self._grid[0])

    @property
    def _centre(self) -> float:
        return float(self._grid[0] + self._grid[-1]) / 2
