"""Compile half of a study's kernels in a second process, while its first cases run.

Numba compiles on one core at a time, so that a first study would leave the others idle for
most of its time. The process leaves machine code in the cache, and nothing else: whatever it has
not begun by the time that it is needed is compiled here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from landscape_sim.comparison.escapes.answers import run_case
from landscape_sim.comparison.escapes.case import Case
from landscape_sim.comparison.escapes.compile_process import CompileProcess
from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.jit import has_machine_code, machine_code_folder
from landscape_sim.kernels.first_passage import run_blocks

_WORKER = "landscape_sim.comparison.escapes.compile_worker"
#: What decides which kernels a case needs.
Kind = tuple[object, ...]


def kind_of(case: Case) -> Kind:
    """Return what the kernels of ``case`` depend on: types and the dimension."""
    escape = case.escape
    return type(escape.landscape), escape.dimension, type(escape.noise), case.simulation


def is_of_package(noise: NoiseModel) -> bool:
    """Return whether a noise model is not one of the user's own."""
    return type(noise).__module__.startswith("landscape_sim.")


@contextmanager
def compiling_ahead(pending: Sequence[Case]) -> Iterator[None]:
    """Compile the later half of the kinds of ``pending`` elsewhere, where nothing is cached yet.

    Only on a core that nothing else would use: a process of its own loads everything once more.
    """
    later = later_half(pending)
    has_grids = any("exact" in one.study.methods and one.escape.dimension > 1 for one in pending)
    is_worth_it = (
        machine_code_folder() is not None
        and not has_machine_code(run_blocks)
        # What was registered here is unknown there.
        and all(is_of_package(case.escape.noise) for case in pending)
        # Exact rates on grids are found on a thread of their own.
        and (os.cpu_count() or 1) > 1 + has_grids
    )
    if not later or not is_worth_it:
        yield
        return
    alone = [case.alone().model_copy(update={"methods": (case.simulation,)}) for case in later]
    try:
        process = CompileProcess(_WORKER, json.dumps([one.model_dump_json() for one in alone]))
    except OSError:  # no more processes, say: all is compiled here
        yield
        return
    try:
        yield
    finally:
        process.stop()


def compile_kernels(case: Case) -> None:
    """Simulate a case with hardly any effort, for the machine code that is left in the cache."""
    effort = {"methods": (case.simulation,), "n_paths": 1, "splitting_error": 0.9}
    run_case(replace(case, study=case.study.model_copy(update=effort)))


def later_half(pending: Sequence[Case]) -> list[Case]:
    """Return the first case of every kind in the later half of the kinds that need kernels."""
    first: dict[Kind, Case] = {}
    for case in pending:
        if case.simulation is not None:
            first.setdefault(kind_of(case), case)
    return list(first.values())[(len(first) + 1) // 2 :]
