"""A wall on a line: closed forms, the mirrored landscape on a grid, simulation, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest

import landscape_sim as ls

Z = 4.4  # false alarm 1.1e-5
WELL = ls.QuarticDoubleWell.from_loss_ratio(3.0, 0.25)
FLAT = ls.QuadraticBowl(1.0, (1e-12,))
RIGHT = ls.HalfSpace(1.0, (1.0,))


@pytest.mark.parametrize("start", [0.0, 0.25])
def test_brownian_motion_from_a_wall(start):
    found = ls.mean_first_passage_time(
        FLAT, ls.ConstantNoise(0.5), (start,), RIGHT, domain=ls.Walls([(0.0, 1.0)])
    )
    assert found.mean_time == pytest.approx((1.0 - start**2) / (2 * 0.5), rel=1e-8)
    assert found.relative_error < 1e-8


@pytest.mark.parametrize("noise", [ls.LossProportionalNoise(0.2), ls.ConstantNoise(0.1)])
@pytest.mark.parametrize("wall", [-1.05, -1.3])
def test_a_wall_is_a_mirror(noise, wall):
    # By nested quadrature up to the wall, and on the mirrored landscape out of an interval.
    walled = {"domain": ls.Walls([(wall, 1.0)])}
    found = ls.mean_first_passage_time(WELL, noise, (-1.0,), RIGHT, **walled)
    mirrored, both_ends = ls.reflected_passage(WELL, -1.0, 1.0, wall)
    other = ls.mean_first_passage_time(mirrored, noise, (-1.0,), both_ends)
    assert found.log_mean_time == pytest.approx(other.log_mean_time, abs=2e-6)
    law = ls.passage_time_distribution(mirrored, noise, (-1.0,), both_ends)
    assert found.log_mean_time == pytest.approx(law.log_mean_time, abs=law.relative_error)
    # Negative control: without the wall.
    free = ls.mean_first_passage_time(WELL, noise, (-1.0,), RIGHT)
    assert abs(free.log_mean_time - found.log_mean_time) > 1e-3


def test_a_wall_on_the_right_of_a_passage_to_the_left():
    noise = ls.LossProportionalNoise(0.2)
    left, right = (
        ls.mean_first_passage_time(
            WELL, noise, (-side,), ls.HalfSpace(1.0, (side,)), domain=ls.Walls([domain])
        )
        for side, domain in ((1.0, (-1.2, 1.0)), (-1.0, (-1.0, 1.2)))
    )
    assert left.log_mean_time == pytest.approx(right.log_mean_time, abs=2e-8)


def test_simulated_paths_are_reflected():
    noise, wall = ls.LossProportionalNoise(0.5), -1.1
    mirrored, both_ends = ls.reflected_passage(WELL, -1.0, 1.0, wall)
    sample = ls.simulate_first_passage(
        mirrored, ls.EulerMaruyama(noise, 0.005), (-1.0,), both_ends, n_paths=4000, max_time=1e6
    )
    error = sample.times.std(ddof=1) / math.sqrt(len(sample.times))
    exact = ls.mean_first_passage_time(WELL, noise, (-1.0,), RIGHT, domain=ls.Walls([(wall, 2.0)]))
    assert abs(sample.times.mean() - exact.mean_time) < Z * error
    # Negative control: without the wall paths stay away for longer.
    free = ls.mean_first_passage_time(WELL, noise, (-1.0,), RIGHT)
    assert abs(sample.times.mean() - free.mean_time) > Z * error


def test_the_loss_is_never_asked_for_behind_the_wall():
    class Walled(ls.QuarticDoubleWell):
        def loss(self, x):
            assert np.all(x[0] >= -1.1)
            return super().loss(x)

    walled, noise = Walled(*WELL), ls.LossProportionalNoise(0.2)
    mirrored, both_ends = ls.reflected_passage(walled, -1.0, 1.0, -1.1)
    ls.passage_time_distribution(mirrored, noise, (-1.0,), both_ends)
    ls.mean_first_passage_time(walled, noise, (-1.0,), RIGHT, domain=ls.Walls([(-1.1, 1.0)]))
    with pytest.raises(AssertionError):
        ls.mean_first_passage_time(walled, noise, (-1.0,), RIGHT)


@pytest.mark.parametrize(
    ("walls", "message"),
    [
        ([(-0.5, 2.0)], "does not hold start"),
        ([(-2.0, 0.5)], "does not hold the target's boundary"),
        ([(-2.0, 2.0), (0.0, 1.0)], "an interval"),
    ],
)
def test_a_wall_needs_a_place(walls, message):
    with pytest.raises(ls.InputError, match=message):
        ls.mean_first_passage_time(
            WELL, ls.LossProportionalNoise(0.2), (-1.0,), RIGHT, domain=ls.Walls(walls)
        )


@pytest.mark.parametrize(("start", "target", "wall"), [(-1, 1, 0), (-1, 1, 2), (0, 1, 0)])
def test_a_wall_must_stand_behind_the_start(start, target, wall):
    with pytest.raises(ls.InputError, match="between wall and target"):
        ls.reflected_passage(WELL, start, target, wall)
