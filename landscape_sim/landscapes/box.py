"""The box in which a landscape is searched: its units, its sample, and values on many points."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_sim.landscapes.contract import LandscapeLike, Position

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SearchBox:
    """The landscape's search box; in its own units it is the cube ``[−½, ½]ⁿ``.

    Attributes
    ----------
    intervals : tuple of pairs of float
        As :meth:`LandscapeLike.search_box` gives them.
    periods : tuple of float
        One turn of every axis that closes on itself, zero for others; empty if none does.
    """

    intervals: tuple[tuple[float, float], ...]
    periods: Position = ()

    @classmethod
    def of(cls, landscape: LandscapeLike) -> SearchBox:
        """Return the box of ``landscape``."""
        return cls(landscape.search_box(), getattr(landscape, "periods", ()))

    @cached_property
    def centre(self) -> Array:
        """The middle, shape ``(n,)``."""
        return np.asarray(np.mean(self.intervals, axis=1))

    @cached_property
    def width(self) -> Array:
        """The lengths of the edges, shape ``(n,)``."""
        return np.asarray(np.ptp(np.asarray(self.intervals, dtype=float), axis=1))

    @property
    def size(self) -> float:
        """The longest edge: a length to compare distances with."""
        return float(self.width.max())

    def inside(self, position: ArrayLike) -> Array:
        """Return ``position`` in units of the box."""
        return np.asarray((np.asarray(position, dtype=float) - self.centre) / self.width)

    def outside(self, inside: Array) -> Position:
        """Return the position whose coordinates in units of the box are ``inside``."""
        return tuple(map(float, self.centre + self.width * inside))

    def image(self, of: ArrayLike, near: ArrayLike) -> Array:
        """Return a position, moved by whole turns along closed axes to where it is near another."""
        place = np.asarray(of, dtype=float)
        if not any(self.periods):
            return place
        turns = np.asarray(self.periods)
        ways = (np.asarray(near, dtype=float) - place) / np.where(turns > 0.0, turns, np.inf)
        return np.asarray(place + turns * np.round(ways))

    def images_around(self, of: Position, start: Position) -> list[Position]:
        """Return a position's images on both sides of ``start`` along closed axes; else itself."""
        if not any(self.periods):
            return [of]
        sides = [
            (s + (c - s) % turn, s + (c - s) % turn - turn) if turn else (c,)
            for c, s, turn in zip(of, start, self.periods, strict=True)
        ]
        return list(product(*sides))

    def within(self, position: Position) -> Position:
        """Return a position, moved by whole turns along closed axes into the box."""
        if not any(self.periods):
            return position
        return tuple(map(float, self.image(position, self.centre)))

    def distance(self, one: ArrayLike, other: ArrayLike) -> float:
        """Return the largest difference of two positions' coordinates, in units of the box.

        Along axes that close on themselves it is that of the shorter way.
        """
        return float(np.max(np.abs(self.inside(one) - self.inside(self.image(other, one)))))

    def holds(self, position: ArrayLike, margin: float) -> bool:
        """Return whether ``position`` lies in the box, widened by this fraction of it."""
        return bool(np.all(np.abs(self.inside(position)) <= 0.5 + margin))

    def around(self, positions: Sequence[Position]) -> SearchBox | None:
        """Return the box of some positions, wider by its longest edge; None if it is no smaller.

        It stays within this box, and must have half its volume at most to be worth a search.
        """
        if len(positions) < 2:
            return None
        inside = np.array([self.inside(x) for x in positions])
        low, high = inside.min(axis=0), inside.max(axis=0)
        margin = 0.5 * float((high - low).max())
        low, high = np.maximum(low - margin, -0.5), np.minimum(high + margin, 0.5)
        if np.prod(high - low) > 0.5:
            return None
        return SearchBox(
            tuple(zip(self.outside(low), self.outside(high), strict=True)), self.periods
        )

    def sample(self) -> Array:
        """Return positions spread evenly over the box, shape ``(n_points, n)``."""
        return np.asarray(self.centre + self.width * _unit_sample(len(self.width))[0])

    def neighbours(self) -> NDArray[np.intp]:
        """Return the indices of every sample point's nearest others, one row a point."""
        return _unit_sample(len(self.width))[1]


@lru_cache(maxsize=16)
def _unit_sample(dimension: int) -> tuple[Array, NDArray[np.intp]]:
    """Return evenly spread points of the cube ``[−½, ½]ⁿ`` and the neighbours of each.

    The additive sequence of Roberts (*The unreasonable effectiveness of quasirandom sequences*,
    2018): multiples of the powers of ``1/g`` with ``g^(n+1) = g + 1``, which are irrational, so
    that no point of it is special. A Sobol sequence does as well, but SciPy's takes a second
    to import.
    """
    from scipy.spatial import cKDTree

    generator = 2.0
    for _ in range(64):
        generator = (1.0 + generator) ** (1.0 / (dimension + 1))
    strides = generator ** -np.arange(1.0, dimension + 1.0)
    numbers = np.arange(1, 2 ** min(8 + dimension, 12) + 1)
    points = (0.5 + numbers[:, None] * strides) % 1.0 - 0.5
    n_neighbours = 3 * dimension + 3
    return points, cKDTree(points).query(points, n_neighbours + 1)[1][:, 1:]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what NumPy and SciPy say of overflow to themselves: a search meets it far out."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def losses(landscape: LandscapeLike, positions: ArrayLike) -> Array:
    """Return ``L`` at every row of ``positions``, shape ``(m, n)``."""
    rows = np.asarray(positions, dtype=float)
    return np.broadcast_to(np.asarray(landscape.loss(tuple(rows.T)), dtype=float), len(rows))


def largest_curvature(landscape: LandscapeLike, positions: ArrayLike) -> float:
    """Return the largest spectral norm of the Hessian at one or more positions, a row each.

    Where the Hessian is not finite it does not count; NaN if it is nowhere.
    """
    rows = np.atleast_2d(np.asarray(positions, dtype=float))
    # Numbers of NumPy: far out a power of Python's own is an error, and theirs infinite.
    matrices = np.array([landscape.hessian(tuple(x)) for x in rows], dtype=float)
    # LAPACK would write lines of its own to the screen.
    matrices = matrices[np.isfinite(matrices).all(axis=(1, 2))]
    norms = np.linalg.norm(matrices, 2, axis=(1, 2))
    return float(norms.max()) if norms.size else np.nan


def gradients(landscape: LandscapeLike, positions: ArrayLike) -> Array:
    """Return ``∇L`` at every row of ``positions``, shape ``(m, n)``."""
    rows = np.asarray(positions, dtype=float)
    components = landscape.gradient(tuple(rows.T))
    # A component may be a constant, and then a single number.
    return np.stack([np.broadcast_to(c, len(rows)) for c in components], axis=1).astype(float)


def hessians(landscape: LandscapeLike, positions: ArrayLike) -> Array:
    """Return the Hessian at every row of ``positions``, shape ``(m, n, n)``.

    Row by row, unless the landscape has a method ``hessians`` for all at once.
    """
    rows = np.asarray(positions, dtype=float)
    at_once = getattr(landscape, "hessians", None)
    if at_once is not None:
        return np.asarray(at_once(rows), dtype=float)
    return np.array([landscape.hessian(tuple(map(float, x))) for x in rows], dtype=float)
