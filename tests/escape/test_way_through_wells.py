"""An escape whose way leads through another well: no formula, and three methods that agree."""

from __future__ import annotations

import math

import pytest

import landscape_sim as ls
from landscape_sim.landscapes import from_catalogue

Z = 4.4  # false alarm 1.1e-5 a check, seeds fixed


@pytest.fixture(scope="module")
def through_the_middle():
    well = from_catalogue("triple-well").landscape
    return ls.Escape(well, (-1.0,), (1.0,), temperature=0.3)


@pytest.fixture(scope="module")
def exact(through_the_middle):
    return through_the_middle.exact()


def test_the_way_is_known_leg_by_leg(through_the_middle):
    first, second = through_the_middle.legs
    assert first.destination.position == pytest.approx((0.0,), abs=1e-9)
    assert second.minimum.position == pytest.approx((0.0,), abs=1e-9)
    assert second.destination.position == pytest.approx((1.0,), abs=1e-9)
    with pytest.raises(ls.InputError, match="the way leads through"):
        through_the_middle.formula()


@pytest.mark.parametrize("method", ["simulate", "splitting"])
def test_agrees_with_the_exact_rate(method, through_the_middle, exact):
    answer = through_the_middle.rate(method, relative_error=0.1)
    error = math.hypot(answer.relative_standard_error, answer.relative_discretisation_error)
    assert abs(answer.log_rate - exact.log_rate) < Z * error
    # Negative control: the rate into the well between is another number.
    to_the_middle = ls.Escape(
        through_the_middle.landscape, (-1.0,), (0.0,), temperature=0.3
    ).exact()
    assert abs(answer.log_rate - to_the_middle.log_rate) > Z * error
