"""In which direction a well is left: it sets the strength of the noise at its minimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape_sim.landscapes.contract import CriticalPoint, LandscapeLike, Position
from landscape_sim.landscapes.critical_points import is_flat
from landscape_sim.landscapes.escape_route import find_way_out


@dataclass(frozen=True)
class EscapeDirection:
    """An eigenvector of the Hessian at a minimum.

    Attributes
    ----------
    curvature : float
        ``h_e*``, its eigenvalue; zero where the minimum is flat to second order.
    vector : tuple of float
        ``e``, of length one.
    """

    curvature: float
    vector: Position


def escape_direction(
    landscape: LandscapeLike, minimum: CriticalPoint, destination: CriticalPoint
) -> EscapeDirection:
    """Return the direction in which the well of ``minimum`` is left.

    It is that of the lowest pass out of the well that is known, wherever that leads, so that
    the noise of a minimum is one noise, whatever the target: see
    :attr:`EscapeRoute.outlier_curvature`. Where no pass is known, and where the minimum is flat
    to second order, it is the eigenvector closest to the line to ``destination``.
    """
    values, vectors = minimum.eigenvalues, minimum.eigenvectors
    if len(values) == 1:
        return EscapeDirection(0.0 if is_flat(landscape, minimum) else float(values[0]), (1.0,))
    flat = is_flat(landscape, minimum)
    way_out = None if flat else find_way_out(landscape, minimum, destination)
    if way_out is not None:
        along = int(np.argmin(np.abs(values - way_out.outlier_curvature)))
    else:
        line = np.subtract(destination.position, minimum.position)
        along = int(np.argmax(np.abs(vectors.T @ line)))
    is_along_flat = flat and along == int(np.argmin(np.abs(values)))
    return EscapeDirection(
        0.0 if is_along_flat else float(values[along]), tuple(map(float, vectors[:, along]))
    )
