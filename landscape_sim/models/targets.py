"""Where a passage of SGD ends: at a level of the loss."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from landscape_sim.landscapes.contract import LandscapeLike
from landscape_sim.validation import InputError
from landscape_sim.vectors import Vector, dot, scale

#: Keeps the distance finite at a minimum, where the slope is zero.
_SMALLEST_SLOPE = 1e-150


class LossShortfall(NamedTuple):
    """What the loss still has to rise to a level: no length, but of the sign of the distance.

    SGD jumps, so that no boundary is ever shifted for it, and a root and a division at every
    step would double its time.

    Attributes
    ----------
    landscape, level
        As for :class:`LossLevel`.
    """

    landscape: LandscapeLike
    level: float

    def distance(self, x: Any) -> Any:
        """Return ``c L* − L``."""
        return self.level - self.landscape.loss(x)


class LossLevel(NamedTuple):
    """All positions whose loss has reached a level.

    Attributes
    ----------
    landscape : LandscapeLike
        The loss ``L``.
    level : float
        ``c L*``.
    """

    landscape: LandscapeLike
    level: float

    @classmethod
    def of_ratio(cls, landscape: LandscapeLike, ratio: float, floor: float) -> LossLevel:
        """Return the level ``c L*`` for a ratio ``c`` above one.

        Raises
        ------
        InputError
            If the level does not lie above ``L*``.

        Examples
        --------
        >>> from landscape_sim.landscapes import QuadraticBowl
        >>> LossLevel.of_ratio(QuadraticBowl(0.5, (1.0,)), ratio=2.0, floor=0.5).level
        1.0
        """
        if not (np.isfinite(ratio) and ratio > 1.0):
            raise InputError(
                f"the threshold {ratio!r} L* does not lie above the loss L* = {floor:.6g} at the "
                "minimum; give a ratio above 1"
            )
        return cls(landscape, float(ratio) * floor)

    @property
    def dimension(self) -> int:
        """Number of coordinates of a position."""
        return len(self.landscape.search_box())

    def distance(self, x: Any) -> Any:
        """Return the distance to the level to first order, exact at the level itself.

        It is a length: what the loss still has to rise, divided by its slope.
        """
        slope = self.landscape.gradient(x)
        steepness = np.sqrt(dot(slope, slope)) + _SMALLEST_SLOPE
        return (self.level - self.landscape.loss(x)) / steepness

    def shortfall(self) -> LossShortfall:
        """Return what is looked at where only the sign of the distance counts."""
        return LossShortfall(self.landscape, self.level)

    def direction(self, x: Any) -> Vector:
        """Return the unit vector along the gradient of the loss."""
        slope = self.landscape.gradient(x)
        return scale(1.0 / (np.sqrt(dot(slope, slope)) + _SMALLEST_SLOPE), slope)
