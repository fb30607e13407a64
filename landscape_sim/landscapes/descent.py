"""Downhill along the gradient: into which minimum a position flows, and by which path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_sim.landscapes.box import SearchBox, largest_curvature, quiet
from landscape_sim.landscapes.contract import CriticalPoint, LandscapeLike, Position
from landscape_sim.landscapes.critical_points import (
    RESOLUTION,
    digits,
    is_flat,
    known_critical_points,
    polish,
    require_ordinary_units,
)
from landscape_sim.validation import InputError

#: The flow has arrived when Newton's step to the minimum is shorter than this fraction of the box.
_ARRIVAL = 1e-4
#: Relaxation times of the stiffest direction after which the flow is given up.
_LONGEST_FLOW = 1e8
#: Gradients that a flow may take; the stiffest of the catalogue takes some hundreds.
_MOST_GRADIENTS = 10_000
#: Minima this close, as a fraction of the box, differ by rounding.
_ROUNDING = 1e-8
#: A flow may leave the search box by this fraction of it.
_MARGIN = 0.5
#: Points of the path between two steps of the integrator.
_REFINEMENT = 8


@dataclass(frozen=True, eq=False)
class Descent:
    """A path of steepest descent.

    Attributes
    ----------
    minimum : CriticalPoint
        Where it ends.
    path : ndarray, shape (m, n)
        From the starting position to the minimum.
    """

    minimum: CriticalPoint
    path: NDArray[np.float64]


class _LostError(Exception):
    """A flow that takes too many gradients, or meets one that is not finite."""


def descend(
    landscape: LandscapeLike,
    position: Position,
    name: str = "position",
    *,
    may_be_flat: bool = False,
) -> Descent:
    """Return the descent from ``position`` along ``dx/ds = −∇L``.

    Raises
    ------
    InputError
        If the position has the wrong dimension, the flow ends in no minimum or comes to no
        end, or the minimum is flat to second order and may not be.

    Examples
    --------
    >>> from landscape_sim.landscapes import QuarticDoubleWell
    >>> descent = descend(QuarticDoubleWell(floor=0.25, barrier=1.0), (0.3,))
    >>> round(descent.minimum.position[0], 9), len(descent.path) > 10
    (1.0, True)
    """
    box = SearchBox.of(landscape)
    if len(position) != len(box.width):
        raise InputError(f"{name} {position!r} must have {len(box.width)} coordinates")
    if not np.all(np.isfinite(position)):
        raise InputError(f"{name} {position!r} lies outside every well; it must be finite")
    require_ordinary_units(landscape)
    try:
        with quiet():
            path = _flow(landscape, np.array(position, dtype=float))
    except _LostError:
        raise InputError(
            f"{name} {position!r} lies outside every well: the way downhill from it comes to no "
            "end; choose a position inside a well, or narrow the domain to where the wells are"
        ) from None
    minimum = polish(landscape, path[-1])
    if minimum is None or minimum.index > 0 or box.distance(path[-1], minimum.position) > 1e-2:
        raise InputError(f"{name} {position!r} {_why_no_well(box, path[-1])}")
    if not may_be_flat and is_flat(landscape, minimum):
        raise InputError(
            f"{name} {position!r} lies in the well of {coordinates(minimum.position)}, which "
            f"is flat: its Hessian has the eigenvalues {digits(minimum.eigenvalues)}; freeze "
            "flat directions across the escape (n_outliers), or use the method exact or simulate"
        )
    minimum = _known(landscape, minimum)
    return Descent(minimum, np.vstack([path, box.image(minimum.position, near=path[-1])]))


def _why_no_well(box: SearchBox, end: NDArray[np.float64]) -> str:
    """Return what to say of a position from which the way downhill ends in no minimum."""
    if box.holds(end, _ROUNDING):
        return (
            "lies outside every well: downhill from it there is no minimum near "
            f"{coordinates(end)}; choose a position inside a well"
        )
    return (
        "lies outside every well that is known: the way downhill from it ends at "
        f"{coordinates(end)}, outside the search box {box.intervals!r}; widen it (the domain of a "
        "formula), or choose a position inside a well"
    )


def same_place(landscape: LandscapeLike, one: CriticalPoint, other: CriticalPoint) -> bool:
    """Return whether two critical points are one."""
    return SearchBox.of(landscape).distance(one.position, other.position) < RESOLUTION


def _known(landscape: LandscapeLike, minimum: CriticalPoint) -> CriticalPoint:
    """Return the critical point of the search that is ``minimum`` but for rounding, or itself."""
    box = SearchBox.of(landscape)
    known = known_critical_points(landscape)
    same = (p for p in known if box.distance(p.position, minimum.position) < _ROUNDING)
    return next(same, minimum)


class _Downhill:
    """The flow ``dx/ds = −∇L`` as an integrator asks for it, and when it ends."""

    def __init__(self, landscape: LandscapeLike) -> None:
        self.is_lost = False
        self._landscape, self._box = landscape, SearchBox.of(landscape)
        self._n_gradients = 0

    def velocity(self, _: float, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``−∇L``; zero once the flow is lost: nothing is raised through compiled code."""
        slope = np.array(self._landscape.gradient(tuple(x)), dtype=float)
        self._n_gradients += 1
        self.is_lost |= self._n_gradients > _MOST_GRADIENTS or not np.all(np.isfinite(slope))
        return np.zeros_like(slope) if self.is_lost else -slope

    def jacobian(self, _: float, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the negative Hessian, zero where that is not finite."""
        hessian = np.asarray(self._landscape.hessian(tuple(x)), dtype=float)
        return -hessian if np.all(np.isfinite(hessian)) else np.zeros_like(hessian)

    def before_arrival(self, _: float, x: NDArray[np.float64]) -> float:
        """Return the length of Newton's step to the minimum, less that at which it is close."""
        hessian = self._landscape.hessian(tuple(x))
        if not np.all(np.isfinite(hessian)):
            raise _LostError
        eigenvalues, eigenvectors = np.linalg.eigh(hessian)
        if not eigenvalues[0] > 0.0:
            return 1.0
        slope = eigenvectors.T @ np.array(self._landscape.gradient(tuple(x)))
        return float(np.linalg.norm(slope / eigenvalues)) - _ARRIVAL * self._box.size

    def before_leaving(self, _: float, x: NDArray[np.float64]) -> float:
        """Return the distance to where the flow is too far outside the search box."""
        return 0.5 + _MARGIN - float(np.max(np.abs(self._box.inside(x))))

    def fastest(self, x: NDArray[np.float64]) -> float:
        """Return a rate at which the flow changes at a position."""
        slope = np.linalg.norm(np.array(self._landscape.gradient(tuple(x)))) / self._box.size
        return max(largest_curvature(self._landscape, x), float(slope), 1e-300)


def _flow(landscape: LandscapeLike, position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points on the path of steepest descent, until a minimum is close.

    Raises
    ------
    _LostError
        If the flow runs into losses without end.
    """
    from scipy.integrate import solve_ivp

    flow = _Downhill(landscape)

    def has_arrived(s: float, x: NDArray[np.float64]) -> float:
        return flow.before_arrival(s, x)

    def has_left(s: float, x: NDArray[np.float64]) -> float:
        return flow.before_leaving(s, x)

    has_arrived.terminal = has_left.terminal = True  # type: ignore[attr-defined]
    if has_arrived(0.0, position) <= 0.0 or has_left(0.0, position) <= 0.0:
        return position[None]
    try:
        solution = solve_ivp(
            flow.velocity,
            (0.0, _LONGEST_FLOW / flow.fastest(position)),
            position,
            method="LSODA",
            jac=flow.jacobian,
            events=(has_arrived, has_left),
            dense_output=True,
            rtol=1e-7,
            atol=1e-9 * SearchBox.of(landscape).size,
        )
    except ValueError:
        # SciPy looks for the moment of an event within a step that ran away, and there is none.
        raise _LostError from None
    if flow.is_lost or len(solution.t) < 2:
        raise _LostError
    steps = np.arange(len(solution.t))
    fine = np.interp(np.arange(0, steps[-1] + 1e-9, 1 / _REFINEMENT), steps, solution.t)
    return np.asarray(solution.sol(fine).T)


def coordinates(position: ArrayLike) -> str:
    """Return a position as text, to four digits.

    >>> coordinates((1.0, -1e-17))
    '(1, 0)'
    """
    # Adding zero turns −0 into 0.
    numbers = (f"{round(float(x), 9) + 0.0:.4g}" for x in np.asarray(position).ravel())
    return "(" + ", ".join(numbers) + ")"
