"""Where to look for instantons: paths from a minimum to a saddle that differ in kind."""

from __future__ import annotations

import numpy as np

from landscape_sim.large_deviations.contract import Array
from landscape_sim.large_deviations.fixed_points import FixedPoint

_POINTS = 41
#: How far a detour reaches to the side, over the distance of minimum and saddle.
_DETOUR = 0.7
#: Detours are made to either side along so many directions, those of the strongest noise.
_DIRECTIONS = 2


def first_paths(minimum: FixedPoint, saddle: FixedPoint, descent: Array | None) -> list[Array]:
    """Return the straight path, that of steepest descent, and detours to either side.

    Parameters
    ----------
    minimum, saddle : FixedPoint
        The ends.
    descent : ndarray, shape (m, n), optional
        The path of steepest descent from minimum to saddle, where it is known.
    """
    n = len(minimum.position)
    s = np.linspace(0.0, 1.0, _POINTS)[:, None]
    chord = saddle.position - minimum.position
    straight = minimum.position + s * chord
    paths = [straight] if descent is None else [descent, straight]
    distance = float(np.linalg.norm(chord))
    strengths, directions = np.linalg.eigh(minimum.noise)
    bulge = _DETOUR * distance * np.sin(np.pi * s)
    sideways = []
    for k in np.argsort(strengths)[::-1][: min(n, _DIRECTIONS + 1)]:
        across = directions[:, k] - (directions[:, k] @ chord) / distance**2 * chord
        if np.linalg.norm(across) > 0.3:
            sideways.append(across / np.linalg.norm(across))
    for across in sideways[:_DIRECTIONS]:
        paths += [straight + sign * bulge * across for sign in (1.0, -1.0)]
    return paths
