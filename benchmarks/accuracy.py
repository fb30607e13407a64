"""Bias of the mean first-passage time against step and cost, for every scheme."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import landscape_sim as ls

LANDSCAPES = {
    "quartic": ls.QuarticDoubleWell.from_loss_ratio(2.5, 0.25),
    "tilted": ls.TiltedDoubleWell.from_loss_ratio(2.5, 0.25, 0.3),
}
TEMPERATURES = (0.4, 0.2)
#: In units of the relaxation time at the minimum.
STEPS = (0.4, 0.2, 0.1, 0.05, 0.025)
#: Name: scheme, whether its time is the random one, whether the boundary is shifted.
SCHEMES = {
    "Euler–Maruyama, unshifted": (ls.EulerMaruyama, False, False),
    "Euler–Maruyama": (ls.EulerMaruyama, False, True),
    "Milstein": (ls.Milstein, False, True),
    "time-changed Euler": (ls.TimeChangedEuler, True, True),
    "Leimkuhler–Matthews": (ls.LeimkuhlerMatthews, True, True),
}
_N_PATHS = 100_000

Table = Callable[[Sequence[str], Sequence[Sequence[object]]], str]


def accuracy_tables(table: Table) -> str:
    """Return one table for each landscape and temperature."""
    return "\n".join(
        _accuracy(table, name, temperature) for name in LANDSCAPES for temperature in TEMPERATURES
    )


def _accuracy(table: Table, name: str, temperature: float) -> str:
    well = LANDSCAPES[name]
    route = ls.find_escape_route(well)
    start, end = route.minimum.position, route.destination.position
    exact = ls.mean_first_passage_time(well, start[0], end[0], temperature=temperature).mean_time
    relaxation_time = 1.0 / float(route.minimum.eigenvalues[0])
    rows: list[list[object]] = []
    for label, (scheme, random_time, shifted) in SCHEMES.items():
        row: list[object] = [label]
        for step in STEPS:
            unit = relaxation_time * (route.minimum.loss if random_time else 1.0)
            sample = ls.simulate_first_passage(
                well,
                scheme(ls.LossProportionalNoise(temperature), step * unit),
                start,
                ls.HalfSpace.beyond(end, seen_from=start),
                n_paths=_N_PATHS,
                max_time=1e3 * exact,
                seed=1,
                boundary_shift=shifted,
            )
            row.append(f"{sample.times.mean() / exact - 1.0:+.1%}")
        rows.append(row)
    steps = [f"{exact / (step * relaxation_time):.0f}" for step in STEPS]
    error = 1.0 / math.sqrt(_N_PATHS)
    title = f"{name}, T = {temperature}: exact mean {exact:.1f}, standard error {error:.1%}\n"
    return f"{title}\n" + table(
        ["step × curvature", *map(str, STEPS)], [["steps per escape", *steps], *rows]
    )
