"""A well beside the way that the steps do not resolve is said with a simulated answer."""

from __future__ import annotations

import pytest

import landscape_sim as ls

#: Exact 0.00157; the split rate was 0.0032, without a word.
TRAP = "(0.25+(x**2-1)**2+y**2)*(1-0.9*exp(-((x+1)**2+(y-0.7)**2)/{width}**2))"


def _split(formula):
    landscape = ls.Landscape.from_expression(formula, "x,y")
    escape = ls.Escape(landscape, start=(-1, 0), target=(1, 0), temperature=0.3)
    return escape.split(relative_error=0.3)


def test_a_trap_narrower_than_a_step_is_named():
    (caveat,) = _split(TRAP.format(width=0.1)).caveats
    assert "the well at (-1, 0.69" in caveat
    assert "17 times as sharp" in caveat


@pytest.mark.parametrize("formula", [TRAP.format(width=0.4), "0.25+(x**2-1)**2+y**2"])
def test_what_the_steps_resolve_is_not(formula):
    assert _split(formula).caveats == ()
