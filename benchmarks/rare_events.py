"""Multilevel splitting: seconds to 10 %, cost against depth, speed of its kernel.

``python -m benchmarks.rare_events`` prints its tables, in one dimension, in four, and there for
noise along the Hessian; some two minutes.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import landscape_sim as ls
from benchmarks.pages import markdown

_LINE = ls.QuarticDoubleWell.from_loss_ratio(5.0, 0.25)
_FOUR = ls.SeparableDoubleWell.from_loss_ratio(5.0, 0.25, (2.0, 1.0, 1.0))
_AT_FOUR = (-1.0, 0.0, 0.0, 0.0)
#: Paths and steps of a direct simulation that nothing escapes in, by a step that short.
_PATHS, _STEPS, _SHORT = 4096, 2**15, 1e-6
#: The error that costs are told for.
_ERROR = 0.1
#: Most seconds to that at 1e-30 on a line; least speed over the first-passage kernel; most growth
#: of the path-steps over (ln κ)² between 1e-8 and 1e-60.
TARGETS = {"seconds": 1.0, "speed": 0.6, "growth": 1.5}


@dataclass(frozen=True)
class Family:
    """One escape at temperatures where its rate is near 1e-8, 1e-16, 1e-30 and 1e-60.

    Attributes
    ----------
    noise : callable
        Of the temperature.
    temperatures : mapping of str to float
        By the rate there.
    asked : float
        Relative error of each run.
    rounds : int
        Runs of each rate; of 1e-60 one.
    """

    name: str
    landscape: ls.LandscapeLike
    start: ls.Position
    target: ls.Target
    noise: Callable[[float], ls.NoiseModel]
    temperatures: Mapping[str, float]
    asked: float
    rounds: int


FAMILIES = (
    Family(
        "one dimension",
        _LINE,
        (-1.0,),
        ls.HalfSpace.beyond((1.0,), seen_from=(-1.0,)),
        ls.LossProportionalNoise,
        {"1e-4": 0.234, "1e-8": 0.1009, "1e-16": 0.0473, "1e-30": 0.0241, "1e-60": 0.0119},
        _ERROR,
        5,
    ),
    Family(
        "four dimensions",
        _FOUR,
        _AT_FOUR,
        ls.Ball((1.0, 0.0, 0.0, 0.0), 0.4),
        ls.LossProportionalNoise,
        {"1e-8": 0.0868, "1e-16": 0.0434, "1e-30": 0.0232, "1e-60": 0.0116},
        2.0 * _ERROR,
        3,
    ),
    Family(
        "four dimensions, noise along the Hessian",
        _FOUR,
        _AT_FOUR,
        ls.Ball((1.0, 0.0, 0.0, 0.0), 0.4),
        lambda t: ls.HessianAlignedNoise.from_hessian(_FOUR.hessian(_AT_FOUR), t, 4),
        {"1e-8": 0.1816, "1e-16": 0.089, "1e-30": 0.0471, "1e-60": 0.0234},
        2.0 * _ERROR,
        3,
    ),
)


@dataclass(frozen=True)
class Cost:
    """Medians over the runs of one rate."""

    log_rate: float
    seconds: float
    path_steps: float
    speed: float

    @property
    def over_depth_squared(self) -> float:
        """Path-steps to 10 % over ``(ln κ)²``."""
        return self.path_steps / self.log_rate**2


def _first_passage_speed(family: Family, noise: ls.NoiseModel) -> float:
    """Return path-steps of the first-passage kernel in the same scheme, a second of the processors.

    The clock's would be those of other programs too.
    """
    duration = _SHORT / float(noise.modulation(family.landscape, family.start))
    began = time.process_time()
    sample = ls.simulate_first_passage(
        family.landscape,
        ls.LeimkuhlerMatthews(noise, _SHORT),
        family.start,
        family.target,
        n_paths=_PATHS,
        max_time=_STEPS * duration,
        seed=0,
    )
    return sample.path_steps / (time.process_time() - began)


def _cost(family: Family, temperature: float, rounds: int) -> Cost:
    noise = family.noise(temperature)
    runs, seconds, speeds = [], [], []
    for seed in range(rounds):
        reference = _first_passage_speed(family, noise)
        began, used = time.perf_counter(), time.process_time()
        runs.append(
            ls.simulate_rare_escape(
                family.landscape,
                noise,
                family.start,
                family.target,
                relative_error=family.asked,
                seed=seed,
            )
        )
        seconds.append(time.perf_counter() - began)
        speeds.append(runs[-1].path_steps / (time.process_time() - used) / reference)
    return Cost(
        statistics.median(run.log_rate for run in runs),
        statistics.median(seconds),
        # What a relative standard error of exactly so much would have taken.
        statistics.median(r.path_steps * (r.relative_standard_error / _ERROR) ** 2 for r in runs),
        statistics.median(speeds),
    )


def _costs(family: Family) -> dict[str, Cost]:
    """Return the cost of every rate; a first run loads or compiles the kernels."""
    first = next(iter(family.temperatures.values()))
    _first_passage_speed(family, family.noise(first))
    _cost(family, first, 1)
    return {
        rate: _cost(family, temperature, 1 if rate == "1e-60" else family.rounds)
        for rate, temperature in family.temperatures.items()
    }


def _beside_targets(family: Family, costs: Mapping[str, Cost]) -> list[Sequence[str]]:
    """Return the rows of one family in the table of targets."""
    rows = []
    if family.asked == _ERROR:
        rows.append(("seconds to 10 % at 1e-30", costs["1e-30"].seconds, "at most", "seconds"))
    growth = costs["1e-60"].over_depth_squared / costs["1e-8"].over_depth_squared
    rows.append(("path-steps / (ln κ)² at 1e-60, over 1e-8", growth, "at most", "growth"))
    rows.append(
        ("speed / first-passage kernel at 1e-30", costs["1e-30"].speed, "at least", "speed")
    )
    return [
        (family.name, what, f"{found:.2f}", f"{bound} {TARGETS[key]:g}", _met(found, bound, key))
        for what, found, bound, key in rows
    ]


def _met(found: float, bound: str, key: str) -> str:
    within = found <= TARGETS[key] if bound == "at most" else found >= TARGETS[key]
    return "met" if within else "not met"


def splitting_tables() -> str:
    """Return seconds, path-steps and relative speeds of every family, and the targets."""
    texts, targets = [], []
    columns = [
        "rate",
        "seconds",
        "path-steps to 10 %",
        "path-steps / (ln κ)²",
        "speed / first-passage kernel",
    ]
    for family in FAMILIES:
        costs = _costs(family)
        rows = [
            (
                f"{math.exp(cost.log_rate):.1e}",
                f"{cost.seconds:.2f}",
                f"{cost.path_steps:.1e}",
                f"{cost.over_depth_squared:.1e}",
                f"{cost.speed:.2f}",
            )
            for cost in costs.values()
        ]
        texts.append(f"{family.name[0].upper()}{family.name[1:]}, to {family.asked:.0%}:\n")
        texts.append(markdown(columns, rows))
        targets += _beside_targets(family, costs)
    return "\n".join([*texts, markdown(["escape", "", "", "target", ""], targets)])


if __name__ == "__main__":
    sys.stdout.write(splitting_tables())
