"""The first-passage loop, generic over landscape, dynamics and target.

Lanes are stepped side by side in blocks: first the block's normal variates are
drawn for all lanes, then every lane is moved, so that both loops run on packed
instructions. A lane whose path has ended is given the next path between blocks.
A path's result depends on its own random stream alone, hence neither on the
lane, the block, the thread nor the order in which paths are run.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landscape_sim.kernels import bridge
from landscape_sim.kernels.jit import JIT_FLAGS
from landscape_sim.kernels.normals import N_LANES, fill_normals, seed_lane

#: Normal variates a lane and block: the block's buffer stays in the first-level cache.
_NORMALS_PER_BLOCK = 64

#: −ζ(1/2)/√(2π): mean overshoot of a discretely sampled Brownian path over a
#: boundary, in units of one step's standard deviation (Chernoff; Gobet and Menozzi 2010).
MEAN_OVERSHOOT = 0.5825971579390107

REACHED, CENSORED, LEFT_DOMAIN = 1, 2, 3
_NO_PATH = -1


class Lanes(NamedTuple):
    """State of the paths under way, and the paths that wait for a lane."""

    position: NDArray[np.float64]  # (n, N_LANES)
    age: NDArray[np.float64]  # steps since the start; float64, as wide as the position
    alive: NDArray[np.float64]  # 1.0 until the target is reached
    path: NDArray[np.int64]  # index of the path in each lane
    generators: NDArray[np.uint32]  # (4, N_LANES)
    queue: NDArray[np.int64]  # (2,): next path to start, end of the range

    @classmethod
    def empty(cls, dimension: int) -> Lanes:
        """Return lanes without a path, for positions of ``dimension`` coordinates."""
        return cls(
            position=np.zeros((dimension, N_LANES)),
            age=np.zeros(N_LANES),
            alive=np.zeros(N_LANES),
            path=np.full(N_LANES, _NO_PATH),
            generators=np.ones((4, N_LANES), np.uint32),
            queue=np.zeros(2, np.int64),
        )


class Passages(NamedTuple):
    """What became of every path."""

    steps: NDArray[np.int64]  # (n_paths,)
    outcome: NDArray[np.int8]  # (n_paths,): REACHED, CENSORED, LEFT_DOMAIN, or 0 if not ended


def run_blocks(
    landscape: Any,
    dynamics: Any,
    target: Any,
    start: tuple[float, ...],
    key: Any,
    max_steps: int,
    boundary_shift: float,
    lanes: Lanes,
    passages: Passages,
    n_blocks: int,
    wait_for_paths: bool,
) -> int:
    """Step the lanes for at most ``n_blocks`` blocks; return how many still carry a path.

    Parameters
    ----------
    landscape, dynamics, target : NamedTuple
        See :mod:`landscape_sim.kernels.bridge` for the methods they need.
    start : tuple of float
        Position of every path at step 0.
    key : uint64
        Key of the random streams; path ``i`` uses the stream ``(key, i)``.
    max_steps : int
        Paths that have not reached the target by then are censored there.
    boundary_shift : float
        The target counts as reached within this many standard deviations of one step.
    lanes, passages
        State and results; both are updated.
    n_blocks : int
        Blocks to run before the caller gets a chance to report or to stop.
    wait_for_paths : bool
        Return early when a lane is free and the queue is empty, because the
        caller has more paths to hand out.
    """
    # Every array is unpacked once: each look-up in a tuple of arrays costs a
    # pair of atomic reference counts, which between blocks is not negligible.
    position, age, alive, path, generators, queue = lanes
    steps, outcome = passages
    dimension = len(start)
    steps_per_block = max(2, _NORMALS_PER_BLOCK // dimension // 2 * 2)
    normals = np.empty((steps_per_block, dimension, N_LANES), np.float32)
    stream = normals.reshape(steps_per_block * dimension, N_LANES)
    scratch = np.empty((4, N_LANES), np.uint32)
    n_running = 0
    for block in range(n_blocks + 1):
        n_running = 0
        for lane in range(N_LANES):
            if path[lane] != _NO_PATH:
                ending = _outcome(position, age, alive, lane, max_steps)
                if ending != 0:
                    steps[path[lane]] = np.int64(min(age[lane], max_steps))
                    outcome[path[lane]] = ending
                    path[lane] = _NO_PATH
            if path[lane] == _NO_PATH and queue[0] < queue[1]:
                path[lane] = queue[0]
                queue[0] += 1
                seed_lane(generators, lane, key, path[lane])
                age[lane], alive[lane] = 0.0, 1.0
                for i in range(dimension):
                    position[i, lane] = start[i]
            n_running += path[lane] != _NO_PATH
        hungry = n_running < N_LANES and wait_for_paths
        if block == n_blocks or n_running == 0 or hungry:
            break
        fill_normals(generators, scratch, stream)
        _step_lanes(
            landscape, dynamics, target, start, boundary_shift, position, age, alive, normals
        )
    return n_running


@njit(**JIT_FLAGS, forceinline=True)
def _step_lanes(
    landscape: Any,
    dynamics: Any,
    target: Any,
    like: tuple[float, ...],
    boundary_shift: float,
    position: Any,
    age: Any,
    alive: Any,
    normals: Any,
) -> None:
    """Move every lane through one block of ``normals``, shape ``(steps, n, N_LANES)``."""
    for step in range(len(normals)):
        for lane in range(N_LANES):
            old = bridge.load(position, lane, like)
            new = dynamics.step(landscape, old, bridge.load_row(normals, step, lane, like))
            margin = boundary_shift * dynamics.noise_amplitude(landscape, old)
            age[lane] += alive[lane]
            # A product, not a branch: an assignment under a condition would
            # become a masked store. A NaN never counts as having arrived.
            waits = 0.0 if target.distance(new) <= margin else 1.0
            alive[lane] = alive[lane] * waits
            for i in range(len(new)):
                position[i, lane] = new[i]


@njit(**JIT_FLAGS, forceinline=True)
def _outcome(position: Any, age: Any, alive: Any, lane: int, max_steps: int) -> int:
    """Return how the path in ``lane`` has ended, or 0 if it has not."""
    if alive[lane] == 0.0 and age[lane] <= max_steps:
        return REACHED
    if age[lane] >= max_steps:
        return CENSORED
    for i in range(len(position)):
        if not np.isfinite(position[i, lane]):
            return LEFT_DOMAIN
    return 0
