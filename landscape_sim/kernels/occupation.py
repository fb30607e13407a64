"""The occupation loop: where paths are, at regular times, generic over landscape and dynamics.

It steps lanes in blocks as the first-passage loop does; memory grows with the
samples that are kept, not with the steps between them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from landscape_sim.jit import inlined
from landscape_sim.kernels import bridge
from landscape_sim.kernels.stack import BLOCK_ROWS, copy_rows, stack_rows, stack_steps
from landscape_sim.random_numbers.normals import N_LANES, fill_normals


def run_samples(
    landscape: Any,
    dynamics: Any,
    like: tuple[float, ...],
    steps_per_sample: int,
    kept_position: Any,
    kept_generators: Any,
    samples: Any,
    weights: Any,
) -> None:
    """Advance every lane by ``len(weights)`` samples.

    Parameters
    ----------
    landscape, dynamics : NamedTuple
        See :mod:`landscape_sim.kernels.bridge` for the methods they need.
    like : tuple of float
        Any position: its length is the dimension.
    steps_per_sample : int
        Even, because normal variates come in pairs.
    kept_position, kept_generators : ndarray, shape (n, N_LANES) and (4, N_LANES)
        State of the lanes; updated.
    samples : ndarray of float, shape (n_samples, n, N_LANES)
        Observed positions at the last step of each interval; overwritten.
    weights : ndarray of float, shape (n_samples, N_LANES)
        Time ``t`` per unit of the scheme's time in that step; overwritten.
    """
    dimension = len(like)
    position = stack_rows(like, np.float64)
    generators = stack_rows((0, 0, 0, 0), np.uint32)
    copy_rows(kept_position, position)
    copy_rows(kept_generators, generators)
    steps_per_block = BLOCK_ROWS // dimension // 2 * 2
    drawn, normals = stack_steps(like, steps_per_block)
    for i in range(len(weights)):
        remaining = steps_per_sample
        while remaining > 0:
            steps = min(remaining, steps_per_block)
            fill_normals(generators, drawn[: steps * dimension])
            remaining -= steps
            if remaining == 0:
                steps -= 1
            _step_lanes(landscape, dynamics, like, position, normals[:steps])
        _observe_and_step(
            landscape, dynamics, like, position, normals[steps], samples[i], weights[i]
        )
    copy_rows(position, kept_position)
    copy_rows(generators, kept_generators)


@inlined
def _step_lanes(
    landscape: Any, dynamics: Any, like: tuple[float, ...], position: Any, normals: Any
) -> None:
    """Move every lane through ``normals``, shape ``(steps, n, N_LANES)``."""
    for step in range(len(normals)):
        for lane in range(N_LANES):
            old = bridge.load(position, lane, like)
            new = dynamics.step(landscape, old, bridge.load(normals[step], lane, like))
            bridge.store(position, lane, new)


@inlined
def _observe_and_step(
    landscape: Any,
    dynamics: Any,
    like: tuple[float, ...],
    position: Any,
    normal: Any,
    sample: Any,
    weight: Any,
) -> None:
    """Record every lane in ``sample`` and ``weight``, then move it by one step."""
    for lane in range(N_LANES):
        old, drawn = bridge.load(position, lane, like), bridge.load(normal, lane, like)
        bridge.store(sample, lane, dynamics.observed(landscape, old, drawn))
        weight[lane] = dynamics.clock_rate(landscape, old, drawn)
        bridge.store(position, lane, dynamics.step(landscape, old, drawn))
