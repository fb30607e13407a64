"""Exact rates on grids: seconds, error estimate included, beside the target.

``python -m benchmarks.grids`` takes ten seconds on an idle machine.
"""

from __future__ import annotations

import statistics
import sys
import time

import landscape_sim as ls
from benchmarks.pages import markdown

_ROUNDS = 5
#: Number of coordinates, stiffness across, loss ratio, temperature and radius of the target; most
#: seconds on an idle machine.
PROBLEMS = {
    "plane, 400 x 400": ((8.0,), 5.0, 0.2, 0.25, 0.8),
    "half-plane about an axis, n = 4, 400 x 400": ((8.0, 8.0, 8.0), 5.0, 0.2, 0.25, 10.0),
    "space, 60,000 nodes": ((8.0, 5.0), 3.0, 0.3, 0.3, 10.0),
}


def passage(
    stiffness: tuple[float, ...], loss_ratio: float, temperature: float, radius: float
) -> ls.PassageTime:
    """Return the exact passage from one minimum of a double well to a ball around the other."""
    well = ls.SeparableDoubleWell.from_loss_ratio(loss_ratio, barrier=1.0, stiffness=stiffness)
    across = (0.0,) * len(stiffness)
    target = ls.Ball((1.0, *across), radius)
    noise = ls.LossProportionalNoise(temperature)
    return ls.mean_first_passage_time(well, noise, (-1.0, *across), target)


def grids_table() -> str:
    """Return medians of interleaved rounds beside the targets."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in PROBLEMS}
    errors = {name: passage(*problem[:-1]).relative_error for name, problem in PROBLEMS.items()}
    for _ in range(_ROUNDS):
        for name, problem in PROBLEMS.items():
            clock, processor = time.perf_counter(), time.process_time()
            passage(*problem[:-1])
            seconds[name].append((time.perf_counter() - clock, time.process_time() - processor))
    rows = []
    for name, problem in PROBLEMS.items():
        wall, processor = (statistics.median(one) for one in zip(*seconds[name], strict=True))
        verdict = "met" if wall <= problem[-1] else "not met"
        row = f"{wall:.2f}", f"{processor:.2f}", f"{problem[-1]:g}", f"{wall / problem[-1]:.2f}"
        rows.append((name, *row, verdict, f"{errors[name]:.0e}"))
    columns = ["exact rate", "seconds", "of the processors", "target", "of it", "", "error"]
    return markdown(columns, rows)


if __name__ == "__main__":
    sys.stdout.write(grids_table())
