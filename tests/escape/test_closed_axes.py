"""Axes that close on themselves, by every road from one statement of the escape."""

from __future__ import annotations

import math

import numpy as np
import pytest

import landscape_sim as ls

Z = 4.4  # false alarm 1.1e-5, of intervals of 95 % that are 1.96 standard errors wide
TURN = 2.0 * math.pi
RING = "1.5 - cos(2*x) + 0.1*sin(x)"
CYLINDER = f"{RING} + y**2*(1 + 0.3*cos(x))"
TORUS = f"{RING} + 0.6 - 0.6*cos(y)"
ANGLE = ls.Periodic(0.0, TURN)
LINE = (-math.inf, math.inf)


def closed(text, *sides, **settings):
    variables = "x, y"[: 3 * len(sides) - 2]
    box = [tuple(side) if math.isfinite(side[0]) else (-2.0, 2.0) for side in sides]
    surface = ls.Landscape.from_expression(text, variables, domain=box)
    ends = [(x, *[0.0] * (len(sides) - 1)) for x in (0.0, math.pi)]
    return ls.Escape(surface, *ends, domain=ls.Walls(sides), **{"temperature": 0.25} | settings)


def one_way(text, *others, **settings):
    """The same with the way over the higher pass, at π/2, closed by a reflecting wall."""
    sides = [(math.pi / 2.0, math.pi / 2.0 + TURN), *others]
    box = [tuple(side) if math.isfinite(side[0]) else (-2.0, 2.0) for side in sides]
    surface = ls.Landscape.from_expression(text, "x, y"[: 3 * len(sides) - 2], domain=box)
    ends = [(x, *[0.0] * len(others)) for x in (TURN, math.pi)]
    return ls.Escape(surface, *ends, domain=ls.Walls(sides), **{"temperature": 0.25} | settings)


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        (RING, [ANGLE]),
        pytest.param(CYLINDER, [ANGLE, LINE], marks=pytest.mark.slow),
        pytest.param(CYLINDER, [ANGLE, (-0.2, 0.8)], marks=pytest.mark.slow),
        pytest.param(TORUS, [ANGLE, ANGLE], marks=pytest.mark.slow),
    ],
)
def test_simulation_splitting_and_exact_rate_agree(text, sides):
    escape = closed(text, *sides)
    exact = escape.exact()
    simulated, split = escape.simulate(relative_error=0.05), escape.split(relative_error=0.1)
    for found in (simulated, split):
        assert abs(found.log_rate - exact.log_rate) < margin(found)
    # Negative control: the same without the way over the higher pass.
    half = one_way(text, *sides[1:]).exact()
    assert simulated.log_rate > half.log_rate + margin(simulated)


def margin(found):
    """Return how far a simulated logarithm of a rate may be off."""
    return Z / 1.96 * (found.interval.log_high - found.interval.log_low) / 2.0


def test_the_formula_adds_both_ways():
    escape = closed(RING, ANGLE, temperature=0.05)
    assert escape.formula().log_rate == pytest.approx(escape.exact().log_rate, abs=0.03)
    # Negative control: one way.
    over_one = max(
        ls.Escape(
            escape.landscape.landscape, (0.0,), end, temperature=0.05, domain=[(-0.6 * TURN, TURN)]
        )
        .formula()
        .log_rate
        for end in ((math.pi,), (-math.pi,))
    )
    assert over_one < escape.exact().log_rate - 0.03


def test_where_a_cylinder_is_cut_does_not_matter():
    exact = closed(CYLINDER, ANGLE, LINE).exact()
    moved = closed(CYLINDER, ls.Periodic(-1.0, TURN - 1.0), LINE).exact()
    assert moved.log_rate == pytest.approx(exact.log_rate, abs=1e-3)


@pytest.mark.parametrize("method", ["instanton"])
def test_laws_that_know_no_closed_axes_say_so(method):
    with pytest.raises(ls.InputError, match="knows no") as refusal:
        closed(RING, ANGLE).rate(method)
    assert "\n" not in str(refusal.value)


def test_noise_that_is_stronger_along_one_axis_has_no_exact_rate_there():
    with pytest.raises(ls.InputError, match="closes on itself") as refusal:
        closed(CYLINDER, ANGLE, LINE, noise="hessian").exact()
    assert "\n" not in str(refusal.value)


def test_an_infinite_slope_at_a_wall_is_refused_by_simulations_alone():
    walls = ls.Walls([(-0.5, 0.5)])
    text = "0.5 + 8*(x**2 - 0.16)**2 + 0.1*sqrt(0.25 - x**2)"
    surface = ls.Landscape.from_expression(text, "x", domain=walls)
    escape = ls.Escape(surface, (-0.4,), (0.4,), temperature=0.3, domain=walls)
    assert np.isfinite(escape.exact().log_rate)
    for method in (escape.simulate, escape.split):
        with pytest.raises(ls.InputError, match="slope of the loss is infinite at the wall"):
            method(relative_error=0.3)
