"""Noise models: their matrices, the laws they lead to, and directions that are frozen.

Samples are compared within z = 4.4 standard errors (false alarm 1.1e-5 a check, seeds fixed).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest

from landscape_sim.dynamics import (
    ConstantHessianAlignedNoise,
    ConstantNoise,
    EulerMaruyama,
    HessianAlignedNoise,
    LeimkuhlerMatthews,
    LossProportionalNoise,
)
from landscape_sim.ensembles import sample_stationary, simulate_first_passage
from landscape_sim.exact.line.passage import line_mean_first_passage_time
from landscape_sim.landscapes import (
    HalfSpace,
    OutlierSection,
    QuarticDoubleWell,
    SeparableDoubleWell,
    find_escape_route,
)
from landscape_sim.validation import InputError

Z = 4.4
HESSIAN = np.array([[3.0, 1.0], [1.0, 2.0]])
WELL = QuarticDoubleWell.from_loss_ratio(2.0, 0.25)
PLANE = SeparableDoubleWell.from_loss_ratio(2.0, 0.25, (0.5,))
NOISES = [
    LossProportionalNoise(0.3),
    ConstantNoise(0.3),
    HessianAlignedNoise.from_hessian(HESSIAN, 0.2, 2),
    ConstantHessianAlignedNoise.from_hessian(HESSIAN, 0.25, 0.2, 2),
]


class TiltedBowl(NamedTuple):
    """``L = L* + ½ xᵀ H x`` with the eigenvectors of ``H`` off the axes."""

    floor: float

    def loss(self, x):
        return self.floor + 1.5 * x[0] * x[0] + x[0] * x[1] + x[1] * x[1]

    def gradient(self, x):
        return (3.0 * x[0] + x[1], x[0] + 2.0 * x[1])


@pytest.mark.parametrize("noise", NOISES)
def test_kick_spread_and_matrix_tell_the_same(noise):
    matrix = noise.matrix(2)
    np.testing.assert_allclose(matrix, matrix.T)
    columns = [noise.kick((0.0, 0.0), 1.0, tuple(e)) for e in np.eye(2)]
    root = np.array(columns).T
    np.testing.assert_allclose(root @ root.T, matrix, rtol=1e-12)
    for direction in ((1.0, 0.0), (0.6, 0.8)):
        expected = math.sqrt(np.array(direction) @ matrix @ np.array(direction))
        assert noise.spread(direction) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("noise", NOISES)
def test_the_potential_has_the_force_over_the_modulation_as_its_gradient(noise):
    bowl, x, step = TiltedBowl(0.5), np.array([0.3, -0.7]), 1e-5
    for axis, force in enumerate(bowl.gradient(x)):
        e = step * np.eye(2)[axis]
        slope = (noise.potential(bowl, x + e) - noise.potential(bowl, x - e)) / (2 * step)
        assert slope * noise.modulation(bowl, x) == pytest.approx(force, rel=1e-8)


def test_aligned_matrices_are_those_of_the_theory():
    np.testing.assert_allclose(NOISES[2].matrix(2), 0.1 * HESSIAN)
    np.testing.assert_allclose(NOISES[3].matrix(2), 0.025 * HESSIAN)
    # Without a negative eigenvalue: a flat direction has no noise.
    flat = HessianAlignedNoise.from_hessian(np.diag([2.0, 0.0]), 0.2, 2)
    assert flat.spread((0.0, 1.0)) == 0.0


def test_in_one_dimension_aligned_noise_is_isotropic_noise():
    target = HalfSpace.beyond((1.0,), seen_from=(-1.0,))
    hessian = WELL.hessian((-1.0,))
    samples = [
        simulate_first_passage(
            WELL, EulerMaruyama(noise, 0.02), (-1.0,), target, n_paths=500, max_time=1e6, seed=1
        )
        for noise in (
            HessianAlignedNoise.from_hessian(hessian, 0.125, 1),
            LossProportionalNoise(0.125 * hessian[0, 0]),
        )
    ]
    np.testing.assert_allclose(samples[0].times, samples[1].times, rtol=1e-9)


def test_constant_aligned_noise_makes_an_isotropic_stationary_law():
    # dx = −Hx dt + sqrt(2cH) dW has the covariance c I, whatever H (Lyapunov equation).
    noise = ConstantHessianAlignedNoise.from_hessian(HESSIAN, 0.5, 0.2, 1)
    drawn = sample_stationary(
        TiltedBowl(0.5),
        LeimkuhlerMatthews(noise, 0.02),
        (0.0, 0.0),
        n_paths=4000,
        n_samples=1,
        sampling_interval=0.04,
        burn_in=10.0,
        seed=2,
    )
    x = drawn.positions[:, 0, :]
    products = np.stack([x[:, 0] ** 2, x[:, 1] ** 2, x[:, 0] * x[:, 1]])
    error = products.std(axis=1) / math.sqrt(x.shape[0])
    deviation = np.abs(products.mean(axis=1) - 0.1 * np.array([1.0, 1.0, 0.0])) / error
    assert deviation.max() < Z
    # Negative control: isotropic noise of the same trace has the covariance D H^-1.
    wrong = 0.25 * np.linalg.inv(HESSIAN)
    assert np.abs(products.mean(axis=1) - wrong[[0, 1, 0], [0, 1, 1]]).max() > Z * error.max()


def test_constant_aligned_noise_leaves_along_a_line_as_in_one_dimension():
    # Under constant noise the directions of a separable landscape do not interact.
    minimum = find_escape_route(PLANE).minimum
    hessian = PLANE.hessian(minimum.position)
    noise = ConstantHessianAlignedNoise.from_hessian(hessian, minimum.loss, 0.15, 1)
    sample = simulate_first_passage(
        PLANE,
        LeimkuhlerMatthews(noise, 0.01),
        (-1.0, 0.0),
        HalfSpace.beyond((1.0, 0.0), seen_from=(-1.0, 0.0)),
        n_paths=20_000,
        max_time=1e6,
        seed=3,
    )
    error = sample.times.std() / math.sqrt(sample.times.size)
    for strength, agrees in ((0.15 * 2.0 * 0.25, True), (0.15 * 0.5 * 0.25 * 2, False)):
        exact = line_mean_first_passage_time(WELL, ConstantNoise(strength), -1.0, 1.0)
        assert bool(abs(sample.times.mean() - exact.mean_time) < Z * error) is agrees


def test_frozen_directions_leave_the_one_dimensional_problem():
    route = find_escape_route(PLANE)
    section = OutlierSection.at(PLANE, route.minimum, n_outliers=1)
    end = find_escape_route(section, start=(0.0,)).destination.position
    exact = line_mean_first_passage_time(section, LossProportionalNoise(0.25), 0.0, end[0])
    one_d = line_mean_first_passage_time(WELL, LossProportionalNoise(0.25), -1.0, 1.0)
    assert exact.mean_time == pytest.approx(one_d.mean_time, rel=1e-7)
    sample = simulate_first_passage(
        section,
        LeimkuhlerMatthews(LossProportionalNoise(0.25), 0.0025),
        (0.0,),
        HalfSpace.beyond(end, seen_from=(0.0,)),
        n_paths=20_000,
        max_time=1e6,
        seed=4,
    )
    error = sample.times.std() / math.sqrt(sample.times.size)
    assert abs(sample.times.mean() - exact.mean_time) < Z * error
    # Negative control: where the soft direction moves too, the escape is another.
    free = simulate_first_passage(
        PLANE,
        LeimkuhlerMatthews(LossProportionalNoise(0.25), 0.0025),
        (-1.0, 0.0),
        HalfSpace.beyond((1.0, 0.0), seen_from=(-1.0, 0.0)),
        n_paths=20_000,
        max_time=1e6,
        seed=4,
    )
    assert abs(free.times.mean() - exact.mean_time) > Z * error


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: HessianAlignedNoise.from_hessian([[1.0, 2.0]], 0.1, 1), "symmetric"),
        (lambda: HessianAlignedNoise.from_hessian([[1.0, 2.0], [0.0, 1.0]], 0.1, 1), "symmetric"),
        (lambda: HessianAlignedNoise.from_hessian([[-1.0]], 0.1, 1), "negative eigenvalue"),
        (lambda: HessianAlignedNoise.from_hessian([[1.0]], 0.0, 1), "learning_rate"),
        (lambda: ConstantHessianAlignedNoise.from_hessian([[1.0]], 0.0, 0.1, 1), "loss"),
        (lambda: NOISES[2].matrix(3), "directions"),
        (
            lambda: OutlierSection.at(PLANE, find_escape_route(PLANE).minimum, n_outliers=3),
            "exceeds",
        ),
    ],
)
def test_refuses_in_one_line(call, message):
    with pytest.raises(InputError, match=message) as refusal:
        call()
    assert "\n" not in str(refusal.value)
