"""An axis that closes on itself: closed forms of a ring, and the same ring unrolled."""

from __future__ import annotations

import math

import numpy as np
import pytest

import landscape_sim as ls

TURN = 2.0 * math.pi
RING = ls.Walls([ls.Periodic(0.0, TURN)])
TEXT = "1.5 - cos(2*x) + 0.3*sin(x)"
LOSS = ls.Landscape.from_expression(TEXT, "x", domain=[(0.0, TURN)])
POINT = ls.Ball((3.2,), 0.1)
NOISES = [ls.ConstantNoise(0.3), ls.LossProportionalNoise(0.4)]


@pytest.mark.parametrize("start", [0.5, 1.75])
def test_brownian_motion_on_a_ring_leaves_an_arc(start):
    turn, middle, radius = 2.25, 2.1, 0.125
    flat = ls.Landscape.from_expression("1 + 1e-12*sin(2*pi*x/2.25)", "x", domain=[(0, turn)])
    found = ls.mean_first_passage_time(
        *(flat, ls.ConstantNoise(0.5), (start,), ls.Ball((middle,), radius)),
        domain=ls.Walls([ls.Periodic(0.0, turn)]),
    )
    ahead, behind = middle - radius - start, start - (middle - turn + radius)
    assert found.mean_time == pytest.approx(ahead * behind / (2.0 * 0.5), rel=1e-8)


@pytest.mark.parametrize("noise", NOISES)
def test_a_ring_is_the_interval_between_two_images(noise):
    found = ls.mean_first_passage_time(LOSS, noise, (6.2,), POINT, domain=RING)
    unrolled = ls.Landscape.from_expression(TEXT, "x", domain=[(-9.0, 9.0)])
    between = ls.Outside((3.2 - TURN / 2,), TURN / 2 - 0.1)
    known = ls.mean_first_passage_time(unrolled, noise, (6.2 - TURN,), between)
    assert found.log_mean_time == pytest.approx(known.log_mean_time, abs=2e-8)
    law = ls.passage_time_distribution(LOSS, noise, (6.2,), POINT, domain=RING)
    assert found.log_mean_time == pytest.approx(law.log_mean_time, abs=law.relative_error)
    # Negative control: one way of the two is closed.
    half = ls.mean_first_passage_time(
        unrolled, noise, (6.2 - TURN,), ls.HalfSpace(3.1, (1.0,)), domain=ls.Walls([(-9.0, 9.0)])
    )
    assert half.log_mean_time > found.log_mean_time + 0.1


def test_where_the_ring_is_cut_and_how_often_one_went_round_does_not_matter():
    noise = NOISES[1]
    found = ls.mean_first_passage_time(LOSS, noise, (6.2,), POINT, domain=RING)
    moved = ls.Landscape.from_expression(TEXT, "x", domain=[(-2.0, TURN - 2.0)])
    other = ls.mean_first_passage_time(
        *(moved, noise, (6.2 - 3 * TURN,), ls.Ball((3.2 + TURN,), 0.1)),
        domain=ls.Walls([ls.Periodic(-2.0, TURN - 2.0)]),
    )
    assert other.log_mean_time == pytest.approx(found.log_mean_time, abs=1e-9)


def test_the_loss_is_asked_for_within_one_turn_only():
    class Watched(ls.QuadraticBowl):
        def loss(self, x):
            assert np.all((np.asarray(x[0]) >= 0.0) & (np.asarray(x[0]) <= TURN))
            return 1.5 - np.cos(2.0 * x[0])

        def gradient(self, x):
            return (2.0 * np.sin(2.0 * x[0]),)

        def search_box(self):
            return ((0.0, TURN),)

    watched = Watched(1.0, (1.0,))
    found = ls.mean_first_passage_time(watched, NOISES[0], (6.2,), POINT, domain=RING)
    assert math.isfinite(found.log_mean_time)
    with pytest.raises(AssertionError):
        ls.mean_first_passage_time(watched, NOISES[0], (6.2 - TURN,), ls.HalfSpace(3.1, (1.0,)))


@pytest.mark.parametrize(
    ("domain", "target", "message"),
    [
        (ls.Walls([ls.Periodic(0.0, 6.0)]), POINT, "differs between the ends 0 and 6"),
        (RING, ls.HalfSpace(3.2, (1.0,)), "a target is a Ball"),
        (RING, ls.Ball((3.2,), 3.5), "wider than a periodic axis"),
        (ls.Walls([ls.Periodic(0.0, math.inf)]), POINT, "finite ends"),
        ([ls.Periodic(0.0, TURN)], POINT, "belongs to Walls"),
        (RING, ls.Ball((6.25,), 0.1), "inside the target"),
    ],
)
def test_refuses_in_one_line(domain, target, message):
    with pytest.raises(ls.InputError, match=message) as refusal:
        ls.mean_first_passage_time(LOSS, NOISES[0], (6.2,), target, domain=domain)
    assert "\n" not in str(refusal.value)


def test_a_slope_that_jumps_at_the_seam_is_none_of_a_ring():
    kinked = ls.Landscape.from_expression("1 + (x - 1)**2", "x", domain=[(0.0, 2.0)])
    with pytest.raises(ls.InputError, match="the slope of the loss differs"):
        ls.mean_first_passage_time(
            *(kinked, NOISES[0], (0.5,), ls.Ball((1.5,), 0.1)),
            domain=ls.Walls([ls.Periodic(0.0, 2.0)]),
        )
