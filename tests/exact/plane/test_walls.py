"""Reflecting walls in the plane: closed forms of a line, mirrors, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

import landscape_sim as ls

INF = math.inf
SEPARABLE = ls.Landscape.from_expression("0.5 + (x**2 - 1)**2 + y**2", "x, y")
LINE = ls.Landscape.from_expression("0.5 + (x**2 - 1)**2", "x")
EVEN = ls.Landscape.from_expression("0.5 + (x**2 - 1)**2 + 4*y**2 + x**2*y**2", "x, y")
BALL = ls.Ball((1.0, 0.0), 0.25)
ALIGNED = ls.HessianAlignedNoise.from_hessian([[8.0, 0.0], [0.0, 30.0]], 0.03, 1)


@pytest.mark.parametrize("wall", [-1.05, -1.3])
def test_walls_along_a_passage_do_nothing_and_one_behind_it_is_that_of_a_line(wall):
    # Under constant noise the coordinates of a separable loss are independent.
    noise, right = ls.ConstantNoise(0.2), ls.HalfSpace(1.0, (1.0, 0.0))
    walls = ls.Walls([(wall, 1.5), (-0.2, 0.3)])
    found = ls.mean_first_passage_time(
        SEPARABLE, noise, (-1.0, 0.0), right, domain=walls, n_cells=200
    )
    on_line = LINE, noise, (-1.0,), ls.HalfSpace(1.0, (1.0,))
    known = ls.mean_first_passage_time(*on_line, domain=ls.Walls([(wall, 1.5)]))
    assert found.log_mean_time == pytest.approx(known.log_mean_time, abs=found.relative_error)
    law = ls.passage_time_distribution(*on_line, domain=ls.Walls([(wall, 1.5)]))
    assert law.log_mean_time == pytest.approx(known.log_mean_time, abs=law.relative_error)
    # Negative control: without the wall.
    free = ls.mean_first_passage_time(*on_line)
    assert abs(free.log_mean_time - known.log_mean_time) > 100.0 * found.relative_error


@pytest.mark.parametrize("noise", [ls.LossProportionalNoise(0.3), ls.ConstantNoise(0.3), ALIGNED])
def test_a_wall_where_the_landscape_is_its_own_mirror_image_changes_nothing(noise):
    passage = EVEN, noise, (-1.0, 0.0), BALL
    free = ls.mean_first_passage_time(*passage, n_cells=200)
    half, less = ls.Walls([(-INF, INF), (0.0, INF)]), ls.Walls([(-INF, INF), (0.0, 0.2)])
    halved = ls.mean_first_passage_time(*passage, domain=half, n_cells=200)
    allowed = free.relative_error + halved.relative_error
    assert halved.log_mean_time == pytest.approx(free.log_mean_time, abs=allowed)
    # Negative control: a wall that cuts some of the half off.
    cut = ls.mean_first_passage_time(*passage, domain=less, n_cells=200)
    assert abs(cut.log_mean_time - free.log_mean_time) > 10.0 * allowed


def test_axes_that_are_turned_round_give_the_same():
    # The passage leads down the second coordinate; x → −y, y → x.
    turned = ls.Landscape.from_expression("0.5 + (y**2 - 1)**2 + 4*x**2 + x**2*y**2", "x, y")
    noise, walls = ls.LossProportionalNoise(0.3), [(-1.2, 1.3), (-0.1, 0.2)]
    found = ls.mean_first_passage_time(
        EVEN, noise, (-1.0, 0.0), BALL, domain=ls.Walls(walls), n_cells=100
    )
    low, high = walls[0]
    other = ls.mean_first_passage_time(
        *(turned, noise, (0.0, 1.0), ls.Ball((0.0, -1.0), 0.25)),
        domain=ls.Walls([walls[1], (-high, -low)]),
        n_cells=100,
    )
    assert other.log_mean_time == pytest.approx(found.log_mean_time, abs=1e-9)


def test_between_walls_every_solver_of_the_plane_answers():
    walls = ls.Walls([(-1.2, 1.3), (-0.1, 0.2)])
    source, target = ls.Ball((-1.0, 0.0), 0.08), ls.Ball((1.0, 0.0), 0.08)
    noise, settings = ls.LossProportionalNoise(0.15), {"domain": walls, "n_cells": 200}
    start = EVEN, noise, (-1.0, 0.0), target
    passage = ls.mean_first_passage_time(*start, **settings)
    settled = ls.plane_quasi_stationary_distribution(*start, **settings)
    way = ls.plane_reactive_current(EVEN, noise, source, target, **settings)
    known = ls.plane_committor(EVEN, noise, source, target, **settings)
    # Relaxation takes less than a unit of time: of that order the two differ.
    for rate in (settled.rate, way.rate, known.transition.rate):
        assert rate == pytest.approx(passage.rate, rel=2.0 * passage.rate)
    # Nothing flows through the walls: over the box the density is the Boltzmann law's.
    law = EVEN.loss((way.x, way.y)) ** -(1.0 + 1.0 / 0.15)
    ratio = way.density / law
    assert np.nanmax(ratio) - np.nanmin(ratio) < 1e-6 * np.nanmax(ratio)


@pytest.mark.parametrize(
    ("walls", "noise", "message"),
    [
        ([(-0.9, 2.0), (-1.0, 1.0)], ls.ConstantNoise(0.2), "does not hold start"),
        ([(-2.0, 2.0)], ls.ConstantNoise(0.2), "an interval"),
        ([(-2.0, 0.5), (-1.0, 1.0)], ls.ConstantNoise(0.2), "no way leads"),
        (
            [(-2.0, 2.0), (-1.0, 1.0)],
            ls.HessianAlignedNoise.from_hessian([[8.0, 3.0], [3.0, 6.0]], 0.05, 1),
            "is correlated with that along it",
        ),
    ],
)
def test_refuses_in_one_line(walls, noise, message):
    with pytest.raises(ls.InputError, match=message) as refusal:
        ls.mean_first_passage_time(EVEN, noise, (-1.0, 0.0), BALL, domain=ls.Walls(walls))
    assert "\n" not in str(refusal.value)


def test_in_three_dimensions_walls_are_refused():
    well = ls.SeparableDoubleWell.from_loss_ratio(5.0, 1.0, (8.0, 8.0))
    with pytest.raises(ls.InputError, match="in one and two dimensions"):
        ls.mean_first_passage_time(
            *(well, ls.ConstantNoise(0.2), (-1.0, 0.0, 0.0), ls.Ball((1.0, 0.0, 0.0), 0.25)),
            domain=ls.Walls([(-2.0, 2.0)] * 3),
        )
