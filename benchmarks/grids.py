"""Exact rates on grids: seconds of the processor, error estimate included, beside the target.

All of it runs on one thread, so that an idle machine's clock shows the same.
``python -m benchmarks.grids`` takes a quarter of a minute.
"""

from __future__ import annotations

import statistics
import sys
import time

import landscape_sim as ls
from benchmarks.pages import markdown

_ROUNDS = 5
#: Number of coordinates, stiffness across, loss ratio, temperature and radius of the target; most
#: seconds.
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
    seconds: dict[str, list[float]] = {name: [] for name in PROBLEMS}
    errors = {name: passage(*problem[:-1]).relative_error for name, problem in PROBLEMS.items()}
    for _ in range(_ROUNDS):
        for name, problem in PROBLEMS.items():
            began = time.process_time()
            passage(*problem[:-1])
            seconds[name].append(time.process_time() - began)
    rows = []
    for name, problem in PROBLEMS.items():
        took, target = statistics.median(seconds[name]), problem[-1]
        verdict = "met" if took <= target else "not met"
        shown = f"{took:.2f}", f"{target:g}", f"{took / target:.2f}", verdict
        rows.append((name, *shown, f"{errors[name]:.0e}"))
    columns = ["exact rate", "seconds", "target", "of it", "", "error"]
    return markdown(columns, rows)


if __name__ == "__main__":
    sys.stdout.write(grids_table())
