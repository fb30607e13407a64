"""Where a passage ends: distances, and what is no target."""

from __future__ import annotations

import math

import pytest

from landscape_sim.landscapes import Ball, HalfSpace, Outside
from landscape_sim.validation import InputError


def test_distances_are_lengths():
    plane = HalfSpace.beyond((3.0, 4.0), seen_from=(0.0, 0.0))
    assert plane.distance((0.0, 0.0)) == pytest.approx(5.0)
    assert math.hypot(*plane.normal) == pytest.approx(1.0)
    assert Ball((3.0, 4.0), 1.0).distance((0.0, 0.0)) == pytest.approx(4.0)
    assert Outside((0.0, 0.0), 6.0).distance((3.0, 4.0)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: HalfSpace(1.0, (5.0,)), "length one, got 1.0 and \\(5.0,\\) of length 5"),
        (lambda: HalfSpace(math.inf, (1.0,)), "finite offset"),
        (lambda: HalfSpace(0.0, (math.nan, 1.0)), "length one"),
        (lambda: HalfSpace.beyond((1.0,), seen_from=(1.0,)), "another seen_from"),
        (lambda: HalfSpace.beyond((1.0,), seen_from=(1.0, 0.0)), "as many coordinates"),
        (lambda: Ball((0.0,), -0.1), "the radius of Ball"),
        (lambda: Outside((0.0,), 0.0), "the radius of Outside"),
    ],
)
def test_what_is_no_target_is_refused_in_one_line(make, message):
    with pytest.raises(InputError, match=message) as refusal:
        make()
    assert "\n" not in str(refusal.value)
