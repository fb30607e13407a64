"""One function over all exact solvers: which answers, and what is refused."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest

import landscape_sim as ls
from landscape_sim.exact.line.passage import line_mean_first_passage_time
from landscape_sim.exact.line.radial import radial_mean_first_passage_time
from landscape_sim.exact.plane.passage import plane_mean_first_passage_time

WELL = ls.QuarticDoubleWell.from_loss_ratio(3.0, 0.25)
PLANE = ls.SeparableDoubleWell.from_loss_ratio(3.0, 0.25, (2.0,))
NOISE = ls.LossProportionalNoise(0.2)
LEFT, RIGHT = (-1.0,), ls.HalfSpace(1.0, (1.0,))


def test_on_a_line_into_a_half_line_or_an_interval():
    expected = line_mean_first_passage_time(WELL, NOISE, -1.0, 1.0)
    assert ls.mean_first_passage_time(WELL, NOISE, LEFT, RIGHT) == expected
    assert ls.mean_first_passage_time(WELL, NOISE, LEFT, ls.Ball((1.5,), 0.5)) == expected
    back = ls.mean_first_passage_time(WELL, NOISE, (1.0,), ls.HalfSpace(1.0, (-1.0,)))
    assert back.log_mean_time == pytest.approx(expected.log_mean_time, abs=2e-8)


@pytest.mark.parametrize("noise", [NOISE, ls.ConstantNoise(0.1)])
def test_out_of_an_interval(noise):
    # From the middle of a mirror-symmetric well by radial quadrature, from elsewhere on a grid
    # of the interval: the strong Markov property joins the two.
    bowl, width = ls.QuadraticBowl.isotropic(0.5, 2.0, 1), ls.Outside((0.0,), 0.8)
    middle = ls.mean_first_passage_time(bowl, noise, (0.0,), width)
    assert middle == radial_mean_first_passage_time(bowl, noise, 0.8)
    aside = ls.mean_first_passage_time(bowl, noise, (0.3,), width)
    inner = radial_mean_first_passage_time(bowl, noise, 0.3)
    assert inner.mean_time + aside.mean_time == pytest.approx(middle.mean_time, rel=2e-6)


def test_spheres_about_the_start_in_any_dimension_and_place():
    class Shifted(NamedTuple):
        """A bowl about ``(1, 2, 3)``."""

        floor: float

        def loss(self, x):
            return self.floor + (x[0] - 1.0) ** 2 + (x[1] - 2.0) ** 2 + (x[2] - 3.0) ** 2

        def gradient(self, x):
            return (2.0 * (x[0] - 1.0), 2.0 * (x[1] - 2.0), 2.0 * (x[2] - 3.0))

    centre = (1.0, 2.0, 3.0)
    found = ls.mean_first_passage_time(Shifted(0.5), NOISE, centre, ls.Outside(centre, 0.7))
    bowl = ls.QuadraticBowl.isotropic(0.5, 2.0, 3)
    expected = radial_mean_first_passage_time(bowl, NOISE, 0.7)
    assert found.log_mean_time == pytest.approx(expected.log_mean_time, abs=2e-8)


def test_in_the_plane_on_a_grid_with_its_domain():
    ball, start = ls.Ball((1.0, 0.0), 0.25), (-1.0, 0.0)
    options = {"n_cells": 60, "domain": ((-9.0, 9.0), (-9.0, 9.0))}
    found = ls.mean_first_passage_time(PLANE, NOISE, start, ball, **options)
    expected = plane_mean_first_passage_time(PLANE, NOISE, start, ball, **options)
    assert found.log_mean_time == expected.log_mean_time
    assert found.mean_times.shape == expected.mean_times.shape


def test_a_sphere_on_a_grid_where_not_all_is_radial():
    # Stretched by a hair, the bowl is for the grid; its time is that of the round one.
    start, sphere = (0.0, 0.0), ls.Outside((0.0, 0.0), 0.7)
    round_bowl, stretched = ls.QuadraticBowl(0.5, (2.0, 2.0)), ls.QuadraticBowl(0.5, (2.0, 2.0001))
    exact = ls.mean_first_passage_time(round_bowl, NOISE, start, sphere)
    found = ls.mean_first_passage_time(stretched, NOISE, start, sphere, n_cells=100)
    assert isinstance(found, ls.PlanePassageTime)
    assert not isinstance(exact, ls.PlanePassageTime)
    assert found.log_mean_time == pytest.approx(exact.log_mean_time, abs=0.01)


@pytest.mark.parametrize("kind", [list, np.array])
def test_the_start_may_be_any_sequence(kind):
    bowl, sphere = ls.QuadraticBowl.isotropic(0.5, 2.0, 2), ls.Outside((0.0, 0.0), 0.7)
    expected = ls.mean_first_passage_time(bowl, NOISE, (0.0, 0.0), sphere)
    assert ls.mean_first_passage_time(bowl, NOISE, kind([0.0, 0.0]), sphere) == expected
    expected = ls.mean_first_passage_time(WELL, NOISE, LEFT, RIGHT)
    assert ls.mean_first_passage_time(WELL, NOISE, kind([-1]), RIGHT) == expected


@pytest.mark.parametrize(
    "start", [-1.0, np.array(-1.0), "x", ("a",), ((-1.0,),), None, (), (True,), (math.inf,)]
)
def test_a_start_that_is_no_position_is_refused(start):
    with pytest.raises(ls.InputError, match=r"start must be finite numbers.*such as \(-1.0,\)"):
        ls.mean_first_passage_time(WELL, NOISE, start, RIGHT)


def test_a_domain_is_checked_on_a_line_and_around_a_sphere():
    expected = ls.mean_first_passage_time(WELL, NOISE, LEFT, RIGHT)
    within = ls.mean_first_passage_time(WELL, NOISE, LEFT, RIGHT, domain=[[-2, 1]])
    change = abs(within.log_mean_time - expected.log_mean_time)
    assert 0.0 < change <= within.relative_error < 1e-3
    bowl, middle = ls.QuadraticBowl.isotropic(0.5, 2.0, 3), (0.0, 0.0, 0.0)
    for landscape, start, target, domain, message in (
        (WELL, LEFT, RIGHT, ((-2.0, 0.9),), r"does not hold the target's boundary \(1.0,\)"),
        (WELL, LEFT, ls.Ball((1.5,), 0.5), ((-2.0, 0.9),), r"the target's boundary \(1.0,\)"),
        (WELL, LEFT, ls.Outside((-0.5,), 1.0), ((-1.2, 2.0),), r"boundary \(-1.5,\)"),
        (WELL, LEFT, RIGHT, ((-0.5, 2.0),), "does not hold start"),
        (WELL, LEFT, RIGHT, ((-1.0, 2.0),), "the domain cuts the well off.*widen the domain"),
        (WELL, (1.0,), ls.HalfSpace(1.0, (-1.0,)), ((-2.0, 1.05),), "cuts the well off"),
        (WELL, LEFT, RIGHT, "a", "an interval .* for each of 1"),
        (bowl, middle, ls.Outside(middle, 1.0), ((-2.0, 2.0), (-0.9, 2.0)) * 2, "of 3 coord"),
        (bowl, middle, ls.Outside(middle, 1.0), ((-2.0, 2.0),) * 2 + ((-2.0, 0.9),), "boundary"),
    ):
        with pytest.raises(ls.InputError, match=message):
            ls.mean_first_passage_time(landscape, NOISE, start, target, domain=domain)


def test_the_loss_is_not_asked_for_outside_the_domain_on_a_line():
    class Walled(ls.QuarticDoubleWell):
        def loss(self, x):
            assert np.all(np.abs(x[0]) <= 2.0 + 1e-12)
            return super().loss(x)

    walled = Walled(*WELL)
    within = ls.mean_first_passage_time(walled, NOISE, LEFT, RIGHT, domain=[(-2.0, 2.0)])
    free = ls.mean_first_passage_time(WELL, NOISE, LEFT, RIGHT)
    assert within.rate == pytest.approx(free.rate, rel=within.relative_error)
    with pytest.raises(AssertionError):
        ls.mean_first_passage_time(walled, NOISE, LEFT, RIGHT)


@pytest.mark.parametrize(
    ("landscape", "noise", "start", "target", "message"),
    [
        (PLANE, NOISE, LEFT, RIGHT, "has 1 coordinates, and"),
        (WELL, NOISE, (-1.0, 0.0), ls.Ball((1.0, 0.0), 0.25), "has 2 coordinates, and"),
        (WELL, NOISE, LEFT, ls.Ball((1.0, 0.0), 0.25), "must have 2 coordinates"),
        (WELL, NOISE, (math.nan,), RIGHT, "finite"),
        (WELL, NOISE, (1.5,), RIGHT, "inside the target"),
        (WELL, ls.LossProportionalNoise(-0.1), LEFT, RIGHT, "temperature=-0.1"),
        (WELL, ls.ConstantNoise(0.0), LEFT, RIGHT, "diffusion=0.0.*must be a positive"),
        (
            ls.QuadraticBowl(1.0, (1.0, 2.0, 3.0, 4.0)),
            NOISE,
            (0.0, 0.0, 0.0, 0.0),
            ls.Outside((0.0, 0.0, 0.0, 0.0), 1.0),
            "in 4 dimensions.*the loss has none through start and target.*simulate or splitting",
        ),
        (
            ls.QuadraticBowl.isotropic(1.0, 1.0, 3),
            ls.HessianAlignedNoise.from_hessian(np.diag([1.0, 2.0, 3.0]), 0.1, 1),
            (0.0, 0.0, 0.0),
            ls.Outside((0.0, 0.0, 0.0), 1.0),
            "not the same in all directions across",
        ),
        (
            ls.QuadraticBowl.isotropic(1.0, 1.0, 4),
            NOISE,
            (0.0, 0.5, 0.0, 0.0),
            ls.HalfSpace(1.0, (1.0, 0.0, 0.0, 0.0)),
            "the loss has none .*use the methods",
        ),
    ],
)
def test_what_is_missing_is_named_in_one_line(landscape, noise, start, target, message):
    with pytest.raises(ls.InputError, match=message) as refusal:
        ls.mean_first_passage_time(landscape, noise, start, target)
    assert "\n" not in str(refusal.value)


def test_a_trap_beside_the_rays_is_seen():
    """Right: 1.09e7 and 1.20e7 by finite volumes of two sizes; 2.17e5 without the trap."""
    trap = ls.Landscape.from_expression(
        "(0.05 + x**2 + y**2)*(1 - 0.98*exp(-(x**2 + (y - 0.6)**2)/0.05**2))", "x,y"
    )
    out = ls.Outside((0.0, 0.0), 1.0)
    found = ls.mean_first_passage_time(trap, ls.LossProportionalNoise(0.2), (0.0, 0.0), out)
    assert 1.09e7 < found.mean_time < 1.20e7
