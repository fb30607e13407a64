"""Multilevel splitting: seconds to 10 %, cost against depth, speed of its kernel."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence

import landscape_sim as ls

_WELL = ls.QuarticDoubleWell.from_loss_ratio(5.0, 0.25)
_START, _TARGET = (-1.0,), ls.HalfSpace.beyond((1.0,), seen_from=(-1.0,))
#: Where the exact rate is near 1e-4, 1e-8, 1e-16 and 1e-30.
_TEMPERATURES = (0.234, 0.1009, 0.0473, 0.0241)
_ROUNDS = 5
_WARM_NOISE, _WARM_STEP, _WARM_PATHS = ls.LossProportionalNoise(0.3), 0.002, 16_384


def _first_passage_speed() -> float:
    """Return path-steps per second of the first-passage kernel in the same scheme, all cores."""
    began = time.perf_counter()
    sample = ls.simulate_first_passage(
        _WELL,
        ls.LeimkuhlerMatthews(_WARM_NOISE, _WARM_STEP),
        _START,
        _TARGET,
        n_paths=_WARM_PATHS,
        max_time=1e7,
        seed=0,
    )
    return sample.path_steps / (time.perf_counter() - began)


def splitting_table(markdown: Callable[[Sequence[str], Sequence[Sequence[object]]], str]) -> str:
    """Return seconds, path-steps and relative speeds of ``simulate_rare_escape`` at 10 %."""
    _first_passage_speed()
    rows = []
    for temperature in _TEMPERATURES:
        noise = ls.LossProportionalNoise(temperature)
        exact = ls.mean_first_passage_time(_WELL, noise, _START, _TARGET)
        seconds, steps, speeds = [], [], []
        for seed in range(_ROUNDS):
            reference = _first_passage_speed()
            began = time.perf_counter()
            rare = ls.simulate_rare_escape(
                _WELL, noise, _START, _TARGET, relative_error=0.1, seed=seed
            )
            seconds.append(time.perf_counter() - began)
            # What a relative standard error of exactly 0.1 would have taken.
            steps.append(rare.path_steps * (rare.relative_standard_error / 0.1) ** 2)
            speeds.append(rare.path_steps / seconds[-1] / reference)
        depth = -math.log(exact.rate)
        cost = statistics.median(steps)
        rows.append(
            (
                f"{exact.rate:.1e}",
                f"{statistics.median(seconds):.2f}",
                f"{cost:.1e}",
                f"{cost / depth**2:.1e}",
                f"{statistics.median(speeds):.2f}",
            )
        )
    columns = [
        "exact rate",
        "seconds",
        "path-steps to 10 %",
        "path-steps / (ln κ)²",
        "speed / first-passage kernel",
    ]
    return markdown(columns, rows)
