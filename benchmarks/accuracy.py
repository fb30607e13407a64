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
#: Name: scheme, and whether its time is the random one.
SCHEMES = {
    "Euler–Maruyama": (ls.EulerMaruyama, False),
    "Milstein": (ls.Milstein, False),
    "time-changed Euler": (ls.TimeChangedEuler, True),
    "Leimkuhler–Matthews": (ls.LeimkuhlerMatthews, True),
}
_N_PATHS = 100_000

Table = Callable[[Sequence[str], Sequence[Sequence[object]]], str]


def accuracy_tables(table: Table) -> str:
    """Return one table for each landscape and temperature, and one for a nearby target."""
    to_minimum = [
        _accuracy(table, name, temperature, (True,))
        for name in LANDSCAPES
        for temperature in TEMPERATURES
    ]
    return "\n".join([*to_minimum, _accuracy(table, "quartic", 0.2, (False, True), end=-0.4)])


def _accuracy(
    table: Table, name: str, temperature: float, shifts: Sequence[bool], end: float | None = None
) -> str:
    well = LANDSCAPES[name]
    route = ls.find_escape_route(well)
    (start,) = route.minimum.position
    end = route.destination.position[0] if end is None else end
    exact = ls.mean_first_passage_time(
        well,
        ls.LossProportionalNoise(temperature),
        (start,),
        ls.HalfSpace.beyond((end,), seen_from=(start,)),
    ).mean_time
    relaxation_time = 1.0 / float(route.minimum.eigenvalues[0])
    rows: list[list[object]] = []
    for label, (scheme, random_time) in SCHEMES.items():
        unit = relaxation_time * (route.minimum.loss if random_time else 1.0)
        for shifted in shifts:
            row: list[object] = [label if shifted else f"{label}, unshifted"]
            for step in STEPS:
                sample = ls.simulate_first_passage(
                    well,
                    scheme(ls.LossProportionalNoise(temperature), step * unit),
                    (start,),
                    ls.HalfSpace.beyond((end,), seen_from=(start,)),
                    n_paths=_N_PATHS,
                    max_time=1e3 * exact,
                    seed=1,
                    boundary_shift=shifted,
                )
                row.append(f"{sample.times.mean() / exact - 1.0:+.1%}")
            rows.append(row)
    steps = [f"{exact / (step * relaxation_time):.0f}" for step in STEPS]
    error = 1.0 / math.sqrt(_N_PATHS)
    title = (
        f"**{name}, T = {temperature}, from {start:.3g} to {end:.3g}**: exact mean {exact:.4g}, "
        f"standard error about {error:.1%}\n"
    )
    return f"{title}\n" + table(
        ["step × curvature", *map(str, STEPS)], [["steps per passage", *steps], *rows]
    )
