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

from landscape_sim.jit import PASTED, inlined
from landscape_sim.kernels import bridge
from landscape_sim.kernels.process import Process
from landscape_sim.kernels.stack import BLOCK_ROWS, copy_rows, stack_rows, stack_steps
from landscape_sim.packed_functions.bits import is_not_negative
from landscape_sim.random_numbers.normals import N_LANES, fill_normals
from landscape_sim.random_numbers.xoshiro import seed_lane

#: −ζ(1/2)/√(2π): mean overshoot of a discretely sampled Brownian path over a
#: boundary, in units of one step's standard deviation (Chernoff; Gobet and Menozzi 2010).
MEAN_OVERSHOOT = 0.5825971579390107

REACHED, CENSORED, LEFT_DOMAIN = 1, 2, 3
_NO_PATH = -1


class Lanes(NamedTuple):
    """State of the paths under way, and the paths that wait for a lane."""

    position: NDArray[np.float64]  # (n, N_LANES)
    age: NDArray[np.float64]  # (N_LANES,): time t since the start, in units of the time step
    alive: NDArray[np.float64]  # (N_LANES,): 1.0 until the target is reached
    path: NDArray[np.int64]  # (2, N_LANES): index of the path in each lane, steps made so far
    generators: NDArray[np.uint32]  # (4, N_LANES)
    queue: NDArray[np.int64]  # (2,): next path to start, end of the range

    @classmethod
    def empty(cls, dimension: int) -> Lanes:
        """Return lanes without a path, for positions of ``dimension`` coordinates."""
        return cls(
            position=np.zeros((dimension, N_LANES)),
            age=np.zeros(N_LANES),
            alive=np.zeros(N_LANES),
            path=np.full((2, N_LANES), _NO_PATH),
            generators=np.ones((4, N_LANES), np.uint32),
            queue=np.zeros(2, np.int64),
        )


class Passages(NamedTuple):
    """What became of every path."""

    age: NDArray[np.float64]  # (n_paths,): time t at the end, in units of the time step
    steps: NDArray[np.int64]  # (n_paths,): steps made, to the end of the last block
    outcome: NDArray[np.int8]  # (n_paths,): REACHED, CENSORED, LEFT_DOMAIN, or 0 if not ended

    @classmethod
    def empty(cls, n_paths: int) -> Passages:
        """Return the passages of paths that have not begun."""
        return cls(np.zeros(n_paths), np.zeros(n_paths, np.int64), np.zeros(n_paths, np.int8))


# Long: one loop over blocks; its arrays on the stack must not leave the kernel.
def run_blocks(
    process: Process,
    key: Any,
    max_age: float,
    lanes: Lanes,
    passages: Passages,
    n_blocks: int,
    wait_for_paths: bool,
) -> int:
    """Step the lanes for at most ``n_blocks`` blocks; return how many still carry a path.

    Parameters
    ----------
    process : Process
        Of every path.
    key : uint64
        Key of the random streams; path ``i`` uses the stream ``(key, i)``.
    max_age : float
        Time in units of the time step; paths that have not reached the target
        by then are censored there.
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
    kept_position, kept_age, kept_alive, path, kept_generators, queue = lanes
    ages, steps, outcome = passages
    start, dimension = process.start, len(process.start)
    position = stack_rows(start, np.float64)
    age, alive = stack_rows((0,), np.float64)[0], stack_rows((0,), np.float64)[0]
    generators = stack_rows((0, 0, 0, 0), np.uint32)
    copy_rows(kept_position, position)
    copy_rows(kept_age, age)
    copy_rows(kept_alive, alive)
    copy_rows(kept_generators, generators)
    steps_per_block = BLOCK_ROWS // dimension // 2 * 2
    drawn, normals = stack_steps(start, steps_per_block)
    n_running = 0
    for block in range(n_blocks + 1):
        is_end = block == 0 or block == n_blocks
        may_start = n_running < N_LANES and queue[0] < queue[1]
        # In most blocks no path ends: one look at all lanes, in place of one at each.
        if is_end or may_start or _count_waiting(age, alive, max_age) < n_running:
            n_running = 0
            for lane in range(N_LANES):
                i = path[0, lane]
                if i != _NO_PATH:
                    ending = _outcome(age[lane], alive[lane], max_age)
                    # Not in every block: what is not finite stays so.
                    if (ending == CENSORED or block == n_blocks) and not _is_finite(
                        position, age, lane
                    ):
                        ending = LEFT_DOMAIN
                    if ending != 0:
                        ages[i], steps[i] = min(age[lane], max_age), path[1, lane]
                        outcome[i] = ending
                        path[0, lane], alive[lane] = _NO_PATH, 0.0
                if path[0, lane] == _NO_PATH and queue[0] < queue[1]:
                    path[0, lane], path[1, lane] = queue[0], 0
                    seed_lane(generators, lane, key, queue[0])
                    queue[0] += 1
                    age[lane], alive[lane] = 0.0, 1.0
                    bridge.store(position, lane, start)
                n_running += path[0, lane] != _NO_PATH
        for lane in range(N_LANES):
            path[1, lane] += steps_per_block
        hungry = n_running < N_LANES and wait_for_paths
        if block == n_blocks or n_running == 0 or hungry:
            break
        fill_normals(generators, drawn)
        _step_lanes(process, position, age, alive, normals)
    for lane in range(N_LANES):
        path[1, lane] -= steps_per_block  # of the block that did not take place
    copy_rows(position, kept_position)
    copy_rows(age, kept_age)
    copy_rows(alive, kept_alive)
    copy_rows(generators, kept_generators)
    return n_running


@inlined
def _step_lanes(process: Process, position: Any, age: Any, alive: Any, normals: Any) -> None:
    """Move every lane through one block of ``normals``, shape ``(steps, n, N_LANES)``."""
    landscape, dynamics, target, like, boundary_shift = process
    for step in range(len(normals)):
        for lane in range(N_LANES):
            old = bridge.load(position, lane, like)
            normal = bridge.load(normals[step], lane, like)
            new = dynamics.step(landscape, old, normal)
            spread = dynamics.noise.spread(target.direction(new))
            margin = boundary_shift * spread * dynamics.noise_amplitude(landscape, old)
            # Products, not branches: an assignment under a condition would
            # become a masked store. Neither a NaN nor an infinite step has arrived.
            age[lane] += alive[lane] * dynamics.clock_rate(landscape, old, normal)
            depth = margin - target.distance(new)
            waits = 0.0 if is_not_negative(depth) else 1.0
            alive[lane] = alive[lane] * waits
            bridge.store(position, lane, new)


@inlined
def _count_waiting(age: Any, alive: Any, max_age: float) -> int:
    """Return how many lanes carry a path that has not ended."""
    n_waiting = 0
    for lane in range(N_LANES):
        n_waiting += (alive[lane] == 1.0) & (age[lane] < max_age)
    return n_waiting


@njit(**PASTED)
def _outcome(age: float, alive: float, max_age: float) -> int:
    """Return how a path has ended, or 0 if it has not."""
    if alive == 0.0 and age <= max_age:
        return REACHED
    return CENSORED if age >= max_age else 0


@njit(**PASTED)
def _is_finite(position: Any, age: Any, lane: int) -> Any:
    """Return whether the path in ``lane`` has only met losses that are positive and finite."""
    finite = np.isfinite(age[lane])
    for i in range(len(position)):
        finite = finite and np.isfinite(position[i, lane])
    return finite
