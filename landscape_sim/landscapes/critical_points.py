"""Critical points of a landscape, found and classified from its gradient and Hessian."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterator
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_sim.landscapes.box import SearchBox, gradients, largest_curvature, losses, quiet
from landscape_sim.landscapes.contract import CriticalPoint, LandscapeLike, Position
from landscape_sim.landscapes.mountain_pass import climb_to_saddle, string_maxima
from landscape_sim.validation import InputError

#: Points closer than this fraction of the search box are one point.
RESOLUTION = 1e-5
#: A root is accepted when Newton's next step is shorter than this fraction of the box.
_NEWTON_TOLERANCE = 1e-7
#: What the loss may change by over the search box.
_SLOPES = 1e-100, 1e100
#: A direction is flat if its curvature is below this fraction of the largest around.
_FLATNESS = 1e-6
#: Where the curvatures around are looked up, as a fraction of the box.
_PROBE = 1e-3
#: At most so many pairs of minima are joined by a string, the closest ones.
_MOST_STRINGS = 12


def find_critical_points(landscape: LandscapeLike) -> tuple[CriticalPoint, ...]:
    """Return the critical points found in the landscape's search box.

    Loss and gradient are sampled on a quasi-random sequence. Minimisations start where the
    loss, root searches where the gradient is smaller than at all neighbours in the
    sample (topographical selection, Törn and Viitanen 1992), and once more, closer, on a
    sample around the minima where these fill a small part of the box; further saddles are
    climbed to from the maxima along strings between pairs of minima. Points are
    merged, classified by the eigenvalues of the Hessian and sorted by their
    coordinates. Points where some direction is flat to second order have no
    escape rate and are left out.

    The search is not exhaustive: a feature narrower than the sample can be missed. A smaller
    search box is searched more closely. In many dimensions there can be more critical points
    than any search visits: minima and the saddles between neighbouring minima are looked for
    first.

    Raises
    ------
    InputError
        If the search box holds no critical point, or only flat ones.

    Examples
    --------
    >>> from landscape_sim.landscapes import QuarticDoubleWell
    >>> for point in find_critical_points(QuarticDoubleWell(floor=0.25, barrier=1.0)):
    ...     print(np.round(point.position, 9) + 0.0, point.index, np.round(point.eigenvalues, 6))
    [-1.] 0 [8.]
    [0.] 1 [-4.]
    [1.] 0 [8.]
    """
    found, flat = _search(cast(Hashable, landscape), identity(landscape))
    if not found and flat:
        raise InputError(
            f"the landscape is flat at {flat[0].position!r}: its Hessian has the eigenvalues "
            f"{digits(flat[0].eigenvalues)}; freeze flat directions (n_outliers), or, if "
            "its structure is much smaller than the search box, narrow the domain"
        )
    if not found:
        raise InputError(
            f"{landscape!r} has no critical point in {landscape.search_box()!r}; move or widen the "
            "search box (the domain of a formula), or change the landscape"
        )
    return found


def known_critical_points(landscape: LandscapeLike) -> tuple[CriticalPoint, ...]:
    """Return :func:`find_critical_points`, those that are flat to second order included."""
    found, flat = _search(cast(Hashable, landscape), identity(landscape))
    return (*found, *flat)


def digits(values: ArrayLike) -> str:
    """Return some numbers as text, to four digits; rounding errors beside larger ones are zero.

    >>> digits(np.array([4e12, 1e-17]))
    '(4e+12, 0)'
    """
    numbers = np.asarray(values, dtype=float)
    is_noise = np.abs(numbers) <= 1e-12 * np.abs(numbers).max(initial=0.0)
    return "(" + ", ".join(f"{x:.4g}" for x in np.where(is_noise, 0.0, numbers)) + ")"


def require_ordinary_units(landscape: LandscapeLike) -> None:
    """Refuse a loss so small or large that products of its derivatives leave the floats.

    Raises
    ------
    InputError
        If it is.
    """
    box = SearchBox.of(landscape)
    with quiet():
        slopes = np.abs(box.width * gradients(landscape, box.sample())).max(axis=1)
    slope = float(np.median(slopes[slopes > 0.0])) if np.any(slopes > 0.0) else 1.0
    if not (_SLOPES[0] < slope < _SLOPES[1] or math.isnan(slope)):
        raise InputError(
            f"the loss changes by {slope:.1e} or so over the search box, which leaves no room for "
            "products of derivatives; state it in other units"
        )


def identity(landscape: Any) -> Any:
    """Return a cache key: tuples of different classes are equal if their fields are."""
    if isinstance(landscape, tuple):
        return type(landscape), tuple(map(identity, landscape))
    return landscape


def classify(landscape: LandscapeLike, position: Position) -> CriticalPoint:
    """Return the critical point at ``position``, with the eigenpairs of its Hessian."""
    eigenvalues, eigenvectors = np.linalg.eigh(landscape.hessian(position))
    return CriticalPoint(position, float(landscape.loss(position)), eigenvalues, eigenvectors)


@quiet()
def polish(landscape: LandscapeLike, position: NDArray[np.float64]) -> CriticalPoint | None:
    """Return the critical point that a root search from ``position`` finds, None if it finds none.

    The search may leave the search box.
    """
    from scipy.optimize import root

    box = SearchBox.of(landscape)
    solution = root(
        lambda u: box.width * np.array(landscape.gradient(box.outside(u)), dtype=float),
        box.inside(position),
        jac=lambda u: box.width[:, None] * landscape.hessian(box.outside(u)) * box.width,
        options={"xtol": 1e-13, "factor": 0.5},
    )
    gradient, hessian = solution.fun, np.empty(0)
    if np.all(np.isfinite(solution.x)) and np.all(np.isfinite(gradient)):
        hessian = box.width[:, None] * landscape.hessian(box.outside(solution.x)) * box.width
    if hessian.size == 0 or not np.all(np.isfinite(hessian)):
        return None
    newton = np.linalg.lstsq(hessian, gradient)[0]
    # A vanishing Hessian makes Newton's step vanish, too: the gradient must as well.
    is_solved = np.linalg.norm(hessian @ newton - gradient) <= 1e-9 * _typical_slope(landscape)
    if not (is_solved and np.linalg.norm(newton) < _NEWTON_TOLERANCE):
        return None
    return classify(landscape, box.within(box.outside(solution.x)))


def is_flat(landscape: LandscapeLike, point: CriticalPoint) -> bool:
    """Return whether the loss does not change to second order in some direction at ``point``."""
    reach = _PROBE * SearchBox.of(landscape).size
    softest = int(np.argmin(np.abs(point.eigenvalues)))
    step = reach * point.eigenvectors[:, softest]
    with quiet():
        around = [largest_curvature(landscape, point.position + s * step) for s in (-1.0, 1.0)]
    here = np.abs(point.eigenvalues)
    return bool(here.min() <= _FLATNESS * np.nanmax([*around, here.max()]))


@lru_cache(maxsize=256)
def _search(
    landscape: Any, key: Any
) -> tuple[tuple[CriticalPoint, ...], tuple[CriticalPoint, ...]]:
    """Return the critical points in the search box, and those among them that are flat."""
    require_ordinary_units(landscape)
    box = SearchBox.of(landscape)
    found: list[CriticalPoint] = []
    flat: list[CriticalPoint] = []
    with quiet():
        for candidate in _candidates(landscape, found):
            point = polish(landscape, candidate)
            known = point is None or any(
                box.distance(point.position, p.position) < RESOLUTION for p in (*found, *flat)
            )
            if point is not None and not known and box.holds(point.position, RESOLUTION):
                (flat if is_flat(landscape, point) else found).append(point)
    return (
        tuple(sorted(found, key=lambda point: point.position)),
        tuple(sorted(flat, key=lambda point: point.position)),
    )


def _candidates(
    landscape: LandscapeLike, found: list[CriticalPoint]
) -> Iterator[NDArray[np.float64]]:
    """Yield positions near critical points; ``found`` grows meanwhile."""
    box = SearchBox.of(landscape)
    yield from _sampled_candidates(landscape, box)
    if len(box.width) == 1:
        return  # the sample is dense: between two minima it has shown the maximum
    minima = [point for point in found if point.index == 0]
    closer = box.around([point.position for point in minima])
    if closer is not None:
        yield from _sampled_candidates(landscape, closer)
        minima = [point for point in found if point.index == 0]
    pairs = sorted(
        itertools.combinations(minima, 2),
        key=lambda pair: box.distance(pair[0].position, pair[1].position),
    )
    for one, other in pairs[:_MOST_STRINGS]:
        for top in string_maxima(landscape, one.position, other.position):
            saddle = climb_to_saddle(landscape, top)
            if saddle is not None:
                yield saddle


def _sampled_candidates(landscape: LandscapeLike, box: SearchBox) -> Iterator[NDArray[np.float64]]:
    sample = box.sample()
    slope = np.linalg.norm(box.width * gradients(landscape, sample), axis=1)
    for start in sample[_is_topographic_minimum(box, losses(landscape, sample))]:
        yield _minimise(landscape, start)
    yield from sample[_is_topographic_minimum(box, slope)]


def _is_topographic_minimum(box: SearchBox, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where ``values`` on the box's sample are lower than at all near neighbours."""
    finite = np.where(np.isfinite(values), values, np.inf)
    return np.asarray(finite < finite[box.neighbours()].min(axis=1))


def _minimise(landscape: LandscapeLike, start: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the end of a quasi-Newton descent of the loss within the search box."""
    from scipy.optimize import minimize

    box = SearchBox.of(landscape)
    scale = 1.0 / _typical_slope(landscape)

    def scaled(u: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        x = box.outside(u)
        gradient = np.array(landscape.gradient(x), dtype=float)
        return scale * float(landscape.loss(x)), scale * box.width * gradient

    solution = minimize(
        scaled,
        box.inside(start),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-0.5, 0.5)] * len(box.width),
        options={"gtol": 1e-5, "ftol": 1e-12},
    )
    return np.array(box.outside(solution.x))


def _typical_slope(landscape: LandscapeLike) -> float:
    """Return the median length of the gradient over the sample, in units of the box."""
    return _median_slope(cast(Hashable, landscape), identity(landscape))


@lru_cache(maxsize=256)
def _median_slope(landscape: Any, key: Any) -> float:
    box = SearchBox.of(landscape)
    with np.errstate(all="ignore"):
        slope = np.linalg.norm(box.width * gradients(landscape, box.sample()), axis=1)
    finite = slope[np.isfinite(slope) & (slope > 0)]
    return float(np.median(finite)) if finite.size else 1.0
