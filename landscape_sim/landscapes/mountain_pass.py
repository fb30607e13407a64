"""Ways to a saddle: a string between two minima, and the climb from its highest points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.box import SearchBox, gradients, largest_curvature, losses
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.landscapes.polygon import spread_evenly

Array = NDArray[np.float64]

#: Images of a string, and of one that looks for wells too narrow for the first.
COARSE, FINE = 33, 257
_STRING_STEPS = 400
#: Steps between two looks at the largest curvature along the string.
_STEPS_PER_STIFFNESS = 25
#: How far strings are bent, in the middle, as fractions of their length: lest symmetry hold them
#: on a ridge, and to look for passes beside the straight line.
_SLIGHT_BEND, _WIDE_BENDS = 0.05, (0.5, 1.0)
_CLIMB_STEPS = 200
#: Longest step of the climb, and the shortest that matters, as fractions of the box.
_LONGEST, _SHORTEST = 0.02, 1e-9


def string_maxima(
    landscape: LandscapeLike,
    first: Position,
    last: Position,
    n_images: int = COARSE,
    bend: Array | None = None,
) -> list[Array]:
    """Return the images of highest loss along a string between two minima.

    The simplified string method: images relax downhill and are spread evenly again.
    The string starts as a line that is bent by ``bend`` in its middle, by default a little,
    lest symmetry hold it on a ridge. It is stopped early: its maxima need only lie near the
    saddles.

    References
    ----------
    E, Ren, Vanden-Eijnden, J. Chem. Phys. 126 (2007) 164103.
    """
    if bend is None:
        bend = _SLIGHT_BEND * _sides(first, last)[0]
    along = np.linspace(0.0, 1.0, n_images)[:, None]
    images = np.array(first) + along * np.subtract(last, first) + np.sin(np.pi * along) * bend
    for step in range(_STRING_STEPS):
        if step % _STEPS_PER_STIFFNESS == 0:
            stiffness = largest_curvature(landscape, images)
        spacing = float(np.linalg.norm(images[1] - images[0]))
        if not (np.isfinite(stiffness) and stiffness > 0 and spacing > 0):
            return []
        pull = -gradients(landscape, images[1:-1]) / stiffness
        length = np.linalg.norm(pull, axis=1, keepdims=True)
        pull *= np.minimum(1.0, 0.3 * spacing / np.maximum(length, 1e-300))
        before = images
        images = spread_evenly(np.concatenate([images[:1], images[1:-1] + pull, images[-1:]]))
        if np.max(np.abs(images - before)) < 1e-5 * spacing:
            break
    height = losses(landscape, images)
    inner = (height[1:-1] >= height[:-2]) & (height[1:-1] > height[2:])
    return list(images[1:-1][inner])


def climb_to_saddle(landscape: LandscapeLike, position: Array) -> Array | None:
    """Return the saddle of index 1 above ``position``, or None if the climb meets none.

    Newton's method with the signs of the eigenvalues fixed: up along the softest
    direction, down along all others (eigenvector following).
    """
    size = SearchBox.of(landscape).size
    x = np.array(position, dtype=float)
    for _ in range(_CLIMB_STEPS):
        hessian, gradient = landscape.hessian(tuple(x)), np.array(landscape.gradient(tuple(x)))
        if not (np.all(np.isfinite(hessian)) and np.all(np.isfinite(gradient))):
            return None
        eigenvalues, eigenvectors = np.linalg.eigh(hessian)
        curvature = np.maximum(np.abs(eigenvalues), 1e-12 * max(np.abs(eigenvalues).max(), 1e-300))
        curvature[0] *= -1.0
        step = -eigenvectors @ ((eigenvectors.T @ gradient) / curvature)
        length = float(np.linalg.norm(step))
        if length < _SHORTEST * size:
            return x if eigenvalues[0] < 0 < eigenvalues[1:].min(initial=np.inf) else None
        x = x + step * min(1.0, _LONGEST * size / length)
    return None


def wide_bends(first: Position, last: Position) -> list[Array]:
    """Return bends that lead a string from ``first`` to ``last`` far to either side of the line.

    The sides are both of the plane, and in more dimensions those of two random directions.
    """
    return [
        sign * width * side
        for side in _sides(first, last)
        for width in _WIDE_BENDS
        for sign in (1.0, -1.0)
    ]


def _sides(first: Position, last: Position) -> list[Array]:
    """Return vectors across the line between two positions and as long, orthogonal to another."""
    chord = np.subtract(last, first)
    length = float(np.linalg.norm(chord))
    if len(chord) == 1:
        return [np.zeros(1)]  # there is no side, only what rounding leaves of it
    random, sides = np.random.default_rng(0), []
    taken = [chord / length]
    for _ in range(min(2, len(chord) - 1)):
        side = random.normal(size=len(chord))
        side -= sum(other * (side @ other) for other in taken)
        taken.append(side / max(float(np.linalg.norm(side)), 1e-300))
        sides.append(length * taken[-1])
    return sides
