"""From which minimum, over which saddle, into which minimum an escape leads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import CriticalPoint, LandscapeLike, Position
from landscape_sim.landscapes.critical_points import find_critical_points
from landscape_sim.validation import InputError


@dataclass(frozen=True, eq=False)
class EscapeRoute:
    """A minimum, the lowest saddle that leads out of it, and the minimum beyond.

    Attributes
    ----------
    minimum, saddle, destination : CriticalPoint
        In the order in which an escape passes them.
    """

    minimum: CriticalPoint
    saddle: CriticalPoint
    destination: CriticalPoint

    @property
    def outlier_curvature(self) -> float:
        """``h_e*``: the eigenvalue at the minimum whose eigenvector points best to the saddle."""
        direction = np.subtract(self.saddle.position, self.minimum.position)
        overlaps = np.abs(self.minimum.eigenvectors.T @ direction)
        return float(self.minimum.eigenvalues[np.argmax(overlaps)])

    @property
    def loss_ratio(self) -> float:
        """``L^s/L*``."""
        return self.saddle.loss / self.minimum.loss


def find_escape_route(
    landscape: LandscapeLike, start: Position | None = None, target: Position | None = None
) -> EscapeRoute:
    """Return the route out of the well of ``start``, into that of ``target`` if one is given.

    Parameters
    ----------
    landscape : LandscapeLike
        Its minimum in question must have a positive loss.
    start, target : tuple of float, optional
        Any positions inside the two wells; they are moved downhill to their
        minima. Without a start, the minimum of smallest first coordinate is
        left; without a target, the lowest saddle decides.

    Raises
    ------
    InputError
        If a position lies in no well, no saddle separates the two wells, or the
        loss at the minimum is not positive.

    Examples
    --------
    >>> from landscape_sim.landscapes import QuarticDoubleWell
    >>> route = find_escape_route(QuarticDoubleWell(floor=0.25, barrier=1.0), start=(-0.7,))
    >>> round(route.loss_ratio, 9), round(route.outlier_curvature, 6)
    (5.0, 8.0)
    """
    minima = [point for point in find_critical_points(landscape) if point.index == 0]
    if not minima:
        raise InputError(f"{landscape!r} has no minimum in {landscape.search_box()!r}")
    left = minima[0] if start is None else descend(landscape, start, "start")
    wanted = None if target is None else descend(landscape, target, "target")
    if wanted is left:
        raise InputError(
            f"target {target!r} lies in the same well as the start: no saddle separates them; "
            "choose a target beyond the barrier"
        )
    if not left.loss > 0:
        raise InputError(
            f"the loss at the minimum {left.position!r} is {left.loss!r}; loss-proportional noise "
            "needs it positive, so raise the loss floor"
        )
    routes = []
    for saddle in (point for point in find_critical_points(landscape) if point.index == 1):
        sides = _wells_beside(landscape, saddle)
        if left in sides:
            beyond = sides[1 - sides.index(left)]
            if beyond is not left and wanted in (None, beyond):
                routes.append(EscapeRoute(left, saddle, beyond))
    if not routes:
        goal = "another minimum" if wanted is None else f"the minimum {wanted.position!r}"
        raise InputError(f"no saddle leads from the minimum {left.position!r} to {goal}")
    return min(routes, key=lambda route: route.saddle.loss)


def descend(landscape: LandscapeLike, position: Position, name: str = "position") -> CriticalPoint:
    """Return the minimum into whose well ``position`` flows along ``dx/ds = −∇L``.

    Raises
    ------
    InputError
        If the position has the wrong dimension or the flow ends in no minimum.
    """
    box = landscape.search_box()
    if len(position) != len(box):
        raise InputError(f"{name} {position!r} must have {len(box)} coordinates")
    end = _flow(landscape, np.array(position, dtype=float))
    width = np.array([high - low for low, high in box])
    for point in find_critical_points(landscape):
        if point.index == 0 and np.all(np.abs(end - point.position) < 1e-2 * width):
            return point
    raise InputError(f"{name} {position!r} lies outside every well; choose a position inside one")


def _wells_beside(landscape: LandscapeLike, saddle: CriticalPoint) -> list[CriticalPoint]:
    """Return the two minima that the unstable direction of ``saddle`` leads to."""
    width = min(high - low for low, high in landscape.search_box())
    nudge = 1e-4 * width * saddle.eigenvectors[:, 0]
    sides = (tuple(map(float, saddle.position + sign * nudge)) for sign in (-1.0, 1.0))
    return [descend(landscape, side, "the path down from the saddle at") for side in sides]


def _flow(landscape: LandscapeLike, position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Follow ``−∇L`` for many relaxation times of the flattest well."""
    from scipy.integrate import solve_ivp

    if not np.all(np.isfinite(position)):
        return position
    minima = [point for point in find_critical_points(landscape) if point.index == 0]
    slowest = min((float(point.eigenvalues[0]) for point in minima), default=1.0)
    solution = solve_ivp(
        lambda _, x: -np.array(landscape.gradient(tuple(x))),
        (0.0, 60.0 / slowest),
        position,
        method="LSODA",
        jac=lambda _, x: -landscape.hessian(tuple(x)),
        rtol=1e-6,
        atol=1e-9,
    )
    return np.asarray(solution.y[:, -1])
