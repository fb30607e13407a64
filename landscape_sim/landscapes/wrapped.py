"""Axes that close on themselves, as a landscape that repeats, which every method takes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.box import SearchBox, gradients, losses, quiet
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.validation import InputError
from landscape_sim.vectors import wrap

Array = NDArray[np.float64]

#: What values and slopes at both ends may differ by, of the largest around: digits of π, say.
_AGREEMENT = 1e-6


class Wrapped(NamedTuple):
    """A landscape in which some axes close on themselves, repeated along these for ever.

    The loss is asked for within one turn only.

    Attributes
    ----------
    landscape : LandscapeLike
        In as many dimensions; the same at both ends of a closed axis, see
        :func:`require_periodic`.
    low, high : tuple of float
        Ends of one turn; both zero along an axis that does not close.

    Examples
    --------
    >>> from landscape_sim.landscapes import Landscape
    >>> ring = Landscape.from_expression("2 - cos(pi*x)", "x", domain=[(0, 2)])
    >>> float(Wrapped(ring, (0.0,), (2.0,)).loss((5.0,)))
    3.0
    """

    landscape: Any
    low: Position
    high: Position

    @property
    def periods(self) -> Position:
        """One turn of every axis; zero if it does not close."""
        return tuple(b - a for a, b in zip(self.low, self.high, strict=True))

    def point(self, x: Any) -> Any:
        """Return the position within one turn."""
        return wrap(x, self.low, self.high)

    def loss(self, x: Any) -> Any:
        """Return ``L``."""
        return self.landscape.loss(self.point(x))

    def gradient(self, x: Any) -> Any:
        """Return ``∇L``, a tuple of ``n`` components."""
        return self.landscape.gradient(self.point(x))

    def hessian(self, x: Position) -> Array:
        """Return the Hessian, shape ``(n, n)``."""
        return np.asarray(self.landscape.hessian(tuple(map(float, self.point(x)))))

    def search_box(self) -> tuple[tuple[float, float], ...]:
        """Return the landscape's own box, with one turn along every closed axis."""
        sides = zip(self.landscape.search_box(), self.low, self.high, strict=True)
        return tuple((a, b) if b > a else side for side, a, b in sides)


def require_periodic(landscape: LandscapeLike, axis: int, low: float, high: float) -> None:
    """Refuse a landscape that is not the same at both ends of an axis.

    Values and gradients are compared at points spread over the box across the axis.

    Raises
    ------
    InputError
        If one of them differs.
    """
    points = SearchBox.of(landscape).sample()
    first, last = points.copy(), points.copy()
    first[:, axis], last[:, axis] = low, high
    with quiet():
        for what, of in (("value", losses), ("slope", gradients)):
            one, other = (
                np.asarray(of(landscape, end)).reshape(len(end), -1) for end in (first, last)
            )
            scale = np.nanmax(np.abs(np.where(np.isfinite(one), one, np.nan)), initial=0.0)
            if what == "slope":
                inside = np.abs(gradients(landscape, points))
                scale = max(scale, float(np.nanmax(np.where(np.isfinite(inside), inside, np.nan))))
            differs = ~np.isclose(
                one, other, rtol=_AGREEMENT, atol=_AGREEMENT * scale, equal_nan=True
            )
            if differs.any():
                row, column = np.argwhere(differs)[0]
                raise InputError(
                    f"the {what} of the loss differs between the ends {low:g} and {high:g} of a "
                    f"periodic axis: {one[row, column]:.6g} and {other[row, column]:.6g}; give "
                    "ends that are one period apart, or let them reflect"
                )
