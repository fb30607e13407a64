"""Critical points of a landscape, found and classified from its gradient and Hessian."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import CriticalPoint, LandscapeLike, Position
from landscape_sim.validation import InputError

#: Starting points of the root search, per dimension.
_STARTS_PER_DIMENSION = 24
#: Points closer than this fraction of the search box are one point.
_RESOLUTION = 1e-6


def find_critical_points(landscape: LandscapeLike) -> tuple[CriticalPoint, ...]:
    """Return every critical point found in the landscape's search box.

    Newton-like root searches on the gradient start from points spread over the
    box; the roots are merged, classified by the eigenvalues of the Hessian and
    sorted by their coordinates.

    Raises
    ------
    InputError
        If the search box holds no critical point.

    Examples
    --------
    >>> from landscape_sim.landscapes import QuarticDoubleWell
    >>> for point in find_critical_points(QuarticDoubleWell(floor=0.25, barrier=1.0)):
    ...     print(np.round(point.position, 9) + 0.0, point.index, np.round(point.eigenvalues, 6))
    [-1.] 0 [8.]
    [0.] 1 [-4.]
    [1.] 0 [8.]
    """
    return _search(cast(Hashable, landscape))


@lru_cache(maxsize=256)
def _search(landscape: Any) -> tuple[CriticalPoint, ...]:
    from scipy.optimize import root

    box = np.asarray(landscape.search_box(), dtype=float)
    low, width = box[:, 0], box[:, 1] - box[:, 0]
    starts = np.random.default_rng(0).random((_STARTS_PER_DIMENSION * len(box), len(box)))
    found: list[NDArray[np.float64]] = []
    for start in low + starts * width:
        solution = root(
            lambda x: np.array(landscape.gradient(tuple(x))),
            start,
            jac=lambda x: landscape.hessian(tuple(x)),
            options={"xtol": 1e-13},
        )
        inside = np.all(np.abs(solution.x - low - width / 2) <= width / 2)
        known = any(np.all(np.abs(solution.x - x) < _RESOLUTION * width) for x in found)
        if solution.success and inside and not known:
            found.append(solution.x)
    if not found:
        raise InputError(f"{landscape!r} has no critical point in {landscape.search_box()!r}")
    return tuple(classify(landscape, tuple(map(float, x))) for x in sorted(found, key=tuple))


def classify(landscape: LandscapeLike, position: Position) -> CriticalPoint:
    """Return the critical point at ``position``, with the eigenpairs of its Hessian."""
    eigenvalues, eigenvectors = np.linalg.eigh(landscape.hessian(position))
    return CriticalPoint(position, float(landscape.loss(position)), eigenvalues, eigenvectors)
