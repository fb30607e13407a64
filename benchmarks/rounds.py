"""Interleaved rounds: what is compared is measured side by side, and only ratios are kept."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping

from numba.core.registry import cpu_target

from benchmarks.engines import Run

_ROUNDS = 7
Speeds = dict[str, list[float]]


def interleaved(runs: Mapping[str, Run], rounds: int = _ROUNDS) -> Speeds:
    """Return path-steps per second of every run, one entry a round, warmed up before."""
    for run in runs.values():
        run()
    speeds: Speeds = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            began = time.perf_counter()
            speeds[name].append(run() / (time.perf_counter() - began))
    return speeds


def ratio(speeds: Speeds, name: str, reference: str) -> float:
    """Return the median over rounds of the speed of ``name`` over that of ``reference``."""
    return statistics.median(a / b for a, b in zip(speeds[name], speeds[reference], strict=True))


def instruction_set() -> str:
    """Return the widest vector instructions that the kernels are compiled to, and the processor."""
    _, processor, features = cpu_target.target_context.codegen().magic_tuple()
    widths = {"+avx512f": "AVX-512", "+avx2": "AVX2"}
    names = (name for feature, name in widths.items() if feature in features.split(","))
    return f"{next(names, 'no AVX2')} ({processor})"
