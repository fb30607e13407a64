"""A well beside the way that is sharper than the way: the steps of simulations resolve it."""

from __future__ import annotations

import pytest

import landscape_sim as ls
from landscape_sim.escape.methods.fixed_step import scheme_at, side_wells

LINE = "(0.25+(x**2-1)**2)*(1-0.95*exp(-((x+1.4)/0.05)**2))"
PLANE = "(0.25+(x**2-1)**2+y**2)*(1-0.9*exp(-((x+1)**2+(y-0.7)**2)/0.1**2))"


def escape_from(formula, variables, temperature):
    landscape = ls.Landscape.from_expression(formula, variables)
    start, target = {"x": ((-1,), (1,)), "x,y": ((-1, 0), (1, 0))}[variables]
    return ls.Escape(landscape, start=start, target=target, temperature=temperature)


@pytest.mark.slow
def test_a_trap_on_the_line_is_resolved():
    # False alarms: 1e-4 by the interval.
    escape = escape_from(LINE, "x", 0.6)
    exact = escape.exact().rate
    found = escape.simulate(relative_error=0.15, confidence_level=0.9999)
    assert found.interval.low < exact < found.interval.high
    # The negative control: steps that are made for the way alone.
    blind = ls.simulate(
        escape.landscape, escape.noise, escape.start, escape.target,
        relative_error=0.15, confidence_level=0.9999,
    )  # fmt: skip
    assert blind.interval.low > exact


@pytest.mark.slow
@pytest.mark.parametrize("method", ["simulate", "split"])
def test_a_trap_in_the_plane_is_resolved(method):
    # 0.00157 by finite volumes of our own; the split rate was 0.0032. False alarms: 1e-4.
    escape = escape_from(PLANE, "x,y", 0.3)
    found = getattr(escape, method)(relative_error=0.2, confidence_level=0.9999)
    assert found.interval.low < 0.00157 < found.interval.high


def test_a_given_step_is_shortened_too():
    one, two = (escape_from(formula, "x", 0.6) for formula in (LINE, "0.25+(x**2-1)**2"))
    assert len(side_wells(one)) == 1
    # U'' at the trap is 2 · 0.95/0.05² / (1 − 0.95), and 8/0.25 at the minimum.
    ratio = scheme_at(two, 0.1).time_step / scheme_at(one, 0.1).time_step
    assert ratio == pytest.approx(2 * 0.95 / 0.05**2 / 0.05 / 32.0 / 2.0, rel=0.1)
