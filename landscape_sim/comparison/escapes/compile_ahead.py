"""Compile half of a study's kernels in a second process, while its first cases run.

Numba compiles on one core at a time, so that a first study would leave the others idle for
most of its time. The process leaves machine code in the cache, and nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from landscape_sim.comparison.escapes.case import Escape
from landscape_sim.comparison.escapes.compile_process import CompileProcess
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.jit import has_machine_code, keeps_machine_code
from landscape_sim.kernels.first_passage import run_blocks

_WORKER = "landscape_sim.comparison.escapes.compile_worker"
#: What decides which kernels a case needs.
Kind = tuple[object, ...]


def kind_of(escape: Escape) -> Kind:
    """Return what the kernels of ``escape`` depend on: types and the dimension."""
    problem = escape.case.problem
    return type(problem.landscape), problem.dimension, type(problem.noise), escape.simulation


@contextmanager
def compiling_ahead(
    study: Study, escapes: Sequence[Escape]
) -> Iterator[Callable[[Escape], object]]:
    """Compile the later half of the kinds of ``escapes`` elsewhere, where nothing is cached yet.

    Yields
    ------
    callable
        To be called before an escape is run: it waits until the machine code is there.
    """
    later = later_half(escapes)
    is_worth_it = keeps_machine_code() and not has_machine_code(run_blocks)
    if not later or not is_worth_it or (os.cpu_count() or 1) < 2:
        yield lambda escape: None
        return
    process = CompileProcess(_WORKER, study.model_dump_json())
    try:
        yield lambda escape: process.wait() if kind_of(escape) in later else None
    finally:
        process.stop()


def later_half(escapes: Sequence[Escape]) -> dict[Kind, Escape]:
    """Return the first escape of every kind in the later half of the kinds."""
    first: dict[Kind, Escape] = {}
    for escape in escapes:
        first.setdefault(kind_of(escape), escape)
    return dict(list(first.items())[(len(first) + 1) // 2 :])
