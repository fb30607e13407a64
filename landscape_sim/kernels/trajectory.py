"""Paths of the first-passage loop, run again to be looked at.

Lanes are stepped by the first-passage loop's own function, so that path ``i`` of a
key is the same here and there, bit by bit. The whole of a path is run in blocks, and
only its state at the last block that began in a core region is kept; from there on it
is then run step by step.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.jit import inlined
from landscape_sim.kernels import bridge
from landscape_sim.kernels.first_passage import _step_lanes
from landscape_sim.kernels.process import Process
from landscape_sim.kernels.stack import BLOCK_ROWS, copy_rows, stack_rows, stack_steps
from landscape_sim.random_numbers.normals import N_LANES, fill_normals


class Traces(NamedTuple):
    """State of one path a lane."""

    position: NDArray[np.float64]  # (n, N_LANES)
    age: NDArray[np.float64]  # (N_LANES,): time t since the start, in units of the time step
    alive: NDArray[np.float64]  # (N_LANES,): 1.0 until the target is reached
    generators: NDArray[np.uint32]  # (4, N_LANES)
    steps: NDArray[np.int64]  # (N_LANES,): steps made
    last_in_core: NDArray[np.int64]  # (N_LANES,): last step at which the path was in the core

    def copy(self) -> Traces:
        """Return the same state in arrays of its own."""
        return Traces(
            position=self.position.copy(),
            age=self.age.copy(),
            alive=self.alive.copy(),
            generators=self.generators.copy(),
            steps=self.steps.copy(),
            last_in_core=self.last_in_core.copy(),
        )


class Records(NamedTuple):
    """Which steps to keep, and where they go."""

    first_step: NDArray[np.int64]  # (N_LANES,)
    stride: NDArray[np.int64]  # (N_LANES,)
    n_kept: NDArray[np.int64]  # (N_LANES,)
    ages: NDArray[np.float64]  # (capacity, N_LANES)
    positions: NDArray[np.float64]  # (capacity, n, N_LANES)

    @classmethod
    def empty(
        cls,
        dimension: int,
        capacity: int,
        first_step: NDArray[np.int64],
        stride: NDArray[np.int64],
    ) -> Records:
        """Return records that hold nothing yet."""
        ages = np.empty((capacity, N_LANES))
        positions = np.empty((capacity, dimension, N_LANES))
        return cls(first_step, stride, np.zeros(N_LANES, np.int64), ages, positions)


def run_to_arrival(
    process: Process,
    core: Any,
    max_age: float,
    traces: Traces,
    latest: Traces,
    n_blocks: int,
) -> int:
    """Advance every lane by at most ``n_blocks`` blocks; return how many paths go on.

    Parameters
    ----------
    process : Process
        Of every path.
    core : NamedTuple
        A region with the method ``distance`` of a target.
    max_age : float
        As in :func:`landscape_sim.kernels.first_passage.run_blocks`.
    traces : Traces
        Updated; the arrays are not on the stack, so this is a little slower than the
        first-passage loop.
    latest : Traces
        Overwritten with each path's state at the last block that it began in the core.
    n_blocks : int
        Blocks to run before the caller gets a chance to stop.
    """
    position, age, alive, generators, steps, _ = traces
    start = process.start
    steps_per_block = BLOCK_ROWS // len(start) // 2 * 2
    drawn, normals = stack_steps(start, steps_per_block)
    n_running: int = _count_running(age, alive, max_age)
    for _block in range(n_blocks):
        if n_running == 0:
            break
        for lane in range(N_LANES):
            here = bridge.load(position, lane, start)
            if alive[lane] == 1.0 and core.distance(here) <= 0.0:
                latest.position[:, lane], latest.age[lane] = position[:, lane], age[lane]
                latest.generators[:, lane] = generators[:, lane]
                latest.steps[lane], latest.last_in_core[lane] = steps[lane], steps[lane]
            steps[lane] += steps_per_block
        fill_normals(generators, drawn)
        _step_lanes(process, position, age, alive, normals)
        n_running = _count_running(age, alive, max_age)
    return n_running


def run_traces(
    process: Process,
    core: Any,
    max_age: float,
    traces: Traces,
    records: Records,
    n_blocks: int,
) -> int:
    """Advance every lane step by step for ``n_blocks`` blocks; return how many paths go on.

    Parameters
    ----------
    traces : Traces
        Updated; ``steps`` counts to the arrival, exactly.
    records : Records
        Updated: of each path the steps ``first_step``, ``first_step + stride``, … are
        kept, as far as there is room, and its arrival.
    process, core, max_age, n_blocks
        As in :func:`run_to_arrival`.
    """
    position, age, alive, generators, steps, last_in_core = traces
    start = process.start
    was_alive = stack_rows((0,), np.float64)[0]
    steps_per_block = BLOCK_ROWS // len(start) // 2 * 2
    drawn, normals = stack_steps(start, steps_per_block)
    n_running: int = _count_running(age, alive, max_age)
    for _block in range(n_blocks):
        if n_running == 0:
            break
        fill_normals(generators, drawn)
        for step in range(steps_per_block):
            copy_rows(alive, was_alive)
            _step_lanes(process, position, age, alive, normals[step : step + 1])
            for lane in range(N_LANES):
                if was_alive[lane] == 1.0:
                    steps[lane] += 1
                    if core.distance(bridge.load(position, lane, start)) <= 0.0:
                        last_in_core[lane] = steps[lane]
                    _keep(records, lane, steps[lane], alive[lane] == 0.0, age, position)
        n_running = _count_running(age, alive, max_age)
    return n_running


@inlined
def _count_running(age: Any, alive: Any, max_age: float) -> int:
    """Return how many paths have neither arrived nor met their end of time nor a NaN."""
    running = 0
    for lane in range(N_LANES):
        if alive[lane] == 1.0 and age[lane] < max_age:
            running += 1
    return running


@inlined
def _keep(
    records: Records, lane: int, step: int, has_arrived: Any, age: Any, position: Any
) -> None:
    """Keep the step if it is one of those asked for and there is room."""
    since = step - records.first_step[lane]
    asked = since >= 0 and (since % records.stride[lane] == 0 or has_arrived)
    row = records.n_kept[lane]
    if asked and row < len(records.ages):
        records.ages[row, lane] = age[lane]
        records.positions[row, :, lane] = position[:, lane]
        records.n_kept[lane] += 1
