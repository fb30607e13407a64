"""Reflecting walls as a mirrored landscape, which every method for a landscape takes."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.landscapes.targets import Outside
from landscape_sim.validation import InputError, as_float
from landscape_sim.vectors import mirror, reflect


class Reflected(NamedTuple):
    """A landscape within walls, and its mirror images behind them.

    A diffusion on the mirrored landscape, folded back, is the one that the walls reflect, if its
    noise has no correlation across them. The loss is never asked for behind the walls: where a
    box is narrower than the place is far, that of its end is given.

    Attributes
    ----------
    landscape : LandscapeLike
        In as many dimensions.
    low, high : tuple of float
        Ends of the box; infinite where there is no wall.

    Examples
    --------
    >>> from landscape_sim.landscapes import QuarticDoubleWell
    >>> mirrored = Reflected(QuarticDoubleWell(0.25, 1.0), low=(-1.5,), high=(float("inf"),))
    >>> float(mirrored.loss((-2.0,))), float(mirrored.loss((-1.0,)))
    (0.25, 0.25)
    """

    landscape: Any
    low: Position
    high: Position

    def point(self, x: Any) -> Any:
        """Return the position within the walls."""
        return reflect(x, self.low, self.high)

    def loss(self, x: Any) -> Any:
        """Return ``L`` within the walls."""
        return self.landscape.loss(self.point(x))

    def gradient(self, x: Any) -> Any:
        """Return ``∇L``, a tuple of ``n`` components; at a wall that within."""
        return mirror(self.landscape.gradient(self.point(x)), x, self.low, self.high)

    def hessian(self, x: Position) -> NDArray[np.float64]:
        """Return the Hessian, shape ``(n, n)``."""
        signs = np.array(mirror((1.0,) * len(x), x, self.low, self.high))
        within = self.landscape.hessian(tuple(map(float, self.point(x))))
        return np.asarray(signs[:, None] * within * signs)

    def search_box(self) -> tuple[tuple[float, float], ...]:
        """Return the part of the landscape's own box that lies within the walls."""
        sides = zip(self.landscape.search_box(), self.low, self.high, strict=True)
        return tuple((max(low, a), min(high, b)) for (low, high), a, b in sides)


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
    low, high = (wall, math.inf) if target > wall else (-math.inf, wall)
    return Reflected(landscape, (low,), (high,)), Outside((wall,), abs(target - wall))
