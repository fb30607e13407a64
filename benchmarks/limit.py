"""How near the kernel is to what this silicon can do, and what a dimension costs.

``python -m benchmarks.limit`` prints path-steps per second of the kernel over those of the same
algorithm by hand in intrinsics and by gcc, on the machine's instruction set and on AVX2, and the
cost of a step and coordinate in up to 64 dimensions.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from benchmarks.engines import C_FLAGS, c_reference
from benchmarks.pages import markdown
from benchmarks.rounds import instruction_set, interleaved, ratio
from benchmarks.work import WELLS, Escape

BY_HAND = "first_passage_intrinsics.c"
_AVX2 = {
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "+avx2,+fma,+bmi,+bmi2,+sse4.2,+popcnt",
}
_DIMENSIONS = (4, 8, 16, 32, 64)
#: Of the kernel over the program by hand; of a coordinate in n dimensions over one in four.
_TARGET, _FLAT = 0.9, 1.5
#: Paths, steps of a coordinate of each, and a step.
_PATHS, _STEPS, _SHORT = 128, 2**20, 1e-6


def speeds_here() -> list[tuple[str, ...]]:
    """Return a row for every dimension and program, on the instruction set of this process."""
    name, rows = instruction_set(), []
    flags = C_FLAGS if name.startswith("AVX-512") else ("-O3", "-march=haswell", "-ffast-math")
    for n in WELLS:
        escape = Escape(n)
        speeds = interleaved(
            {
                "kernel": lambda escape=escape: escape.simulate(1000),
                "by hand": c_reference(escape, BY_HAND, flags),
                "gcc": c_reference(escape, flags=flags),
            }
        )
        for other, target in (("by hand", _TARGET), ("gcc", None)):
            found = ratio(speeds, "kernel", other)
            met = "" if target is None else "met" if found >= target else "not met"
            rows.append((name, f"{n}-D", other, f"{found:.2f}", f"{target or ''}", met))
    return rows


def speeds_by_instruction_set() -> str:
    """Return the table of this process, and of one that is kept to AVX2."""
    rows = speeds_here()
    if rows[0][0].startswith("AVX-512"):
        command = [sys.executable, "-m", "benchmarks.limit", "here"]
        found = subprocess.run(
            command, env={**os.environ, **_AVX2}, capture_output=True, text=True, check=True
        )
        rows += [tuple(row) for row in json.loads(found.stdout)]
    return markdown(["compiled to", "", "speed over", "ratio", "target", ""], rows)


def costs_of_dimensions() -> str:
    """Return the cost of a step and coordinate over that in four dimensions."""
    runs, rows = {}, []
    for n in _DIMENSIONS:
        # So short a step that nothing escapes: as many coordinates are moved in all of them.
        settings = {"time_step": _SHORT, "max_time": _STEPS / n * _SHORT}
        runs[str(n)] = lambda n=n, settings=settings: Escape(n).simulate(_PATHS, **settings)
    speeds = interleaved(runs)
    for n in _DIMENSIONS:
        cost = ratio(speeds, str(_DIMENSIONS[0]), str(n)) * _DIMENSIONS[0] / n
        rows.append((n, f"{cost:.2f}", f"{_FLAT}", "met" if cost <= _FLAT else "not met"))
    return markdown(["dimensions", "cost of a step and coordinate", "target", ""], rows)


def main() -> None:
    """Write the tables; with ``here`` the rows of this process as JSON."""
    if sys.argv[1:] == ["here"]:
        sys.stdout.write(json.dumps(speeds_here()))
    else:
        sys.stdout.write(f"{speeds_by_instruction_set()}\n{costs_of_dimensions()}\n")


if __name__ == "__main__":
    main()
