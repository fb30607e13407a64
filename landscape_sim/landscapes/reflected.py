"""A reflecting wall on a line, as a mirrored landscape that every simulator takes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.landscapes.targets import Outside
from landscape_sim.validation import InputError, as_float


class Reflected(NamedTuple):
    """A one-dimensional landscape in front of a wall, and its mirror image behind.

    A diffusion on the mirrored landscape, folded back to the front, is the one that the wall
    reflects. The loss is never asked for behind the wall.

    Attributes
    ----------
    landscape : LandscapeLike
        In one dimension.
    wall : float
        Where the wall stands.
    side : float
        1 if the room in front of it is on the right, −1 on the left.

    Examples
    --------
    >>> from landscape_sim.landscapes import QuarticDoubleWell
    >>> mirrored = Reflected(QuarticDoubleWell(0.25, 1.0), wall=-1.5, side=1.0)
    >>> float(mirrored.loss((-2.0,))), float(mirrored.loss((-1.0,)))
    (0.25, 0.25)
    """

    landscape: Any
    wall: float
    side: float

    def point(self, x: Any) -> Any:
        """Return the position in front of the wall."""
        return (self.wall + self.side * np.abs(x[0] - self.wall),)

    def loss(self, x: Any) -> Any:
        """Return ``L`` in front of the wall."""
        return self.landscape.loss(self.point(x))

    def gradient(self, x: Any) -> tuple[Any, ...]:
        """Return the slope, a tuple of one component; at the wall that in front of it."""
        turned = self.side * np.copysign(1.0, x[0] - self.wall)
        return (turned * self.landscape.gradient(self.point(x))[0],)

    def hessian(self, x: Position) -> NDArray[np.float64]:
        """Return the curvature, shape ``(1, 1)``."""
        return np.asarray(self.landscape.hessian(self.point(x)))

    def search_box(self) -> tuple[tuple[float, float], ...]:
        """Return the interval that encloses both images of every critical point."""
        ((low, high),) = self.landscape.search_box()
        reach = max(high - self.wall, self.wall - low)
        return ((self.wall - reach, self.wall + reach),)


def reflected_passage(
    landscape: LandscapeLike, start: float, target: float, wall: float
) -> tuple[Reflected, Outside]:
    """Return landscape and target of a passage with a reflecting wall behind the start.

    The target and its image behind the wall are the two ends of an interval.

    Parameters
    ----------
    landscape : LandscapeLike
        In one dimension; it is asked for the loss in front of the wall only.
    start, target, wall : float
        The start lies between the other two.

    Raises
    ------
    InputError
        If it does not.

    Examples
    --------
    >>> from landscape_sim.landscapes import QuarticDoubleWell
    >>> reflected_passage(QuarticDoubleWell(0.25, 1.0), -1.0, 1.0, wall=-1.5)[1]
    Outside(centre=(-1.5,), radius=2.5)
    """
    start, target, wall = as_float(start), as_float(target), as_float(wall)
    if not min(wall, target) < start < max(wall, target):
        raise InputError(
            f"start must lie between wall and target, got {start!r}, {wall!r} and {target!r}"
        )
    side = 1.0 if target > wall else -1.0
    return Reflected(landscape, wall, side), Outside((wall,), abs(target - wall))
