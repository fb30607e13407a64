"""The plane in coordinates along which the noise acts independently.

The diffusivity is ``D(x) = s(x) M`` with a constant matrix ``M``. Along the eigenvectors of
``M`` the backward generator has no mixed derivative: it is a sum of two one-dimensional ones,

``s Σ_k (M_k ∂_k² − ∂_k U ∂_k) = s Σ_k e^{U/M_k} ∂_k (M_k e^{−U/M_k} ∂_k)``.

Where ``M`` is isotropic every direction will do; the first then points from the start to the
target. A landscape that is translated or rotated hence gives the same numbers.

In ``n > 2`` dimensions a passage along an axis of symmetry is one in a half-plane, whose second
coordinate is the distance ``r`` from the axis; its part of the generator is
``s M e^{U/M} r^{2−n} ∂_r (r^{n−2} e^{−U/M} ∂_r)``. See :mod:`landscape_sim.exact.plane.symmetry`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.landscapes.contract import LandscapeLike
from landscape_sim.landscapes.targets import Target

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Frame:
    """A diffusion seen in ``k`` coordinates ``z``, with ``x = origin + axes z``.

    Attributes
    ----------
    landscape, noise
        Loss and noise model, functions of ``x``.
    origin : ndarray, shape (n,)
        The start.
    axes : ndarray, shape (n, k)
        Orthonormal eigenvectors of ``M``, one a column: one on a line, two in the plane; of the
        two about an axis of symmetry the second is one of the directions across it.
    strengths : ndarray, shape (k,)
        Their eigenvalues ``M_k``.
    destination : ndarray, shape (k,)
        The landmark of the target, in ``z``.
    domain : ndarray, shape (n, 2)
        Rows ``(low, high)``: where the loss is defined, in ``x``; infinite if everywhere.
    is_axial : bool
        Whether ``z_1 ≥ 0`` is the distance from an axis of symmetry.
    walls : ndarray, shape (k, 2)
        Rows ``(low, high)`` in ``z``: where the process is reflected; infinite if nowhere. Ends of
        one turn along an axis that closes on itself.
    closed : tuple of bool
        Which axes do; empty if none does.
    """

    landscape: LandscapeLike
    noise: NoiseModel
    origin: Array
    axes: Array
    strengths: Array
    destination: Array
    domain: Array
    is_axial: bool = False
    walls: Array | None = None
    closed: tuple[bool, ...] = ()

    def up_to_walls(self, axis: int, nodes: Array) -> Array:
        """Return the nodes between the walls across an axis, these included."""
        if self.walls is None:
            return nodes
        low, high = self.walls[axis]
        ends = [end for end in (low, high) if np.isfinite(end)]
        return np.append(nodes[(low < nodes) & (nodes < high)], ends)

    def is_wall(self, axis: int, node: float) -> bool:
        """Return whether a node lies on a wall across an axis."""
        return self.walls is not None and node in self.walls[axis]

    def closes(self, axis: int, nodes: Array) -> bool:
        """Return whether the last node along an axis is the first one again."""
        if self.walls is None or not any(self.closed):
            return False
        return self.closed[axis] and (nodes[0], nodes[-1]) == tuple(self.walls[axis])

    @property
    def power(self) -> int:
        """The power of the last coordinate in the volume: ``n − 2`` about an axis, or zero."""
        return len(self.origin) - len(self.strengths)

    @property
    def length(self) -> float:
        """Distance from the start to the landmark of the target."""
        return float(np.linalg.norm(self.destination))

    @property
    def is_reversible(self) -> bool:
        """Whether ``M`` is isotropic, so that ``e^{−U/T}/s`` is the stationary density."""
        return bool((self.strengths == self.strengths[0]).all())

    def position(self, *z: Array) -> tuple[Array, ...]:
        """Return the ``n`` coordinates ``x`` at ``z``."""
        rows = zip(self.origin, self.axes, strict=True)
        return tuple(sum((a * c for a, c in zip(row, z, strict=True)), at) for at, row in rows)

    def within(self, *z: Array) -> tuple[Array, ...]:
        """Return the positions, or the nearest at which the loss is defined."""
        x = self.position(*z)
        if not np.isfinite(self.domain).any():
            return x
        return tuple(np.clip(c, low, high) for c, (low, high) in zip(x, self.domain, strict=True))

    def seen(self, *z: Array) -> tuple[Array, Array]:
        """Return the ``x`` and ``y`` of a result: positions, or ``z`` about an axis."""
        first, *others = z if self.is_axial else self.position(*z)
        return first, others[0] if others else np.zeros_like(first)

    def coordinates(self, x: Array, y: Array) -> Array:
        """Return ``z`` at ``(x, y)``, stacked along the first axis."""
        moved = np.stack([x - self.origin[0], y - self.origin[1]])
        return np.asarray(np.tensordot(self.axes, moved, axes=(0, 0)))

    def in_domain(self, *z: Array) -> NDArray[np.bool_]:
        """Return whether ``z`` lies where the loss is defined, or all of its ring does."""
        if self.walls is not None:  # grids end there
            return np.ones(np.broadcast(*z).shape, dtype=bool)
        if self.is_axial:
            reach = np.sqrt(np.maximum(1.0 - self.axes[:, 0] ** 2, 0.0))
            x = np.stack(self.position(z[0], np.zeros_like(z[1])))
            spread = np.multiply.outer(reach, z[1])
        else:
            x, spread = np.stack(self.position(*z)), np.zeros(())
        low, high = self.domain.T.reshape(2, -1, *[1] * (x.ndim - 1))
        return np.asarray(((low <= x - spread) & (x + spread <= high)).all(axis=0))

    def potential(self, *z: Array) -> Array:
        """Return ``U``; NaN or infinite where the loss is not finite or not positive."""
        return self._evaluate(self.noise.potential, z)

    def modulation(self, *z: Array) -> Array:
        """Return ``s``."""
        return self._evaluate(self.noise.modulation, z)

    def distance(self, target: Target, *z: Array) -> Array:
        """Return the distance to the boundary of ``target``."""
        return np.asarray(target.distance(self.position(*z)), dtype=np.float64)

    def _evaluate(
        self, function: Callable[[LandscapeLike, Any], Any], z: tuple[Array, ...]
    ) -> Array:
        with np.errstate(all="ignore"):
            values = function(self.landscape, self.within(*z))
        return np.broadcast_to(np.asarray(values, dtype=np.float64), np.broadcast(*z).shape)
