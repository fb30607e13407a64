"""Scores of height: the loss, a quasi-potential or the logarithm of a committor.

Progress along a route knows one way; these know how hard it is to come to a place on any.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_sim.landscapes import LandscapeLike, Position
from landscape_sim.rare_events.scores import Score, progress_along
from landscape_sim.validation import InputError


class Loss(NamedTuple):
    """The loss as a score; as only the order counts, this is the log-loss as well.

    Attributes
    ----------
    landscape : LandscapeLike
        Gives the loss.
    """

    landscape: Any

    def score(self, x: Any) -> Any:
        """Return the loss."""
        return self.landscape.loss(x)


class HeightThenProgress(NamedTuple):
    """A height up to that of the saddle, and from there on the progress along a route.

    Attributes
    ----------
    height : NamedTuple
        A score: the loss or a quasi-potential.
    saddle_height : float
        At the saddle.
    saddle_progress : float
        Progress at the saddle.
    progress : Stretch or Route
        The route.
    """

    height: Any
    saddle_height: float
    saddle_progress: float
    progress: Any

    def score(self, x: Any) -> Any:
        """Return the height over the saddle's; one plus the progress, as high up or beyond it.

        Most paths that are as high as the saddle are elsewhere: the progress ranks them.
        """
        height = self.height.score(x) / self.saddle_height
        progress = self.progress.score(x)
        climbs = height < 1.0 and progress <= self.saddle_progress
        return height if climbs else 1.0 + progress


class TableScore(NamedTuple):
    """A score given on a rectangular grid in the plane, by bilinear interpolation.

    Attributes
    ----------
    values : ndarray, shape (rows, columns)
        Scores at the grid's points.
    corner, spacing : tuple of float
        Position of ``values[0, 0]`` and the distances between neighbours.
    """

    values: NDArray[np.float64]
    corner: Position
    spacing: Position

    def score(self, x: Any) -> Any:
        """Return the interpolated score, beyond the grid that of its edge."""
        rows, columns = self.values.shape
        u = min(max((x[0] - self.corner[0]) / self.spacing[0], 0.0), rows - 1.0)
        v = min(max((x[1] - self.corner[1]) / self.spacing[1], 0.0), columns - 1.0)
        i, j = min(int(u), rows - 2), min(int(v), columns - 2)
        u, v = u - i, v - j
        low = (1.0 - v) * self.values[i, j] + v * self.values[i, j + 1]
        high = (1.0 - v) * self.values[i + 1, j] + v * self.values[i + 1, j + 1]
        return (1.0 - u) * low + u * high


def loss_then_progress(
    landscape: LandscapeLike, points: Sequence[Position], saddle: Position
) -> HeightThenProgress:
    """Return the loss up to ``saddle`` and from there on the progress along ``points``."""
    return _height_then_progress(Loss(landscape), points, saddle)


def potential_then_progress(
    potential: ArrayLike,
    x: ArrayLike,
    y: ArrayLike,
    points: Sequence[Position],
    saddle: Position,
) -> HeightThenProgress:
    """Return a quasi-potential on a grid up to ``saddle``, then the progress along ``points``.

    Parameters
    ----------
    potential : array_like, shape (len(x), len(y))
        ``V`` of weak noise; where it is infinite, the largest value that is known is taken.
    x, y : array_like
        Evenly spaced coordinates.
    points, saddle
        The route and the saddle on it.

    Raises
    ------
    InputError
        As for :func:`committor_score`; or if ``V`` at the saddle is not positive.
    """
    values = np.asarray(potential, dtype=float)
    known = np.isfinite(values)
    highest = values[known].max() if known.any() else np.nan
    table = _table("potential", np.where(known, values, highest), x, y)
    return _height_then_progress(table, points, saddle)


def _height_then_progress(
    height: Score, points: Sequence[Position], saddle: Position
) -> HeightThenProgress:
    progress, top = progress_along(points), float(height.score(saddle))
    if not 0.0 < top < np.inf:
        raise InputError(
            f"the height of the saddle {saddle!r} is {top:g}; it must be positive and finite"
        )
    return HeightThenProgress(height, top, float(progress.score(saddle)), progress)


def committor_score(
    committor: ArrayLike, x: ArrayLike, y: ArrayLike, smallest: float = 1e-300
) -> TableScore:
    """Return the logarithm of a committor on a grid as a score.

    Parameters
    ----------
    committor : array_like, shape (len(x), len(y))
        Probability to reach the target before the core, from each point of the grid.
    x, y : array_like
        Evenly spaced coordinates.
    smallest : float
        Probabilities below are raised to it.

    Raises
    ------
    InputError
        If the shapes do not fit, a value is not finite or a coordinate is not evenly spaced.
    """
    table = _table("committor", committor, x, y)
    return table._replace(values=np.log(np.maximum(table.values, smallest)))


def _table(name: str, values: ArrayLike, x: ArrayLike, y: ArrayLike) -> TableScore:
    """Return values on an even grid as a score, or refuse them."""
    table, axes = np.asarray(values, dtype=float), [np.asarray(a, dtype=float) for a in (x, y)]
    if table.shape != tuple(axis.size for axis in axes) or min(table.shape) < 2:
        raise InputError(
            f"{name} has shape {table.shape}, and x and y have {axes[0].size} and "
            f"{axes[1].size} points; give one value for each pair, of two points each at least"
        )
    if not np.isfinite(table).all():
        raise InputError(f"{name} must be finite everywhere; fill the gaps of its grid first")
    steps = [np.diff(axis) for axis in axes]
    if not all(np.allclose(step, step[0]) and step[0] > 0.0 for step in steps):
        raise InputError(f"x and y must be evenly spaced and ascending; interpolate the {name}")
    corner, spacing = (float(a[0]) for a in axes), (float(step[0]) for step in steps)
    return TableScore(table, tuple(corner), tuple(spacing))
