"""Formula, exact solution and simulation on every landscape of the catalogue.

The loss ratio is 4 throughout, so that the formula without its n/2 would be wrong by 2.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from landscape_sim.comparison.escapes.families import CatalogueFamily
from landscape_sim.escape.escape import Escape
from landscape_sim.escape.methods.formula import power_law_of
from landscape_sim.escape.methods.simulate import simulated_rate_at_step
from landscape_sim.landscapes import catalogue

Z = 4.4  # false alarm 1.1e-5 a check, seeds fixed
LOSS_RATIO = 4.0
NAMES = [entry.name for entry in catalogue() if entry.target is not None]
SOLVABLE = [name for name in NAMES if name != "separable-4d"]


def escape_at(name, temperature, noise="isotropic"):
    """The escape on a landscape of the catalogue at ``T = η h_e*/B``, with η far from 2/h."""
    family = CatalogueFamily(landscape=name)

    def escape(batch_size):
        return Escape(
            family.at(LOSS_RATIO),
            *family.wells(),
            learning_rate=0.01,
            batch_size=batch_size,
            noise=noise,
        )

    return escape(0.01 * escape(1.0).outlier_curvature / temperature)


def test_there_are_eight_at_least_with_all_three_answers():
    assert len(SOLVABLE) >= 8


@pytest.mark.parametrize("name", SOLVABLE)
def test_the_power_law_becomes_exact_as_the_temperature_falls(name):
    # The ratio is 1 + c T + d T² + …: extrapolated by a parabola it must be 1 within what
    # the parabola changes on the straight line through the two lowest temperatures.
    temperatures = np.array([0.1, 0.05, 0.025])
    escapes = [escape_at(name, temperature) for temperature in temperatures]
    log_ratios = np.array([e.formula().log_rate - e.exact().log_rate for e in escapes])
    parabola = np.polynomial.Polynomial.fit(temperatures, log_ratios, 2)(0.0)
    line = 2 * log_ratios[2] - log_ratios[1]
    allowed = abs(parabola - line) + 0.01  # the grid's own tolerance is 1 %
    assert abs(parabola) < allowed
    assert allowed < 0.2
    # Negative control: without n/2 the formula is off by a factor 2 in each dimension.
    assert abs(parabola - escapes[0].dimension * math.log(2)) > allowed


@pytest.mark.parametrize("name", NAMES)
def test_simulation_agrees_with_the_exact_rate(name):
    escape = escape_at(name, 0.4)
    # Where there is no exact answer: the law, with its correction of order T.
    is_known = name != "separable-4d"
    expected = (escape.exact() if is_known else escape.formula()).rate
    simulated = simulated_rate_at_step(
        escape, relaxation_time_step=0.05, n_paths=1500, max_time=4.0 / expected, seed=5
    )
    assert simulated.n_events == simulated.effective_events
    error = simulated.relative_standard_error
    # The scheme's own bias at this step, measured in docs/benchmarks.md, stays below 2 %.
    bias = 0.02 if is_known else 0.4
    assert abs(math.log(simulated.rate / expected)) < Z * error + bias
    # Negative control: a fifth more or less would be seen.
    assert not is_known or abs(math.log(1.2)) > Z * error + bias


@pytest.mark.slow
def test_strong_noise_across_the_escape_makes_a_detour_that_eq_15_does_not_know():
    # Ten times as stiff across: aligned noise lifts the path to where all noise is stronger.
    escape = escape_at("stiff-2d", 0.1, noise="hessian")
    exact = escape.exact().rate
    answer = escape.simulate(relative_error=0.1, seed=1)
    half = (answer.interval.high - answer.interval.low) / 2
    assert abs(answer.rate - exact) < Z / 1.96 * half
    assert exact > 1000 * power_law_of(escape).rate
    assert abs(answer.rate - power_law_of(escape).rate) > Z / 1.96 * half
