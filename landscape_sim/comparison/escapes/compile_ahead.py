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

from landscape_sim.comparison.escapes.case import Escape, compare
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.jit import has_machine_code
from landscape_sim.kernels.first_passage import run_blocks

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
    later = _later_half(escapes)
    if not later or has_machine_code(run_blocks) or (os.cpu_count() or 1) < 2:
        yield lambda escape: None
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
        yield lambda escape: kind_of(escape) in later and process.wait()
    finally:
        process.kill()
        process.wait()


def _later_half(escapes: Sequence[Escape]) -> dict[Kind, Escape]:
    """Return the first escape of every kind in the later half of the kinds."""
    first: dict[Kind, Escape] = {}
    for escape in escapes:
        first.setdefault(kind_of(escape), escape)
    return dict(list(first.items())[(len(first) + 1) // 2 :])


def _compile(study: Study) -> None:
    from landscape_sim.comparison.escapes.run import prepared

    for escape in _later_half([escape for _, escape in prepared(study)]).values():
        case = replace(escape.case, methods=(), n_paths=1, splitting_error=0.9)
        compare(replace(escape, case=case))


if __name__ == "__main__":
    _compile(Study.model_validate_json(sys.stdin.read()))
