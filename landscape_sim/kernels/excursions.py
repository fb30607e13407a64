"""Excursions: paths from outside a core until they return to it or reach the target.

The loop that multilevel splitting is made of, generic over landscape, dynamics, target
and score. Of a path it keeps the first state beyond each rung of a ladder of scores, and
nothing else. Lanes are stepped side by side in short blocks, because an excursion is
short; a lane whose path has ended is given the next one. A path depends on its start and
its random stream alone, hence neither on the lane nor on the paths beside it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landscape_sim.jit import PASTED, inlined
from landscape_sim.kernels import bridge
from landscape_sim.kernels.process import Process
from landscape_sim.kernels.stack import BLOCK_ROWS, stack_rows, stack_steps
from landscape_sim.packed_functions.bits import is_not_negative
from landscape_sim.random_numbers.normals import N_LANES, fill_normals
from landscape_sim.random_numbers.xoshiro import seed_lane

#: How an excursion ended: in the core, in the target, at the last rung where it was to
#: stop there, at a loss that is not positive and finite, at the largest number of steps.
RETURNED, REACHED, CROSSED, LOST, EXHAUSTED = 1, 2, 3, 4, 5

#: Beyond every score.
_IN_CORE, _IN_TARGET = 1e300, np.inf
_NO_PATH = -1
#: Most steps of a block, and the rows that a block's positions and events take.
LONGEST_BLOCK = 16
TRAIL, EVENTS = (0.0,) * BLOCK_ROWS, (0.0,) * LONGEST_BLOCK


class Excursion(NamedTuple):
    """What is made of a path outside the core, and when it ends.

    Attributes
    ----------
    score_function : NamedTuple
        See :mod:`landscape_sim.kernels.bridge` for the methods it needs.
    core : NamedTuple
        A path has returned where ``core.excess(x) <= 0``.
    max_steps : int
        Steps after which a path is given up.
    stop_at_last : bool
        End a path at the last rung.
    """

    score_function: Any
    core: Any
    max_steps: int
    stop_at_last: bool


class Pool(NamedTuple):
    """Excursions to be made; the first so many rows are in use."""

    start: NDArray[np.float64]  # (m, n)
    level: NDArray[np.int64]  # (m,): rungs that are crossed at the start
    key: NDArray[np.uint64]  # (m,)
    stream: NDArray[np.int64]  # (m,): the path uses the stream (key, stream)
    walker: NDArray[np.int64]  # (m,): row of the walkers that the path overwrites

    @classmethod
    def empty(cls, n_paths: int, dimension: int) -> Pool:
        """Return room for ``n_paths`` excursions."""
        return cls(
            start=np.zeros((n_paths, dimension)),
            level=np.zeros(n_paths, np.int64),
            key=np.zeros(n_paths, np.uint64),
            stream=np.zeros(n_paths, np.int64),
            walker=np.zeros(n_paths, np.int64),
        )


class Walkers(NamedTuple):
    """What is kept of the latest excursion of each walker: the steps that crossed a new rung."""

    crossed: NDArray[np.int64]  # (w,): rungs crossed
    n_records: NDArray[np.int64]  # (w,): steps that crossed new ones
    height: NDArray[np.int64]  # (n_rungs + 1, w): rungs crossed by then
    entrance: NDArray[np.float64]  # (n_rungs + 1, w, n): where each of these steps led
    peak: NDArray[np.float64]  # (w,): highest score, where all rungs are crossed
    outcome: NDArray[np.int8]  # (w,)

    @classmethod
    def empty(cls, n_walkers: int, n_rungs: int, dimension: int) -> Walkers:
        """Return walkers that have not begun."""
        return cls(
            crossed=np.zeros(n_walkers, np.int64),
            n_records=np.zeros(n_walkers, np.int64),
            height=np.empty((n_rungs + 1, n_walkers), np.int64),
            entrance=np.empty((n_rungs + 1, n_walkers, dimension)),
            peak=np.full(n_walkers, -np.inf),
            outcome=np.zeros(n_walkers, np.int8),
        )


# Long: one loop over blocks; its arrays on the stack must not leave the kernel.
def run_excursions(
    process: Process,
    excursion: Excursion,
    rungs: NDArray[np.float64],
    pool: Pool,
    n_paths: int,
    walkers: Walkers,
) -> int:
    """Make the first ``n_paths`` excursions of ``pool``; return the steps they took.

    Parameters
    ----------
    process, excursion
        How every path moves and how it ends; where it starts is the pool's.
    rungs : ndarray of float
        Scores in ascending order.
    pool, walkers
        What to do, and what became of it.
    """
    crossed, n_records, height, entrance, peak, outcome = walkers
    starts, levels, keys, streams, rows = pool
    like, dimension = process.start, len(process.start)
    steps_per_block = min(LONGEST_BLOCK, BLOCK_ROWS // dimension // 2 * 2)
    generators = stack_rows((0, 0, 0, 0), np.uint32)
    generators[:] = np.uint32(1)
    drawn, normals = stack_steps(like, steps_per_block)
    position = stack_rows(like, np.float64)
    trail, events = stack_rows(TRAIL, np.float64), stack_rows(EVENTS, np.float64)
    threshold, noted = stack_rows((0,), np.float64)[0], stack_rows((0,), np.int64)[0]
    position[:], threshold[:] = 0.0, np.inf
    walker, steps = stack_rows((0,), np.int64)[0], stack_rows((0,), np.int64)[0]
    walker[:], steps[:] = _NO_PATH, 0
    n_begun, n_running, path_steps = 0, 0, 0
    while n_begun < n_paths or n_running > 0:
        for lane in range(N_LANES):
            if walker[lane] == _NO_PATH and n_begun < n_paths:
                row, level = rows[n_begun], levels[n_begun]
                walker[lane], steps[lane] = row, 0
                seed_lane(generators, lane, keys[n_begun], streams[n_begun])
                for i in range(dimension):
                    position[i, lane] = starts[n_begun, i]
                value = excursion.score_function.score(bridge.load(position, lane, like))
                # The rungs that count as crossed are the parent's choice, not a comparison.
                while level < len(rungs) and value >= rungs[level]:
                    level += 1
                crossed[row], outcome[row], n_records[row] = level, 0, level > 0
                height[0, row] = level
                for i in range(dimension):
                    entrance[0, row, i] = starts[n_begun, i]
                peak[row] = value if level == len(rungs) else -np.inf
                threshold[lane] = rungs[level] if level < len(rungs) else value
                n_begun += 1
                n_running += 1
        fill_normals(generators, drawn)
        _step_lanes(process, excursion, position, normals, trail, events, threshold, noted)
        n_ended, n_made = _settle(
            excursion,
            rungs,
            steps_per_block,
            trail,
            events,
            threshold,
            noted,
            walker,
            steps,
            walkers,
        )
        n_running -= n_ended
        path_steps += n_made
    return path_steps


@inlined
def _step_lanes(
    process: Process,
    excursion: Excursion,
    position: Any,
    normals: Any,
    trail: Any,
    events: Any,
    threshold: Any,
    noted: Any,
) -> None:
    """Move every lane through ``normals``; write down where each step led and what it met.

    Bit ``step`` of ``noted`` says that the event of that step is not below the threshold.
    """
    landscape, dynamics, target, like, boundary_shift = process
    score, core, _, _ = excursion
    noted[:] = 0
    for step in range(len(normals)):
        for lane in range(N_LANES):
            old = bridge.load(position, lane, like)
            new = dynamics.step(landscape, old, bridge.load(normals[step], lane, like))
            spread = dynamics.noise.spread(target.direction(new))
            margin = boundary_shift * spread * dynamics.noise_amplitude(landscape, old)
            depth = margin - target.distance(new)
            # Neither a NaN nor an infinite step has arrived.
            events[step, lane] = _IN_TARGET if is_not_negative(depth) else 0.0
            bridge.store(position, lane, new)
        # Apart, so that the loop above keeps its packed instructions, whatever a score does.
        bit = np.int64(1) << step
        for lane in range(N_LANES):
            new = bridge.load(position, lane, like)
            excess = core.excess(new)
            # What is not finite stays so, whatever the score makes of it.
            is_in_core = excess + 0.0 * excess <= 0.0
            event = _IN_CORE if is_in_core else 0.0 * excess + score.score(new)
            event = _IN_TARGET if events[step, lane] == _IN_TARGET else event
            events[step, lane] = event
            noted[lane] |= 0 if event < threshold[lane] else bit
        for lane in range(N_LANES):
            bridge.store(trail[step * len(like) :], lane, bridge.load(position, lane, like))


# Long: one loop over what was noted.
# Wide: a record of these arrays would cost reference counts in every block.
@njit(**PASTED)
def _settle(
    excursion: Excursion,
    rungs: Any,
    n_steps: int,
    trail: Any,
    events: Any,
    threshold: Any,
    noted: Any,
    walker: Any,
    steps: Any,
    walkers: Walkers,
) -> tuple[int, int]:
    """Go through what was noted of every lane; return how many paths ended, and their steps."""
    # One call a block: each array that is handed over costs two atomic operations.
    crossed, n_records, height, entrance, peak, outcome = walkers
    dimension, n_rungs = entrance.shape[2], len(rungs)
    n_ended, n_made = 0, 0
    for lane in range(N_LANES):
        row, pending, step, ending = walker[lane], noted[lane], 0, 0
        if row == _NO_PATH:
            continue
        while pending != 0 and ending == 0:
            while pending & 1 == 0:
                pending >>= 1
                step += 1
            event = events[step, lane]
            pending >>= 1
            step += 1
            if event < threshold[lane]:
                continue
            if not event < _IN_CORE:
                ending = REACHED if event == _IN_TARGET else RETURNED
                ending = LOST if np.isnan(event) else ending
                continue
            level = crossed[row]
            if level < n_rungs:
                while level < n_rungs and event >= rungs[level]:
                    level += 1
                record = n_records[row]
                for i in range(dimension):
                    entrance[record, row, i] = trail[(step - 1) * dimension + i, lane]
                crossed[row], height[record, row], n_records[row] = level, level, record + 1
            if level < n_rungs:
                threshold[lane] = rungs[level]
            else:
                threshold[lane] = peak[row] = event
                ending = CROSSED if excursion.stop_at_last else 0
        step = step if ending != 0 else n_steps
        steps[lane] += step
        n_made += step
        if ending == 0 and steps[lane] >= excursion.max_steps:
            ending = EXHAUSTED
        if ending != 0:
            outcome[row], walker[lane], threshold[lane] = ending, _NO_PATH, np.inf
            n_ended += 1
    return n_ended, n_made
