r"""The quasi-potential ``V`` around a minimum of a diffusion in the plane, at the nodes of a grid.

.. math:: V(y) = \min ∫ |φ'|_A |b|_A − φ'^T A b, \qquad A = a^{-1},

over the paths from the minimum to ``y``, for ``dθ = b dt + sqrt(ε a) dW``. The rate of leaving
over a saddle is ``exp(−V/ε)``. No path is solved for: it is a check on instantons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_sim.validation import InputError, require_count

Array = NDArray[np.float64]
Field = Callable[[Array], Array]

#: Nodes around the minimum whose values are those of the linear drift there, in cells.
_LINEAR = 3.0
#: Longest line in cells: it grows slowly with their number, as the authors of the method advise.
_FEWEST_CELLS, _MOST_CELLS = 32, 2048


@dataclass(frozen=True, eq=False)
class QuasiPotential:
    """``V`` at the nodes.

    Attributes
    ----------
    axes : pair of ndarray
        The coordinates of the nodes.
    values : ndarray, shape (m, k)
        ``V``; infinite where it exceeds the least value at the edge.
    """

    axes: tuple[Array, Array]
    values: Array

    def __call__(self, position: tuple[float, float]) -> float:
        """Return ``V``, interpolated.

        Raises
        ------
        InputError
            If the position is off the grid, or its value exceeds the least at the edge.
        """
        from scipy.interpolate import RegularGridInterpolator

        try:
            value = float(RegularGridInterpolator(self.axes, self.values)(position))
        except ValueError:
            value = np.inf
        if not np.isfinite(value):
            raise InputError(
                f"the quasi-potential is not known at {tuple(map(float, position))}: widen the "
                "domain, whose edge is reached at less"
            )
        return value


def quasi_potential(
    drift: Field,
    covariance: Field,
    minimum: tuple[float, float],
    domain: tuple[tuple[float, float], tuple[float, float]],
    n_cells: int = 256,
) -> QuasiPotential:
    """Return the quasi-potential with respect to a stable point of the drift.

    Parameters
    ----------
    drift, covariance : callable
        ``b`` and ``a`` at positions, shape ``(m, 2)``: shapes ``(m, 2)`` and ``(m, 2, 2)``.
    minimum : pair of float
        Where the drift vanishes.
    domain : pair of pairs of float
        The grid's edges.
    n_cells : int
        Along each axis.

    Raises
    ------
    InputError
        If the point is not stable, lies at the edge, or the covariance is not positive.

    Examples
    --------
    A linear drift that turns: ``V = 2 x² + y²``.

    >>> def drift(x):
    ...     return np.stack([-2 * x[:, 0] - x[:, 1], 2 * x[:, 0] - x[:, 1]], axis=1)
    >>> def covariance(x):
    ...     return np.broadcast_to(np.eye(2), (len(x), 2, 2))
    >>> v = quasi_potential(drift, covariance, (0.0, 0.0), ((-1, 1), (-1, 1)), n_cells=64)
    >>> round(v((0.3, 0.4)), 2)
    0.34
    """
    from landscape_sim.jit import compiled
    from landscape_sim.quasi_potential.line_integrals import fill

    n_cells = require_count("n_cells", n_cells)
    if not _FEWEST_CELLS <= n_cells <= _MOST_CELLS:
        raise InputError(f"n_cells must lie between {_FEWEST_CELLS} and {_MOST_CELLS}")
    x, y = (np.linspace(low, high, n_cells + 1) for low, high in domain)
    spacing = np.array([x[1] - x[0], y[1] - y[0]])
    nodes = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    strength = covariance(nodes)
    if not (np.linalg.eigvalsh(strength)[:, 0] > 0.0).all():
        raise InputError("the covariance must be positive at every node; narrow the domain")
    values = _near(drift, covariance, np.array(minimum, dtype=float), nodes, spacing)
    inverse = np.linalg.inv(strength)
    fields = np.concatenate([drift(nodes), inverse[:, [0, 0, 1], [0, 1, 1]]], axis=1)
    shape = n_cells + 1, n_cells + 1
    values = values.reshape(shape)
    radius = round(10 + 4 * max(0.0, np.log2(n_cells / 128)))
    compiled(fill)(np.ascontiguousarray(fields.reshape(*shape, 5)), spacing, values, radius)
    return QuasiPotential((x, y), values)


def _near(drift: Field, covariance: Field, minimum: Array, nodes: Array, spacing: Array) -> Array:
    """Return ``½ δθᵀ C⁻¹ δθ`` at the nodes around the minimum, infinity elsewhere."""
    from scipy.linalg import solve_continuous_lyapunov

    step = 1e-3 * float(spacing.min())
    unit = step * np.eye(2)
    flow = (drift(minimum + unit) - drift(minimum - unit)).T / (2.0 * step)
    away = nodes - minimum
    is_near = np.hypot(*(away / spacing).T) <= _LINEAR
    at_rest = np.abs(drift(minimum[None])).max() <= 1e-6 * np.abs(drift(nodes)).max()
    is_inside = np.all(np.abs(minimum - nodes.mean(axis=0)) < 0.5 * np.ptp(nodes, axis=0))
    if not at_rest or not is_inside or not (np.linalg.eigvals(flow).real < 0.0).all():
        raise InputError(
            f"{tuple(map(float, minimum))} is no stable point of the drift within the domain"
        )
    width = solve_continuous_lyapunov(flow, -covariance(minimum[None])[0])
    graph = np.linalg.inv(width)
    values = 0.5 * np.einsum("mi,ij,mj->m", away, graph, away)
    return np.where(is_near, values, np.inf)
