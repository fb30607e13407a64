"""Phase regression as an escape problem: its critical points and the moments of its noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes import CriticalPoint, find_critical_points
from landscape_sim.models import DataSet

Phases = NDArray[np.float64]

#: The moments of the gradient are trigonometric polynomials of degree four: so many points
#: determine them.
_POINTS = 16


@dataclass(frozen=True)
class PhaseProblem:
    """One data set with its critical points.

    Attributes
    ----------
    data : DataSet
        Of phase regression.
    minimum : CriticalPoint
        Where SGD starts; the targets are its images at ``± 2π``.
    saddles : tuple of CriticalPoint
        On either side.
    covariance, second_moment : callable
        Of one sample's gradient, as a function of an array of phases.
    """

    data: DataSet
    minimum: CriticalPoint
    saddles: tuple[CriticalPoint, CriticalPoint]
    covariance: Callable[[Phases], Phases]
    second_moment: Callable[[Phases], Phases]

    @property
    def ends(self) -> tuple[float, float, float]:
        """The minimum, and its images to either side."""
        (start,) = self.minimum.position
        return start, start - 2 * np.pi, start + 2 * np.pi

    def slope(self, x: Any) -> Any:
        """Return the derivative of the loss."""
        return self.data.landscape.gradient((x,))[0]

    @classmethod
    def of_data(cls, data: DataSet) -> PhaseProblem:
        """Return the problem of leaving the minimum that is closest to zero."""
        points = find_critical_points(data.landscape)
        minimum = min((p for p in points if p.index == 0), key=lambda p: abs(p.position[0]))
        (centre,) = minimum.position
        saddles = [p for p in points if p.index == 1]
        left = max((p for p in saddles if p.position[0] < centre), key=lambda p: p.position)
        right = min((p for p in saddles if p.position[0] > centre), key=lambda p: p.position)
        moments = _periodic(lambda g: float(g.var()), data), _periodic(_mean_square, data)
        return cls(data, minimum, (left, right), *moments)


def _mean_square(gradients: Phases) -> float:
    return float(np.mean(gradients**2))


def _periodic(statistic: Callable[[Phases], float], data: DataSet) -> Callable[[Phases], Phases]:
    """Return a statistic of the samples' gradients as a function of the phase."""
    phases = 2 * np.pi * np.arange(_POINTS) / _POINTS
    values = [statistic(data.sample_gradients((phase,))[0]) for phase in phases]
    coefficients = np.fft.rfft(values) / _POINTS

    def function(x: Phases) -> Phases:
        waves = np.exp(1j * np.multiply.outer(x, np.arange(1, coefficients.size)))
        return np.asarray(coefficients[0].real + 2 * (waves @ coefficients[1:]).real)

    return function
