"""The step that an escape allows, held to derivatives worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from landscape_sim.dynamics import (
    ConstantNoise,
    EulerMaruyama,
    LeimkuhlerMatthews,
    LossProportionalNoise,
)
from landscape_sim.dynamics.scheme_registry import scheme_family, scheme_names
from landscape_sim.ensembles.time_scale import fastest_rate, largest_step
from landscape_sim.landscapes import Ball, HalfSpace, Landscape, QuarticDoubleWell

TARGET = HalfSpace(1.0, (1.0,))


def landscape(formula, variables="x", domain=None):
    return Landscape.from_expression(formula, variables, domain)


def step(well, noise, start=(-1.0,), target=TARGET, route=(), share=0.1):
    return largest_step(well, LeimkuhlerMatthews(noise, 1.0), start, route, (), target, share)


def test_in_the_time_of_constant_noise_the_rate_is_the_curvature_of_the_potential():
    points = np.array([[-1.0], [0.0], [0.3]])
    well = QuarticDoubleWell(0.25, 1.0)
    log_loss = fastest_rate(well, LeimkuhlerMatthews(LossProportionalNoise(0.1), 0.1), points)
    assert log_loss == pytest.approx(8.0 / 0.25, rel=1e-6)
    loss = fastest_rate(well, LeimkuhlerMatthews(ConstantNoise(0.1), 0.1), points)
    assert loss == pytest.approx(8.0, rel=1e-6)


def test_in_physical_time_the_noise_counts_too():
    # dx = −L' dt + sqrt(2 T L) dW with L = x²: (d/dx sqrt(2 x²))² T = 2 T, and L'' = 2.
    parabola = landscape("x**2")
    rates = [
        fastest_rate(
            parabola, EulerMaruyama(LossProportionalNoise(t), 0.1), np.array([[1.0], [2.0]])
        )
        for t in (0.5, 3.0)
    ]
    assert rates == pytest.approx([2.0, 6.0], rel=1e-6)


def test_a_sharp_top_on_the_way_shortens_the_step():
    # U'' = L''/L = −60/0.41 at the top, 0.08/0.1 at the minima.
    bump = landscape("0.12 + 0.005*x**4 - 0.02*x**2 + 0.3*exp(-(x/0.1)**2)")
    target = HalfSpace(math.sqrt(2.0), (1.0,))
    found = step(bump, LossProportionalNoise(0.2), (-math.sqrt(2.0),), target)
    assert found == pytest.approx(0.2 / (60.04 / 0.42), rel=0.02)


def test_the_route_is_what_counts_and_not_the_straight_line():
    # A hill on the straight line, and a way around it.
    hill = landscape("1 + 0.1*(x**2 + y**2) + 5*exp(-200*(x**2 + y**2))", "x,y")
    start, target, noise = (-1.0, 0.0), Ball((1.0, 0.0), 0.25), ConstantNoise(0.01)
    straight = step(hill, noise, start, target)
    around = step(hill, noise, start, target, route=((0.0, 1.0),))
    assert straight == pytest.approx(0.2 / 2000.0, rel=0.02)
    # What is left is that the foot of the hill is no wall from which a step leads too far.
    assert 500 * straight < around <= 0.2 / 0.2


def test_the_drift_of_a_wall_spans_no_more_than_half_of_the_way():
    # U = L, as high as the top and seven strengths: 200 exp(−1000 (x + 1.2)) + 1 = 1 + 7 D.
    walled = landscape("1 + 0.25*(x**2 - 1)**2 + exp(-1000*(x + 1.2))", "x", [(-1.2, 2.0)])
    found = step(walled, ConstantNoise(0.05))
    assert found == pytest.approx(1.0 / (1000.0 * (0.25 + math.log(1e3) * 0.05)), rel=0.2)
    # Negative control: without the wall it is the curvature that limits the step.
    assert step(landscape("1 + 0.25*(x**2 - 1)**2"), ConstantNoise(0.05)) > 20 * found


def test_noise_spans_no_more_than_half_of_the_way():
    slope = landscape("10 + x")
    found = step(slope, ConstantNoise(3.0), (0.0,), HalfSpace(0.5, (1.0,)))
    assert math.sqrt(2.0 * 3.0 * found) == pytest.approx(0.25)


@pytest.mark.parametrize("name", scheme_names())
def test_a_scheme_tells_of_many_points_at_once_what_it_tells_of_each(name):
    # Not positive near the minima: no time passes there.
    well = landscape("0.25*(x**2 - 1)**2 - 0.1", "x", [(-1.5, 1.5)])
    scheme = scheme_family(name)(LossProportionalNoise(0.2), 0.01)
    points = np.linspace(-1.5, 1.5, 7)
    for tell in (pace, amplitude):
        alone = [float(tell(scheme, well, (x,))) for x in points.tolist()]
        np.testing.assert_array_equal(np.broadcast_to(tell(scheme, well, (points,)), 7), alone)


def pace(scheme, well, x):
    return scheme.clock_rate(well, x, (0.0,))


def amplitude(scheme, well, x):
    with np.errstate(invalid="ignore"):
        return scheme.noise_amplitude(well, x)
