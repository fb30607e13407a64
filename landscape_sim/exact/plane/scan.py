"""Which part of the plane a passage needs: all that lies below the saddle, and a margin above it.

Both the density ``e^{−U/M}`` and the flow over the saddle are negligible where ``U`` exceeds
the saddle by many ``M``. What is left is found by flooding a scan of the plane: the saddle is
the lowest level at which water from the start reaches the target. Where ``M`` differs between
the axes the least action takes the place of ``U/M``. About an axis of symmetry a ring of radius
``r`` holds ``r^{n−2}`` times as much as the density there: ``U − M log r^{n−2}`` is flooded, and
what lies nearer to the axis than a flooded place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from landscape_sim.exact.plane.detours import excess_actions
from landscape_sim.exact.plane.frame import Array, Frame
from landscape_sim.exact.plane.grading import Axes
from landscape_sim.landscapes.targets import Target
from landscape_sim.validation import InputError

Mask = NDArray[np.bool_]

#: Densities beyond the margin are below 1e-8 of those at the saddle.
MARGIN = float(np.log(1e8))
#: About an axis rings come with weights, so that what costs more may matter; how much more.
_RING_MARGIN = 3.0 * MARGIN
#: A node this close to the boundary, relative to the distance to the target, counts as in it.
_ON_BOUNDARY = 1e-9


@dataclass(frozen=True, eq=False)
class Scan:
    """A grid of nodes, flooded from the start to what is negligible.

    Attributes
    ----------
    frame : Frame
        Gives the potential.
    targets : tuple of Target
        Where the process is absorbed. The passage leads to the last, and nothing beyond that
        one matters.
    axes : tuple of ndarray
        Nodes; the start is one.
    coarse : Scan, optional
        A scan of the same region, on which the cost of getting anywhere has been found.
    """

    frame: Frame
    targets: tuple[Target, ...]
    axes: Axes
    coarse: Scan | None = None

    @cached_property
    def closed(self) -> tuple[int, ...]:
        """The axes along which the last node is the first one again."""
        return tuple(k for k, z in enumerate(self.axes) if self.frame.closes(k, z))

    def coarsened(self, factor: int) -> Scan:
        """Return the same on every ``factor``-th node of either axis."""
        axes = tuple(z[::factor] for z in self.axes)
        return Scan(self.frame, self.targets, axes, self.coarse)

    @cached_property
    def nodes(self) -> Axes:
        """The coordinates of every node."""
        return tuple(np.meshgrid(*self.axes, indexing="ij"))

    @cached_property
    def start(self) -> tuple[int, ...]:
        """Indices of the node of the start."""
        return self._node_at(np.zeros(len(self.axes)))

    @cached_property
    def potential(self) -> Array:
        """``U`` at the nodes: ``∞`` outside the domain, ``−∞`` where it is not defined."""
        potential = self.frame.potential(*self.nodes)
        potential = np.where(np.isnan(potential), -np.inf, potential)
        return np.where(self.frame.in_domain(*self.nodes), potential, np.inf)

    @cached_property
    def modulation(self) -> Array:
        """``s`` at the nodes."""
        return self.frame.modulation(*self.nodes)

    @cached_property
    def free_energy(self) -> Array:
        """``U``, less ``M log r^{n−2}`` about an axis: low where a cell holds much."""
        return np.asarray(self.potential - self.frame.strengths[-1] * self._log_ring)

    @cached_property
    def inside(self) -> tuple[Mask, ...]:
        """Which nodes lie in each target."""
        margin = _ON_BOUNDARY * self.frame.length
        return tuple(self.frame.distance(t, *self.nodes) <= margin for t in self.targets)

    @cached_property
    def level(self) -> float:
        """The height of the saddle: the lowest level that joins the start to the target.

        Raises
        ------
        InputError
            If nothing joins them.
        """
        return self._joining_level(self.height)

    @cached_property
    def excess(self) -> Array:
        """How much more action a visit of the nodes takes than the way to the last target."""
        if self.coarse is not None:
            pairs = zip(self.coarse.axes, self.axes, strict=True)
            return np.asarray(self.coarse.excess[np.ix_(*(nearest(*pair) for pair in pairs))])
        # Of two targets each is where the ways from the other lead.
        ends = [self.start, self._node_at(self.frame.destination)][: len(self.targets)]
        ways = zip(ends, self.inside[::-1], strict=True)
        places = self.axes, self.frame.strengths, self.potential
        walls = [
            (self.frame.is_wall(axis, z[0]), self.frame.is_wall(axis, z[-1]))
            for axis, z in enumerate(self.axes)
        ]
        largest = _RING_MARGIN if self.frame.is_axial else MARGIN
        return np.asarray(
            np.min([excess_actions(*places, *w, largest, walls) for w in ways], axis=0)
        )

    def flooded(self, margin: float) -> Mask:
        """Return the nodes short of the last target that paths visit before they reach it.

        Parameters
        ----------
        margin : float
            Of a logarithm: densities elsewhere are below ``e^{−margin}`` of those at the saddle.
        """
        return _connected(self._open(margin) & ~self.inside[-1], self.start, self.closed)

    @cached_property
    def closure(self) -> Mask:
        """The nodes that matter, in the last target and what lies behind it included."""
        return _connected(self._open(MARGIN), self.start, self.closed)

    def _open(self, margin: float) -> Mask:
        """Return which nodes are low enough, or cheap enough, to be visited."""
        level = self.level  # refuses a target to which nothing leads
        if self.frame.is_reversible:
            return np.asarray(self.height <= level + margin * self.frame.strengths[0])
        if self.frame.is_axial:
            # What costs more than was looked at counts as costing just that much: far out, where
            # rings are large, the flood then does not end, and is refused.
            cost = self._filled(np.minimum(self.excess, _RING_MARGIN) - self._log_ring)
            return np.asarray(cost <= self._joining_level(cost) + margin)
        return np.asarray(np.isfinite(self.potential) & (self.excess <= margin))

    @cached_property
    def flood(self) -> Mask:
        """The nodes that matter."""
        return self.flooded(MARGIN)

    @cached_property
    def states(self) -> Mask:
        """The nodes between which a passage moves: those outside all targets."""
        return np.asarray(self.flood & ~np.any(self.inside, axis=0))

    def loss_at(self, *z: float) -> str:
        """Return position and loss at ``z``, for a refusal."""
        x = self.frame.within(*map(np.asarray, z))
        with np.errstate(all="ignore"):
            loss = float(self.frame.landscape.loss(x))
        return f"L({', '.join(f'{c:.4g}' for c in x)}) = {loss:.4g}"

    def touches_edge(self) -> bool:
        """Return whether the flood reaches the end of an axis."""
        for axis, z in enumerate(self.axes):
            is_axis = self.frame.is_axial and axis == 1 and z[0] == 0.0
            for end in (0, -1):
                is_closed = (is_axis and end == 0) or self.frame.is_wall(axis, z[end])
                if not is_closed and np.take(self.flood, end, axis=axis).any():
                    return True
        return False

    def box(self) -> Array:
        """Return what the flood covers and one cell more, with the landmarks: ``(low, high)``."""
        limits = []
        for axis, z in enumerate(self.axes):
            others = tuple(k for k in range(len(self.axes)) if k != axis)
            covered = np.flatnonzero(self.flood.any(axis=others))
            ends = z[max(covered[0] - 1, 0)], z[min(covered[-1] + 1, len(z) - 1)]
            limits.append((min(ends[0], 0.0), max(ends[1], self.frame.destination[axis])))
        return np.array(limits)

    @cached_property
    def _log_ring(self) -> Array:
        """``log r^{n−2}`` along the second axis; on the axis of symmetry at half a cell."""
        if not self.frame.is_axial:
            return np.zeros(())
        radius = np.maximum(self.axes[1], self.axes[1][1] / 2)
        return np.asarray(self.frame.power * np.log(radius))

    @cached_property
    def height(self) -> Array:
        """What is flooded: the potential, or what rings make of it."""
        return self._filled(self.free_energy) if self.frame.is_axial else self.potential

    def _filled(self, heights: Array) -> Array:
        """Return the lowest height no nearer to the axis, infinite where ``U`` is."""
        lowest = np.minimum.accumulate(heights[:, ::-1], axis=1)[:, ::-1]
        return np.where(self.potential < np.inf, lowest, np.inf)

    def _joining_level(self, heights: Array) -> float:
        levels = np.unique(heights[heights < np.inf])
        low, high = -1, len(levels)
        while high - low > 1:
            middle = (low + high) // 2
            pool = _connected(heights <= levels[middle], self.start, self.closed)
            low, high = (low, middle) if (pool & self.inside[-1]).any() else (middle, high)
        if high == len(levels):
            raise InputError(
                f"no way leads from the start to {self.targets[-1]!r} through finite losses; "
                "widen the domain or move the target"
            )
        return float(levels[high])

    def _node_at(self, position: Array) -> tuple[int, ...]:
        pairs = zip(self.axes, position, strict=True)
        return tuple(int(np.argmin(np.abs(z - at))) for z, at in pairs)


def _connected(is_open: Mask, node: tuple[int, ...], closed: tuple[int, ...]) -> Mask:
    """Return the nodes that open neighbours join to an open ``node``, round closed axes too."""
    from scipy.ndimage import label

    labels, n_pools = label(is_open)
    reached = np.zeros(n_pools + 1, dtype=bool)
    reached[labels[node]] = True
    seams = [tuple(np.take(labels, end, axis=axis) for end in (0, -1)) for axis in closed]
    for _ in range(n_pools if seams else 0):
        before = reached.copy()
        for one, other in seams:
            is_seam = (one > 0) & (other > 0)
            reached[one[is_seam & reached[other]]] = True
            reached[other[is_seam & reached[one]]] = True
        if (before == reached).all():
            break
    return np.asarray(is_open & reached[labels])


def nearest(nodes: Array, positions: Array) -> NDArray[np.intp]:
    """Return which nodes are nearest to positions."""
    middles = 0.5 * (nodes[1:] + nodes[:-1])
    return np.asarray(np.searchsorted(middles, positions))
