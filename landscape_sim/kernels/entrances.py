"""Entrances: the states at which paths that come from a core first stand beyond a surface.

Direct simulation near a minimum, for a fixed time: what enters in a fixed window of a
stationary process is an unbiased sample, and what enters first or after so many cycles is
not. A path that meets the target begins again at the start.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landscape_sim.jit import PASTED, inlined
from landscape_sim.kernels import bridge
from landscape_sim.kernels.excursions import EVENTS, LONGEST_BLOCK, TRAIL
from landscape_sim.kernels.process import Process
from landscape_sim.kernels.stack import BLOCK_ROWS, stack_rows, stack_steps
from landscape_sim.packed_functions.bits import is_not_negative
from landscape_sim.random_numbers.normals import N_LANES, fill_normals
from landscape_sim.random_numbers.xoshiro import seed_lane


class Entrances(NamedTuple):
    """What happened in the windows of all paths; the first so many rows are in use."""

    position: NDArray[np.float64]  # (capacity, n)
    arrived: NDArray[np.bool_]  # (capacity,): that state lies in the target already
    duration: NDArray[np.float64]  # (n_paths,): of the window, in units of the time step

    @classmethod
    def empty(cls, n_paths: int, window: int, dimension: int) -> Entrances:
        """Return room for the entrances of ``n_paths``, one in two steps at most."""
        capacity = n_paths * (window + LONGEST_BLOCK)
        return cls(np.empty((capacity, dimension)), np.empty(capacity, np.bool_), np.empty(n_paths))


# Long: its arrays on the stack must not leave the kernel.
def run_entrances(
    process: Process,
    core: Any,
    surface: float,
    key: Any,
    burn_in: int,
    window: int,
    entrances: Entrances,
) -> int:
    """Run every path through its burn-in and its window; return how many entrances there were.

    Parameters
    ----------
    process : Process
        Of every path; it starts in the core.
    core : NamedTuple
        The core is where ``core.excess(x) <= 0``.
    surface : float
        A path has entered where ``core.excess(x) >= surface`` and it was in the core since
        it last had.
    key : uint64
        Path ``i`` uses the stream ``(key, i)``.
    burn_in, window : int
        Steps, rounded up to whole blocks.
    entrances : Entrances
        Overwritten.
    """
    position_found, arrived, duration = entrances
    start, n_paths, dimension = process.start, len(duration), len(process.start)
    steps_per_block = min(LONGEST_BLOCK, BLOCK_ROWS // dimension // 2 * 2)
    n_burnt, n_blocks = -(-burn_in // steps_per_block), -(-window // steps_per_block)
    generators = stack_rows((0, 0, 0, 0), np.uint32)
    drawn, normals = stack_steps(start, steps_per_block)
    position, age = stack_rows(start, np.float64), stack_rows((0,), np.float64)[0]
    trail = stack_rows(TRAIL, np.float64)
    ages, outside = stack_rows(EVENTS, np.float64), stack_rows(EVENTS, np.float64)
    inside = stack_rows((0,), np.bool_)[0]
    n_found = 0
    for first in range(0, n_paths, N_LANES):
        n_lanes = min(N_LANES, n_paths - first)
        for lane in range(N_LANES):
            bridge.store(position, lane, start)
            seed_lane(generators, lane, key, first + lane)
        inside[:] = True
        for block in range(n_burnt + n_blocks):
            if block in (0, n_burnt):
                age[:] = 0.0
            fill_normals(generators, drawn)
            _step_lanes(process, core, position, age, normals, trail, ages, outside)
            n_new = _find(
                surface,
                start,
                steps_per_block,
                n_lanes,
                position,
                age,
                trail,
                ages,
                outside,
                inside,
                position_found[n_found:],
                arrived[n_found:],
            )
            n_found += n_new if block >= n_burnt else 0
        for lane in range(n_lanes):
            duration[first + lane] = age[lane]
    return n_found


@inlined
def _step_lanes(
    process: Process,
    core: Any,
    position: Any,
    age: Any,
    normals: Any,
    trail: Any,
    ages: Any,
    outside: Any,
) -> None:
    """Move every lane; write down its age and how far outside the core each step led."""
    landscape, dynamics, target, like, boundary_shift = process
    for step in range(len(normals)):
        for lane in range(N_LANES):
            old = bridge.load(position, lane, like)
            normal = bridge.load(normals[step], lane, like)
            new = dynamics.step(landscape, old, normal)
            spread = dynamics.noise.spread(target.direction(new))
            margin = boundary_shift * spread * dynamics.noise_amplitude(landscape, old)
            age[lane] += dynamics.clock_rate(landscape, old, normal)
            ages[step, lane] = age[lane]
            excess = core.excess(new)
            # What is not finite stays so, and shows in the age at the latest.
            age[lane] += 0.0 * excess
            depth = margin - target.distance(new)
            is_there = is_not_negative(depth)
            outside[step, lane] = np.inf if is_there else excess + 0.0 * excess
            bridge.store(position, lane, new)
        # Apart, so that the loop above keeps its packed instructions in many dimensions.
        for lane in range(N_LANES):
            bridge.store(trail[step * len(like) :], lane, bridge.load(position, lane, like))


# Wide: a record of these arrays would cost reference counts in every block.
@njit(**PASTED)
def _find(
    surface: float,
    start: tuple[float, ...],
    n_steps: int,
    n_lanes: int,
    position: Any,
    age: Any,
    trail: Any,
    ages: Any,
    outside: Any,
    inside: Any,
    found: Any,
    arrived: Any,
) -> int:
    """Write down a block's entrances; return how many there were."""
    dimension, n_found = len(start), 0
    for lane in range(n_lanes):
        was_inside = inside[lane]
        for step in range(n_steps):
            excess = outside[step, lane]
            if was_inside and excess >= surface:
                for i in range(dimension):
                    found[n_found, i] = trail[step * dimension + i, lane]
                arrived[n_found] = excess == np.inf
                n_found += 1
            was_inside = excess < surface if was_inside else excess <= 0.0
            if excess == np.inf:
                # What is left of the block is not part of the path, nor is its time.
                was_inside, age[lane] = True, ages[step, lane]
                bridge.store(position, lane, start)
                break
        inside[lane] = was_inside
    return n_found
