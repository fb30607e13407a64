"""Compile half of a study's kernels in a second process, while its first cases run.

Numba compiles on one core at a time, so that a first study would leave the others idle for
most of its time. The process leaves machine code in the cache, and nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from landscape_sim.comparison.escapes.case import Case, cases, run_case
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.jit import has_cached_kernels

#: What decides which kernels a case needs.
Kind = tuple[object, ...]


def kind_of(case: Case) -> Kind:
    """Return what the kernels of ``case`` depend on: types and the dimension."""
    escape = case.escape
    return type(escape.landscape), escape.dimension, type(escape.noise), case.simulation


@contextmanager
def compiling_ahead(study: Study, pending: Sequence[Case]) -> Iterator[Callable[[Case], object]]:
    """Compile the later half of the kinds of ``pending`` elsewhere, where nothing is cached yet.

    Yields
    ------
    callable
        To be called before a case is run: it waits until the machine code is there.
    """
    later = _later_half(pending)
    if not later or has_cached_kernels() or (os.cpu_count() or 1) < 2:
        yield lambda case: None
        return
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdin is not None
        # If it has died already, everything is compiled here.
        with suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(study.model_dump_json().encode())
        yield lambda case: kind_of(case) in later and process.wait()
    finally:
        process.kill()
        process.wait()


def _later_half(pending: Sequence[Case]) -> dict[Kind, Case]:
    """Return the first case of every kind in the later half of the kinds."""
    first: dict[Kind, Case] = {}
    for case in pending:
        first.setdefault(kind_of(case), case)
    return dict(list(first.items())[(len(first) + 1) // 2 :])


def _compile(study: Study) -> None:
    effort = {"methods": ("formula",), "n_paths": 1, "splitting_error": 0.9}
    for case in _later_half(cases(study)).values():
        run_case(replace(case, study=study.model_copy(update=effort)))


if __name__ == "__main__":
    _compile(Study.model_validate_json(sys.stdin.read()))
