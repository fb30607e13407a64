"""Where the way is sharper than the well, and wells lie beside it, against quadrature.

Statistical checks at Z = 4.4 standard errors (false alarm 1.1e-5 a check), seeds fixed; a step
from the curvature at the minimum alone gave rates 20 to 3000 times as high here.
"""

from __future__ import annotations

import math

import pytest

import landscape_sim as ls
from landscape_sim.comparison.escapes.case import cases
from landscape_sim.escape.methods.fixed_step import time_step_at
from landscape_sim.escape.methods.splitting import splitting_rate_at_step
from landscape_sim.landscapes.reference_landscapes import from_catalogue

Z = 4.4
FLAT = "0.2 + 0.4*(x**2 - 1)**4 + 0.004*(x**2 - 1)**2"
LESS_FLAT = "0.2 + 0.4*(x**2 - 1)**4 + 0.02*(x**2 - 1)**2"
BUMP = "0.12 + 0.005*x**4 - 0.02*x**2 + 0.3*exp(-(x/0.1)**2)"
DEEP_SIDE = "0.3 + 2*x**2*(x**2 - 1)**2 + 0.12*x - 0.06*exp(-20*(x + 1)**2)"
TRIPLE = from_catalogue("triple-well").formula


def escape(formula, start, target, learning_rate):
    well = ls.Landscape.from_expression(formula, "x")
    return ls.Escape(well, (start,), (target,), learning_rate=learning_rate, batch_size=1)


def agrees(answer, exact):
    error = answer.relative_standard_error + (answer.relative_discretisation_error or 0.0)
    return abs(answer.log_rate - exact.log_rate) < Z * error


@pytest.mark.parametrize(
    ("formula", "learning_rate", "relative_error"), [(FLAT, 4.0, 0.2), (LESS_FLAT, 0.9, 0.1)]
)
def test_simulation_sees_a_barrier_sharper_than_the_well(formula, learning_rate, relative_error):
    problem = escape(formula, -1.0, 1.0, learning_rate)
    answer, exact = problem.simulate(relative_error=relative_error), problem.exact()
    assert agrees(answer, exact)
    assert answer.relative_standard_error < relative_error  # 1.9 times as fast would be seen


def test_splitting_sees_a_barrier_sharper_than_the_well():
    problem = escape(FLAT, -1.0, 1.0, 4.0)
    assert agrees(problem.split(relative_error=0.25), problem.exact())


@pytest.mark.parametrize("method", ["simulate", "splitting"])
def test_a_wall_throws_no_path_across(method):
    # With the step of well and barrier: 0.101 simulated and 0.118 split, exact 0.0614.
    well = ls.Landscape.from_expression("0.25 + (x**2-1)**2 + exp(-1000*(x+1.7))", "x", [(-2, 2)])
    problem = ls.Escape(well, (-1,), (1,), learning_rate=0.1, batch_size=1, domain=well.domain)
    answer = problem.rate(method, relative_error=0.08)
    assert agrees(answer, problem.exact())
    assert Z * answer.relative_standard_error < math.log(0.101 / 0.0614)


@pytest.mark.slow
def test_splitting_sees_a_barrier_narrower_than_a_step():
    problem = escape(BUMP, -1.4, 1.4, 2.5)
    answer = problem.split(relative_error=0.06)
    assert agrees(answer, problem.exact())
    assert abs(answer.rate - 7.98e-5) > Z * 7.98e-5 * answer.relative_standard_error


def test_departures_that_arrive_at_once_are_a_rate_too():
    problem = escape(FLAT, -1.0, 1.0, 9.0)
    assert agrees(problem.split(relative_error=0.25), problem.exact())


def test_steps_of_studies_are_shorter_where_the_way_is_sharper():
    problem = escape(FLAT, -1.0, 1.0, 4.0)
    at_minimum = 0.05 / problem.route.minimum.eigenvalues[-1]
    # In τ, −U'' = 3.2/0.604 at the saddle; 1/h = 31 at the minimum, where L = 0.2.
    assert time_step_at(problem, 0.05) < 0.1 / (3.2 / 0.604) / 0.2 < at_minimum / 10.0
    for case in cases(ls.Study.default()):
        assert case.time_step == 0.05 / case.escape.route.minimum.eigenvalues[-1]


@pytest.mark.parametrize(
    ("formula", "learning_rate"),
    [
        (TRIPLE, 0.06),
        pytest.param(DEEP_SIDE, 0.05, marks=pytest.mark.slow),
    ],
)
def test_a_well_behind_the_start_counts_with_the_time_spent_there(formula, learning_rate):
    problem = escape(formula, 0.0, 1.0, learning_rate)
    answer, exact = problem.split(relative_error=0.2), problem.exact()
    assert set(answer.detail.log_rates) == {(0, 1), (0, -1), (1, 0)}
    assert agrees(answer, exact)
    # Negative control: the rate of the passage into the target, without what lies behind.
    alone = answer.detail.log_rates[0, -1]
    assert abs(alone - exact.log_rate) > 2.0 * answer.relative_standard_error


@pytest.mark.slow
def test_a_study_s_splitting_counts_it_too():
    problem = escape(TRIPLE, 0.0, 1.0, 0.06)
    answer = splitting_rate_at_step(problem, relaxation_time_step=0.05, relative_error=0.06)
    # The scheme's own error at this step is some per cent.
    assert abs(answer.log_rate - problem.exact().log_rate) < Z * 0.06
    assert abs(answer.log_rate - math.log(7.01e-4)) > 3.0 * 0.06
