"""Quasi-stationary distributions in the plane against finite differences and closed forms."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from finite_differences import exit_rate, extrapolated
from scipy.special import j0, j1, jn_zeros

from landscape_sim.dynamics import (
    ConstantHessianAlignedNoise,
    ConstantNoise,
    HessianAlignedNoise,
    LossProportionalNoise,
)
from landscape_sim.exact.plane.committor import plane_committor
from landscape_sim.exact.plane.passage import plane_mean_first_passage_time
from landscape_sim.exact.plane.quasi_stationary import plane_quasi_stationary_distribution
from landscape_sim.landscapes import Ball, HalfSpace, SeparableDoubleWell
from landscape_sim.validation import InputError

WELL = SeparableDoubleWell.from_loss_ratio(5.0, 1.0, (8.0,))
SHALLOW = SeparableDoubleWell.from_loss_ratio(2.0, 1.0, (4.0,))
START, BALL = (-1.0, 0.0), Ball((1.0, 0.0), 0.25)
ACROSS = HalfSpace(1.0, (1.0, 0.0))
OBLIQUE = [[2.0, 0.9], [0.9, 1.0]]


@pytest.mark.parametrize(
    ("noise", "box"),
    [
        (LossProportionalNoise(0.1), ((-2.5, 1.0), (-3.0, 3.0))),
        (HessianAlignedNoise.from_hessian(OBLIQUE, 0.05, 1), ((-2.5, 1.0), (-3.0, 3.0))),
        (ConstantHessianAlignedNoise.from_hessian(OBLIQUE, 1.0, 0.1, 1), ((-2.5, 1), (-2, 2))),
    ],
)
def test_exit_rate_agrees_with_central_differences(noise, box):
    settled = plane_quasi_stationary_distribution(SHALLOW, noise, START, ACROSS, n_cells=200)
    expected, error = extrapolated(lambda n: exit_rate(SHALLOW, noise, box, n), 240)
    assert abs(settled.rate - expected) < error + settled.relative_error * expected
    assert error < 0.02 * expected
    # Negative control: a plane at a tenth of the distance short of it.
    nearer = HalfSpace(0.0, (1.0, 0.0))
    other = plane_quasi_stationary_distribution(SHALLOW, noise, START, nearer, n_cells=200)
    assert abs(other.rate - expected) > error + other.relative_error * expected


@pytest.mark.parametrize("noise", [ConstantNoise(0.1), LossProportionalNoise(0.1)])
def test_exit_rate_is_one_over_the_mean_time_where_escape_is_rare(noise):
    settled = plane_quasi_stationary_distribution(WELL, noise, START, BALL, n_cells=200)
    passage = plane_mean_first_passage_time(WELL, noise, START, BALL, n_cells=200)
    # They differ by rate × relaxation time, here the barrier's own of a few 1/4.
    allowed = 4 * passage.rate + settled.relative_error + passage.relative_error
    assert settled.log_rate == pytest.approx(passage.log_rate, abs=allowed)
    # ... and less than by that only within the error: the distribution never sits still.
    assert settled.rate > passage.rate * (1 - settled.relative_error - passage.relative_error)


@pytest.mark.parametrize("noise", [ConstantNoise(0.15), LossProportionalNoise(0.1)])
def test_density_of_reversible_noise_is_the_stationary_one_times_the_way_back(noise):
    """Metastable: ``p ∝ e^{−U/T}/s (1 − q)``, up to rate × relaxation time."""
    settled = plane_quasi_stationary_distribution(WELL, noise, START, BALL, n_cells=200)
    committor = plane_committor(WELL, noise, Ball(START, 0.25), BALL, n_cells=200)
    place = settled.x, settled.y
    relevant = settled.density > 1e-6 * np.nanmax(settled.density)
    relevant &= committor.values < 0.9
    stationary = np.exp(-noise.potential(WELL, place) / noise.matrix(2)[0, 0])
    stationary = stationary / noise.modulation(WELL, place)
    expected = (stationary * (1 - committor.values))[relevant]
    found = settled.density[relevant]
    ratio = found / expected * (expected[found.argmax()] / found.max())
    np.testing.assert_allclose(ratio, 1.0, atol=0.01)


def test_density_integrates_to_one():
    settled = plane_quasi_stationary_distribution(
        WELL, LossProportionalNoise(0.2), START, ACROSS, n_cells=400
    )
    whole = np.trapezoid(
        np.trapezoid(np.nan_to_num(settled.density), settled.y[0], axis=1), settled.x[:, 0]
    )
    # The trapezoidal rule leaves out half a cell along the plane, where the density vanishes.
    assert whole == pytest.approx(1.0, abs=1e-3)
    assert np.all(settled.density[settled.x >= 1.0] == 0.0)


class Disc(NamedTuple):
    """A flat loss, and everything outside the unit circle as target."""

    dimension = 2

    def loss(self, x):
        return 1.0 + 0.0 * x[0]

    def gradient(self, x):
        return (0.0 * x[0], 0.0 * x[1])

    def search_box(self):
        return ((-1.0, 1.0), (-1.0, 1.0))

    def distance(self, x):
        return 1.0 - np.sqrt(x[0] * x[0] + x[1] * x[1])

    def direction(self, x):
        r = np.hypot(*x)
        return (x[0] / r, x[1] / r)


def test_a_flat_disc_empties_at_the_square_of_a_bessel_zero():
    settled = plane_quasi_stationary_distribution(
        Disc(), ConstantNoise(0.3), (0.3, 0.4), Disc(), n_cells=200
    )
    zero = jn_zeros(0, 1)[0]
    exact = 0.3 * zero**2
    assert abs(settled.rate / exact - 1) < settled.relative_error
    assert settled.relative_error < 1e-3
    r = np.hypot(settled.x, settled.y)
    shape = np.where(r < 1, j0(zero * r), 0.0) * zero / (2 * math.pi * j1(zero))
    # The field is not extrapolated: two hundred cells leave (1/100)² times a few.
    np.testing.assert_allclose(settled.density[r < 0.98], shape[r < 0.98], atol=1e-3)


class Strip(NamedTuple):
    """Everything further than ``edge`` from the second axis."""

    edge: float
    dimension = 2

    def distance(self, x):
        return self.edge - np.abs(x[0])

    def direction(self, x):
        return (float(np.sign(x[0])), 0.0)


def test_refuses_two_wells_that_drain_alike():
    # A slope of 1e-9 between them: one drains slower by 1e-8, and few paths cross the barrier.
    class Tilted(SeparableDoubleWell):
        def loss(self, x):
            return super().loss(x) + 1e-9 * x[0]

    well = Tilted(0.25, 3.3, (8.0,))
    with pytest.raises(InputError, match="equally fast") as refusal:
        plane_quasi_stationary_distribution(
            well, ConstantNoise(0.1), START, Strip(1.3), n_cells=100
        )
    assert "\n" not in str(refusal.value)
