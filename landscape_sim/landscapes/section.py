"""A landscape with its flat directions frozen: what is left is the outlier subspace."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import CriticalPoint, LandscapeLike, Position
from landscape_sim.landscapes.domain import Domain
from landscape_sim.validation import InputError, require_count
from landscape_sim.vectors import Vector, displace, transform

#: A component of a unit vector that is rounding.
_ROUNDING = 1e-9
#: Curvatures that differ by less, as a share of the largest, count as one.
_EQUAL = 1e-6


class OutlierSection(NamedTuple):
    """The landscape on the plane through a point that is spanned by ``n`` directions.

    The theory's step from all parameters to the ``n`` outliers: in the other directions
    there is next to no noise, so they keep their values while SGD escapes. A position is
    ``z ∈ ℝⁿ``, and ``x = origin + Σ_i z_i e_i``.

    Attributes
    ----------
    landscape : LandscapeLike
        In ``P`` dimensions.
    origin : tuple of float
        ``P`` coordinates of ``z = 0``.
    axes : tuple of tuple of float
        The ``n`` orthonormal directions ``e_i``.
    columns : tuple of tuple of float
        The same numbers, transposed.

    References
    ----------
    Mori, Ziyin, Liu, Ueda, *Power-Law Escape Rate of SGD* (ICML 2022), Sec. 4.
    """

    landscape: Any
    origin: Position
    axes: tuple[Position, ...]
    columns: tuple[Position, ...]

    @classmethod
    def at(
        cls, landscape: LandscapeLike, minimum: CriticalPoint, n_outliers: int
    ) -> OutlierSection:
        """Return the section through ``minimum`` along its ``n_outliers`` stiffest directions.

        Raises
        ------
        InputError
            If the minimum has fewer directions than that, or the least of them is as stiff as
            the stiffest left out: which one is meant cannot be told.

        Examples
        --------
        >>> from landscape_sim.landscapes import SeparableDoubleWell, find_escape_route
        >>> well = SeparableDoubleWell(floor=0.25, barrier=1.0, stiffness=(0.01,))
        >>> section = OutlierSection.at(well, find_escape_route(well).minimum, n_outliers=1)
        >>> section.loss((0.0,)), abs(round(find_escape_route(section).saddle.position[0], 6))
        (0.25, 1.0)
        """
        n_outliers = require_count("n_outliers", n_outliers)
        if n_outliers > len(minimum.position):
            raise InputError(
                f"n_outliers = {n_outliers} exceeds the number of dimensions, "
                f"{len(minimum.position)}; lower it, or leave it out to freeze none"
            )
        _require_a_gap(minimum.eigenvalues[::-1], n_outliers)
        columns = minimum.eigenvectors[:, ::-1][:, :n_outliers]
        return cls(landscape, minimum.position, _rows(columns.T), _rows(columns))

    def loss(self, z: Any) -> Any:
        """Return ``L(x(z))``."""
        return self.landscape.loss(self.point(z))

    def gradient(self, z: Any) -> tuple[Any, ...]:
        """Return the gradient with respect to ``z``, a tuple of ``n`` components."""
        return transform(self.axes, self.landscape.gradient(self.point(z)))

    def hessian(self, z: Position) -> NDArray[np.float64]:
        """Return the Hessian with respect to ``z``, shape ``(n, n)``."""
        axes = np.array(self.axes)
        return np.asarray(axes @ self.landscape.hessian(self.point(z)) @ axes.T)

    def search_box(self) -> tuple[tuple[float, float], ...]:
        """Return ``n`` intervals that cover the landscape's own box as seen from the origin."""
        reach = [
            max(abs(low - o), abs(high - o))
            for (low, high), o in zip(self.landscape.search_box(), self.origin, strict=True)
        ]
        radius = float(np.linalg.norm(reach))
        return ((-radius, radius),) * len(self.axes)

    def part_of(self, domain: Domain) -> Domain:
        """Return the part of ``domain`` that lies in the section, as intervals of ``z``.

        Raises
        ------
        InputError
            If it has other sides than that: a bound depends on several coordinates of ``z``.

        Examples
        --------
        >>> section = OutlierSection(None, (1.0, 0.0), ((0.6, 0.8),), ((0.6,), (0.8,)))
        >>> section.part_of(((-2.0, 4.0), (-4.0, 8.0)))
        ((-5.0, 5.0),)
        """
        intervals = np.array([(-np.inf, np.inf)] * len(self.axes))
        for bounds, place, row in zip(domain, self.origin, self.columns, strict=True):
            along = np.flatnonzero(np.abs(row) > _ROUNDING)
            if along.size > 1 and np.isfinite(bounds).any():
                raise InputError(
                    f"domain {domain!r} is no box in the {len(self.axes)} directions that are not "
                    "frozen, which lie obliquely in it; leave domain out, or n_outliers"
                )
            for i in along[:1]:
                low, high = np.sort((np.array(bounds) - place) / row[i])
                intervals[i] = max(intervals[i, 0], low), min(intervals[i, 1], high)
        return type(domain)((float(low), float(high)) for low, high in intervals)

    def point(self, z: Any) -> Vector:
        """Return ``x(z)``."""
        return displace(self.origin, 1.0, transform(self.columns, z))


def _require_a_gap(falling: NDArray[np.float64], n_outliers: int) -> None:
    equal = np.flatnonzero(np.abs(falling - falling[n_outliers - 1]) <= _EQUAL * abs(falling[0]))
    if n_outliers <= equal[-1]:
        others = [str(n) for n in (equal[0], equal[-1] + 1) if n > 0]
        raise InputError(
            f"n_outliers = {n_outliers} divides directions of the same curvature "
            f"{falling[n_outliers - 1]:.6g}; choose {' or '.join(others)}"
        )


def _rows(matrix: NDArray[np.float64]) -> tuple[Position, ...]:
    return tuple(tuple(map(float, row)) for row in matrix)
