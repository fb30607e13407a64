"""Mean first-passage times in the plane: quadrature, finite differences, simulation, symmetry.

Deterministic comparisons allow the error that the result states, and no more. Simulated means
are compared within z = 4.4 standard errors (false alarm 1.1e-5 a check, seeds fixed).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from finite_differences import extrapolated, mean_time

from landscape_sim.dynamics import (
    ConstantHessianAlignedNoise,
    ConstantNoise,
    EulerMaruyama,
    HessianAlignedNoise,
    LossProportionalNoise,
)
from landscape_sim.ensembles import simulate_first_passage
from landscape_sim.exact.line.passage import line_mean_first_passage_time
from landscape_sim.exact.line.radial import radial_mean_first_passage_time
from landscape_sim.exact.plane.passage import plane_mean_first_passage_time
from landscape_sim.landscapes import Ball, HalfSpace, QuarticDoubleWell, SeparableDoubleWell
from landscape_sim.landscapes.bowl import QuadraticBowl
from landscape_sim.validation import InputError

Z = 4.4
LINE = QuarticDoubleWell.from_loss_ratio(5.0, 1.0)
WELL = SeparableDoubleWell.from_loss_ratio(5.0, 1.0, (8.0,))
SHALLOW = SeparableDoubleWell.from_loss_ratio(2.0, 1.0, (4.0,))
START = (-1.0, 0.0)
ACROSS = HalfSpace(1.0, (1.0, 0.0))
BALL = Ball((1.0, 0.0), 0.25)
OBLIQUE = [[2.0, 0.9], [0.9, 1.0]]


def stated(passage, log_expected):
    """The deviation from an expected time, in units of the error that the result states."""
    return abs(math.expm1(passage.log_mean_time - log_expected)) / passage.relative_error


@pytest.mark.parametrize("diffusion", [0.3, 0.1, 0.06, 0.0354])
def test_separable_wells_are_one_dimensional_down_to_rates_of_1e_12(diffusion):
    passage = plane_mean_first_passage_time(
        WELL, ConstantNoise(diffusion), START, ACROSS, n_cells=200
    )
    exact = line_mean_first_passage_time(LINE, ConstantNoise(diffusion), -1.0, 1.0)
    assert stated(passage, exact.log_mean_time) < 1
    assert passage.relative_error < 1e-4
    # Negative control: a percent more noise.
    hotter = line_mean_first_passage_time(LINE, ConstantNoise(1.01 * diffusion), -1.0, 1.0)
    assert stated(passage, hotter.log_mean_time) > 10


def test_constant_aligned_noise_decouples_along_its_axes():
    noise = ConstantHessianAlignedNoise.from_hessian(np.diag([8.0, 2.0]), 0.25, 0.05, 1)
    passage = plane_mean_first_passage_time(WELL, noise, START, ACROSS, n_cells=200)
    exact = line_mean_first_passage_time(LINE, ConstantNoise(0.1), -1.0, 1.0)
    assert stated(passage, exact.log_mean_time) < 1


class TripleWell(NamedTuple):
    """``L = ΔL x² (x² − 1)² + k y²``: wells at −1, 0 and 1."""

    barrier: float
    stiffness: float

    def loss(self, x):
        wells = x[0] * x[0] * (x[0] * x[0] - 1.0) ** 2
        return self.barrier * wells + (self.stiffness * x[1] * x[1] if len(x) == 2 else 0.0)

    def gradient(self, x):
        square = x[0] * x[0]
        along = 2.0 * self.barrier * x[0] * (square - 1.0) * (3.0 * square - 1.0)
        return (along, 2.0 * self.stiffness * x[1]) if len(x) == 2 else (along,)

    def search_box(self):
        return ((-2.0, 2.0), (-1.0, 1.0))


@pytest.mark.parametrize("start", [-1.0, 0.0])
def test_wells_on_the_way_and_traps_beside_it_cost_no_precision(start):
    # Each of the three wells holds the path for 1e11.
    triple = TripleWell(20.0, 5.0)
    passage = plane_mean_first_passage_time(
        triple, ConstantNoise(0.1), (start, 0.0), HalfSpace(1.0, (1.0, 0.0)), n_cells=200
    )
    exact = line_mean_first_passage_time(triple, ConstantNoise(0.1), start, 1.0)
    assert exact.rate < 1e-12
    assert stated(passage, exact.log_mean_time) < 1


class Outside(NamedTuple):
    """Everything outside a circle about the origin."""

    radius: float
    dimension = 2

    def distance(self, x):
        return self.radius - np.sqrt(x[0] * x[0] + x[1] * x[1])

    def direction(self, x):
        r = np.hypot(*x)
        return (x[0] / r, x[1] / r) if r > 0 else (1.0, 0.0)


@pytest.mark.parametrize("temperature", [0.5, 0.15, 0.08])
def test_loss_proportional_noise_agrees_with_the_radial_quadrature(temperature):
    # Every edge that leaves the disc is cut by its rim; the rate falls to 8e-9.
    bowl, noise = QuadraticBowl.isotropic(0.2, 2.0, 2), LossProportionalNoise(temperature)
    passage = plane_mean_first_passage_time(bowl, noise, (0.0, 0.0), Outside(1.0), n_cells=200)
    exact = radial_mean_first_passage_time(bowl, noise, 1.0)
    assert stated(passage, exact.log_mean_time) < 1
    # Negative control: a percent more noise.
    hotter = LossProportionalNoise(1.01 * temperature)
    other = radial_mean_first_passage_time(bowl, hotter, 1.0)
    assert stated(passage, other.log_mean_time) > 10


@pytest.mark.parametrize(
    ("noise", "box"),
    [
        (LossProportionalNoise(0.1), ((-2.5, 1.0), (-3.0, 3.0))),
        (HessianAlignedNoise.from_hessian(OBLIQUE, 0.05, 1), ((-2.5, 1.0), (-3.0, 3.0))),
        (ConstantHessianAlignedNoise.from_hessian(OBLIQUE, 1.0, 0.1, 1), ((-2.5, 1), (-2, 2))),
    ],
)
def test_agrees_with_central_differences(noise, box):
    # The oblique axes of the noise cross the plane at an angle, so that every edge is cut.
    target = HalfSpace(1.0, (1.0, 0.0))
    passage = plane_mean_first_passage_time(SHALLOW, noise, START, target, n_cells=200)
    expected, error = extrapolated(lambda n: mean_time(SHALLOW, noise, START, box, n), 240)
    assert abs(passage.mean_time - expected) < error + passage.relative_error * expected
    assert error < 0.02 * expected
    # Negative control: the same noise, its axes mirrored.
    if not isinstance(noise, LossProportionalNoise):
        mirrored = noise._replace(root=tuple(row[::-1] for row in noise.root[::-1]))
        other = plane_mean_first_passage_time(SHALLOW, mirrored, START, target, n_cells=200)
        assert abs(other.mean_time - expected) > error + other.relative_error * expected


@pytest.mark.parametrize(
    "noise",
    [
        LossProportionalNoise(0.2),
        pytest.param(HessianAlignedNoise.from_hessian(OBLIQUE, 0.1, 1), marks=pytest.mark.slow),
    ],
)
def test_agrees_with_simulation(noise):
    well, target = SeparableDoubleWell.from_loss_ratio(2.0, 0.25, (1.0,)), Ball((1.0, 0.0), 0.4)
    # The scheme's bias at this step, 0.3 %, is a quarter of a standard error.
    sample = simulate_first_passage(
        well, EulerMaruyama(noise, 0.005), START, target, n_paths=6_000, max_time=1e7, seed=3
    )
    error = sample.times.std(ddof=1) / math.sqrt(len(sample.times))
    passage = plane_mean_first_passage_time(well, noise, START, target, n_cells=200)
    assert abs(sample.times.mean() - passage.mean_time) < Z * error
    # Negative control: a saddle that is a tenth higher.
    steeper = SeparableDoubleWell.from_loss_ratio(2.2, 0.25, (1.0,))
    other = plane_mean_first_passage_time(steeper, noise, START, target, n_cells=100)
    assert abs(sample.times.mean() - other.mean_time) > Z * error


def test_the_error_before_extrapolation_is_of_second_order():
    errors = []
    for n_cells in (200, 400):
        passage = plane_mean_first_passage_time(
            WELL, LossProportionalNoise(0.2), START, BALL, n_cells=n_cells
        )
        at_start = np.argmin(np.hypot(passage.x - START[0], passage.y - START[1]))
        errors.append(passage.mean_times.flat[at_start] / passage.mean_time - 1)
    # Stretches of 50 cells and more are rounded by up to two: 4 % in h, 8 % in h².
    assert math.log2(errors[0] / errors[1]) == pytest.approx(2.0, abs=math.log2(1.08))


class Moved(NamedTuple):
    """A landscape turned by an angle and shifted."""

    landscape: SeparableDoubleWell
    angle: float
    shift: tuple[float, float]

    def there(self, x):
        c, s = math.cos(self.angle), math.sin(self.angle)
        return (c * x[0] - s * x[1] + self.shift[0], s * x[0] + c * x[1] + self.shift[1])

    def back(self, x):
        c, s = math.cos(self.angle), math.sin(self.angle)
        u, v = x[0] - self.shift[0], x[1] - self.shift[1]
        return (c * u + s * v, c * v - s * u)

    def loss(self, x):
        return self.landscape.loss(self.back(x))

    def gradient(self, x):
        g, h = self.landscape.gradient(self.back(x))
        c, s = math.cos(self.angle), math.sin(self.angle)
        return (c * g - s * h, s * g + c * h)

    def search_box(self):
        return ((-10.0, 10.0), (-10.0, 10.0))


@pytest.mark.parametrize("is_aligned", [False, True])
def test_the_rate_does_not_depend_on_where_the_landscape_lies(is_aligned):
    moved = Moved(WELL, 0.7, (3.0, -2.0))
    turn = np.array([[math.cos(0.7), -math.sin(0.7)], [math.sin(0.7), math.cos(0.7)]])
    noises = [LossProportionalNoise(0.2)] * 2
    if is_aligned:
        hessians = np.array(OBLIQUE), turn @ np.array(OBLIQUE) @ turn.T
        noises = [HessianAlignedNoise.from_hessian(h, 0.1, 1) for h in hessians]
    here = plane_mean_first_passage_time(WELL, noises[0], START, BALL, n_cells=200)
    there = plane_mean_first_passage_time(
        moved, noises[1], moved.there(START), Ball(moved.there((1.0, 0.0)), 0.25), n_cells=200
    )
    # The frame moves along, so the grids are the same; the condition number is about 1e6.
    assert there.log_mean_time == pytest.approx(here.log_mean_time, abs=1e-8)


def test_a_domain_changes_nothing_as_long_as_it_holds_the_region():
    noise = LossProportionalNoise(0.2)
    free = plane_mean_first_passage_time(WELL, noise, START, BALL, n_cells=200)
    box = ((free.x.min(), free.x.max()), (free.y.min(), free.y.max()))
    margin = np.array([-0.01, 0.01])
    domain = tuple(tuple(np.array(side) + margin * np.ptp(side)) for side in box)
    held = plane_mean_first_passage_time(WELL, noise, START, BALL, n_cells=200, domain=domain)
    assert abs(held.log_mean_time - free.log_mean_time) < free.relative_error


@pytest.mark.parametrize("noise", [LossProportionalNoise(0.2), ConstantNoise(0.1)])
@pytest.mark.parametrize("n", [2, 3])
def test_the_loss_is_not_asked_for_outside_the_domain(noise, n):
    class Walled(SeparableDoubleWell):
        def loss(self, x):
            assert np.all(np.abs(x) <= 6.0)
            return super().loss(x)

    start, target = (-1.0, *[0.0] * (n - 1)), Ball((1.0, *[0.0] * (n - 1)), 0.25)
    walled, domain = Walled(WELL.floor, WELL.barrier, WELL.stiffness * (n - 1)), ((-6.0, 6.0),) * n
    options = {"n_cells": 60}
    plane_mean_first_passage_time(walled, noise, start, target, domain=domain, **options)
    with pytest.raises(AssertionError):
        plane_mean_first_passage_time(walled, noise, start, target, **options)


def test_a_domain_is_held_against_a_landscape_that_lies_askew_in_it():
    moved, noise = Moved(WELL, 0.7, (3.0, -2.0)), ConstantNoise(0.1)
    start, target = moved.there(START), Ball(moved.there((1.0, 0.0)), 0.25)
    free = plane_mean_first_passage_time(moved, noise, start, target, n_cells=100)
    visited = np.isfinite(free.mean_times)
    box = [(side[visited].min(), side[visited].max()) for side in (free.x, free.y)]
    wide = tuple((low - 0.1, high + 0.1) for low, high in box)
    held = plane_mean_first_passage_time(moved, noise, start, target, n_cells=100, domain=wide)
    assert held.log_mean_time == pytest.approx(free.log_mean_time, abs=free.relative_error)
    tight = (box[0], (box[1][0] + 0.2, box[1][1]))
    with pytest.raises(InputError, match=rf"cuts the well off: L\(.*, {tight[1][0]:.4g}\)"):
        plane_mean_first_passage_time(moved, noise, start, target, n_cells=100, domain=tight)


def test_the_field_is_zero_in_the_target_and_nowhere_longest_but_in_the_well():
    passage = plane_mean_first_passage_time(
        WELL, LossProportionalNoise(0.2), START, BALL, n_cells=100
    )
    assert passage.x.shape == passage.y.shape == passage.mean_times.shape
    inside = np.hypot(passage.x - 1.0, passage.y) <= 0.25
    assert np.all(passage.mean_times[inside] == 0)
    assert passage.rate == pytest.approx(math.exp(passage.log_rate))
    # A metastable well: the mean time is the same all over its bottom.
    bottom = np.hypot(passage.x + 1.0, passage.y) < 0.3
    np.testing.assert_allclose(passage.mean_times[bottom], passage.mean_time, rtol=0.01)
