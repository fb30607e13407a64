"""Which part of the plane a passage needs: all that lies below the saddle, and a margin above it.

Both the density ``e^{−U/M}`` and the flow over the saddle are negligible where ``U`` exceeds
the saddle by many ``M``. What is left is found by flooding a scan of the plane: the saddle is
the lowest level at which water from the start reaches the target. Where ``M`` differs between
the axes the least action takes the place of ``U/M``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from landscape_sim.exact.plane.cliffs import lowest_cliff
from landscape_sim.exact.plane.detours import excess_actions
from landscape_sim.exact.plane.frame import Array, Frame
from landscape_sim.exact.plane.grading import Axes, distinct, graded_axes, landmarks
from landscape_sim.landscapes.targets import Target
from landscape_sim.validation import InputError, require_count

Mask = NDArray[np.bool_]

#: Densities beyond the margin are below 1e-8 of those at the saddle.
MARGIN = float(np.log(1e8))
_SCAN_CELLS = 240
_FEWEST_CELLS = 40
_LARGEST_REACH = 24  # the scan ends at sinh(24) = 1.3e10 times the distance to the target
_MOST_ZOOMS = 6
_EDGE_POINTS = 400
#: A node this close to the boundary, relative to the distance to the target, counts as in it.
_ON_BOUNDARY = 1e-9


@dataclass(frozen=True, eq=False)
class Scan:
    """The plane at the nodes of two axes, flooded from the start to what is negligible.

    Attributes
    ----------
    frame : Frame
        Gives the potential.
    targets : tuple of Target
        Where the process is absorbed. The passage leads to the last, and nothing beyond that
        one matters.
    axes : pair of ndarray
        Nodes; the start is one.
    coarse : Scan, optional
        A scan of the same region, on which the cost of getting anywhere has been found.
    """

    frame: Frame
    targets: tuple[Target, ...]
    axes: Axes
    coarse: Scan | None = None

    def coarsened(self, factor: int) -> Scan:
        """Return the same on every ``factor``-th node of either axis."""
        first, second = (z[::factor] for z in self.axes)
        return Scan(self.frame, self.targets, (first, second), self.coarse)

    @cached_property
    def nodes(self) -> Axes:
        """Both coordinates of every node."""
        first, second = np.meshgrid(*self.axes, indexing="ij")
        return first, second

    @cached_property
    def start(self) -> tuple[int, int]:
        """Indices of the node of the start."""
        return self._node_at(np.zeros(2))

    @cached_property
    def potential(self) -> Array:
        """``U`` at the nodes: ``∞`` outside the domain, ``−∞`` where it is not defined."""
        potential = self.frame.potential(*self.nodes)
        potential = np.where(np.isnan(potential), -np.inf, potential)
        return np.where(self.frame.in_domain(*self.nodes), potential, np.inf)

    @cached_property
    def inside(self) -> tuple[Mask, ...]:
        """Which nodes lie in each target."""
        margin = _ON_BOUNDARY * self.frame.length
        return tuple(self.frame.distance(t, *self.nodes) <= margin for t in self.targets)

    @cached_property
    def level(self) -> float:
        """The potential of the saddle: the lowest level that joins the start to the target.

        Raises
        ------
        InputError
            If nothing joins them.
        """
        levels = np.unique(self.potential[self.potential < np.inf])
        low, high = -1, len(levels)
        while high - low > 1:
            middle = (low + high) // 2
            pool = _connected(self.potential <= levels[middle], self.start)
            low, high = (low, middle) if (pool & self.inside[-1]).any() else (middle, high)
        if high == len(levels):
            raise InputError(
                f"no way leads from the start to {self.targets[-1]!r} through finite losses; "
                "widen the domain or move the target"
            )
        return float(levels[high])

    @cached_property
    def excess(self) -> Array:
        """How much more action a visit of the nodes takes than the way to the last target."""
        if self.coarse is not None:
            pairs = zip(self.coarse.axes, self.axes, strict=True)
            return np.asarray(self.coarse.excess[np.ix_(*(_nearest(*pair) for pair in pairs))])
        # Of two targets each is where the ways from the other lead.
        ends = [self.start, self._node_at(self.frame.destination)][: len(self.targets)]
        ways = zip(ends, self.inside[::-1], strict=True)
        places = self.axes, self.frame.strengths, self.potential
        return np.asarray(np.min([excess_actions(*places, *w, MARGIN) for w in ways], axis=0))

    def flooded(self, margin: float) -> Mask:
        """Return the nodes short of the last target that paths visit before they reach it.

        Parameters
        ----------
        margin : float
            Of a logarithm: densities elsewhere are below ``e^{−margin}`` of those at the saddle.
        """
        level = self.level  # refuses a target to which nothing leads
        if self.frame.is_reversible:
            is_open = self.potential <= level + margin * self.frame.strengths[0]
        else:
            is_open = np.isfinite(self.potential) & (self.excess <= margin)
        return _connected(is_open & ~self.inside[-1], self.start)

    @cached_property
    def flood(self) -> Mask:
        """The nodes that matter."""
        return self.flooded(MARGIN)

    @cached_property
    def states(self) -> Mask:
        """The nodes between which a passage moves: those outside all targets."""
        return np.asarray(self.flood & ~np.any(self.inside, axis=0))

    def touches_edge(self) -> bool:
        """Return whether the flood reaches the end of an axis."""
        return any(np.take(self.flood, [0, -1], axis=axis).any() for axis in (0, 1))

    def box(self) -> Array:
        """Return what the flood covers and one cell more, with the landmarks: ``(low, high)``."""
        limits = []
        for axis, z in enumerate(self.axes):
            covered = np.flatnonzero(self.flood.any(axis=1 - axis))
            ends = z[max(covered[0] - 1, 0)], z[min(covered[-1] + 1, len(z) - 1)]
            limits.append((min(ends[0], 0.0), max(ends[1], self.frame.destination[axis])))
        return np.array(limits)

    def check(self) -> None:
        """Refuse a flood that meets a loss without logarithm or the edge of the domain."""
        from scipy.ndimage import binary_dilation

        shore = binary_dilation(self.flood)
        is_undefined = shore & (self.potential == -np.inf)
        if is_undefined.any():
            raise InputError(
                "the loss must be positive and finite wherever the path can go, got "
                f"{self._loss_at(*(z[is_undefined][0] for z in self.nodes))}; raise the loss floor "
                "or change the landscape"
            )
        self._check_cliffs()
        if not self.frame.is_reversible:
            self._check_detours(shore)
        else:
            self._check_domain(shore)

    def refusal(self) -> InputError:
        """Return what to say of a flood without shore."""
        corner = (self.axes[0][-1], self.axes[1][-1])
        return InputError(
            f"the loss does not confine the process: as far out as {self._loss_at(*corner)} it is "
            "not high enough above the saddle; use a loss that grows without bound, or weaker "
            "noise"
        )

    def _check_cliffs(self) -> None:
        *place, potential = lowest_cliff(self.frame, self.nodes, self.flood)
        if potential <= self.level + MARGIN * self.frame.strengths.max():
            raise InputError(
                f"the loss ceases to be finite beyond {self._loss_at(*place)}, which is not high "
                "enough above the saddle to keep paths back; write the loss so that it does not "
                "overflow there, or use weaker noise"
            )

    def _check_domain(self, shore: Mask) -> None:
        (x0, x1), (y0, y1) = self.frame.domain
        # Sides may be at infinity, and no path meets what lies beyond the shore.
        x, y = (
            np.linspace(max(low, seen.min()), min(high, seen.max()), _EDGE_POINTS)
            for (low, high), seen in zip(
                self.frame.domain, (z[shore] for z in self.frame.position(*self.nodes)), strict=True
            )
        )
        sides = [
            *(self.frame.coordinates(x, 0 * x + side) for side in (y0, y1) if np.isfinite(side)),
            *(self.frame.coordinates(0 * y + side, y) for side in (x0, x1) if np.isfinite(side)),
        ]
        if not sides:
            return
        edge = np.concatenate(sides, axis=1)
        near = tuple(_nearest(z, at) for z, at in zip(self.axes, edge, strict=True))
        potential = np.where(shore[near], self.frame.potential(*edge), np.inf)
        lowest = int(np.argmin(potential))
        if potential[lowest] <= self.level + MARGIN * self.frame.strengths[0]:
            raise InputError(
                f"the domain cuts the well off: {self._loss_at(*edge[:, lowest])} on its edge is "
                "not high enough above the saddle; widen the domain there, or use weaker noise"
            )

    def _check_detours(self, shore: Mask) -> None:
        from scipy.ndimage import binary_dilation

        is_outside = shore & ~self.frame.in_domain(*self.nodes)
        is_rim = self.flood & binary_dilation(is_outside)
        if is_rim.any():
            cheapest = np.argmin(np.where(is_rim, self.excess, np.inf))
            highest = self._loss_at(*(z.flat[cheapest] for z in self.nodes))
            raise InputError(
                "the domain cuts off ways that matter: the noise, stronger along one axis, lifts "
                f"the process to {highest} at its edge; widen the domain there"
            )

    def _node_at(self, position: Array) -> tuple[int, int]:
        first, second = (
            int(np.argmin(np.abs(z - at))) for z, at in zip(self.axes, position, strict=True)
        )
        return first, second

    def _loss_at(self, z0: float, z1: float) -> str:
        x, y = self.frame.position(np.asarray(z0), np.asarray(z1))
        with np.errstate(all="ignore"):
            loss = float(self.frame.landscape.loss((x, y)))
        return f"L({x:.4g}, {y:.4g}) = {loss:.4g}"


def find_region(frame: Frame, targets: tuple[Target, ...], n_cells: int) -> Scan:
    """Return the region of a passage on a grid of about ``n_cells`` cells along each axis.

    Raises
    ------
    InputError
        If the region leaves the domain, the loss is not positive and finite in it, or the
        loss does not grow enough to bound it.
    """
    n_cells = require_count("n_cells", n_cells, minimum=_FEWEST_CELLS)
    for reach in range(2, _LARGEST_REACH + 1):
        steps = frame.length * np.sinh(np.linspace(-reach, reach, _SCAN_CELLS + 1))
        first, second = (
            distinct(frame, np.append(frame.destination[k] / 2 + steps, landmarks(frame, k)))
            for k in (0, 1)
        )
        scan = Scan(frame, targets, (first, second))
        scan.check()
        if not scan.touches_edge():
            break
    else:
        raise scan.refusal()
    for _ in range(_MOST_ZOOMS):
        box = scan.box()
        scan = Scan(frame, targets, graded_axes(frame, scan.axes, box, _SCAN_CELLS))
        scan.check()
        if not (np.diff(scan.box()) < 0.9 * np.diff(box)).any():
            break
    return Scan(frame, targets, graded_axes(frame, scan.axes, scan.box(), n_cells), scan)


def _connected(is_open: Mask, node: tuple[int, int]) -> Mask:
    """Return the nodes that open neighbours join to an open ``node``."""
    from scipy.ndimage import label

    labels = label(is_open)[0]
    return np.asarray(is_open & (labels == labels[node]))


def _nearest(nodes: Array, positions: Array) -> NDArray[np.intp]:
    middles = 0.5 * (nodes[1:] + nodes[:-1])
    return np.asarray(np.searchsorted(middles, positions))
