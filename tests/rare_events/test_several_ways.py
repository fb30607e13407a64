"""Splitting where two ways lead to the target: its intervals hold the rate of both.

At 95 % fewer than 33 of 40 cover with a probability of 5e-3.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest

import landscape_sim as ls
from landscape_sim.escape.methods.fixed_step import points_on_route, side_wells
from landscape_sim.rare_events.scores import progress_along

pytestmark = pytest.mark.slow

LONG = "y*(1 - 0.35*tanh(3*y))"
CASES = {
    "around a hill": ("0.3 + (x**2 - 1)**2 + 0.5*y**2 + 0.8*exp(-(x**2 + y**2)/0.15)", 0.08),
    "unequal passes": (
        "0.2 + 0.4*(x**2 + y**2 - 1)**2 + 0.15*y**2 + 0.02*y*(1 - x**2)",
        0.06,
    ),
    "unequal lengths": (f"0.2 + 0.4*(x**2 + ({LONG})**2 - 1)**2 + 0.15*({LONG})**2", 0.035),
}


def escape_of(name):
    text, temperature = CASES[name]
    surface = ls.Landscape.from_expression(text, "x, y")
    return ls.Escape(surface, (-1.0, 0.0), (1.0, 0.0), temperature=temperature)


def holds(found, exact):
    error = np.log1p(exact.relative_discretisation_error)
    return found.interval.log_low - error <= exact.log_rate <= found.interval.log_high + error


@pytest.mark.parametrize("name", CASES)
def test_intervals_of_forty_seeds_hold_the_rate_over_both(name):
    escape = escape_of(name)
    exact = escape.exact()
    found = [escape.split(relative_error=0.2, seed=seed) for seed in range(40)]
    covered = sum(holds(one, exact) for one in found)
    ratios = np.exp([one.log_rate - exact.log_rate for one in found])
    error = ratios.std(ddof=1) / np.sqrt(ratios.size)
    sys.stdout.write(
        f"{name}: {exact.rate:.1e}, {ratios.mean():.3f} ± {error:.3f}, {covered} of 40\n"
    )
    assert covered >= 33
    assert abs(ratios.mean() - 1.0) < 3.0 * error + 0.02  # 2.7e-3; a tenth of an error of 20 %


def test_the_progress_along_one_way_finds_half_of_it():
    escape = escape_of("around a hill")
    exact, points = escape.exact(), points_on_route(escape)[39::80]
    one_way = progress_along([escape.start, *points, escape.target.centre])
    found = [
        ls.simulate_rare_escape(
            *(escape.landscape, escape.noise, escape.start, escape.target),
            relative_error=0.2,
            route=points,
            wells=side_wells(escape),
            score=one_way,
            seed=seed,
        )
        for seed in range(10)
    ]
    assert sum(holds(one, exact) for one in found) < 5
