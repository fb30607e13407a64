"""Data sets: closed-form loss, exact gradient noise, and what is refused."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
import pytest

from landscape_sim.dynamics import EulerMaruyama, LossProportionalNoise
from landscape_sim.ensembles import simulate_first_passage
from landscape_sim.exact.line.radial import radial_mean_first_passage_time
from landscape_sim.landscapes import Outside, QuadraticBowl, find_critical_points
from landscape_sim.models import (
    DataSet,
    LinearModel,
    LossLevel,
    TwoPhaseModel,
    gaussian_regression,
    phase_regression,
    rank_one_regression,
)
from landscape_sim.validation import InputError


def two_phases():
    """Return two phases around the circle, with both signs of the label noise."""
    angles, signs = np.pi / 3 * np.arange(6), np.array([-0.7, 0.7])
    parts = np.meshgrid(angles, angles, signs)
    first, second, noise = (part.ravel() for part in parts)
    targets = np.sin(first) + np.sin(second) + noise
    return DataSet(TwoPhaseModel(), np.stack([first, second]), targets)


SETS = {
    "linear": (gaussian_regression(dimension=3, n_samples=50, seed=1), (0.3, -0.8, 1.1)),
    "phase": (phase_regression(label_noise=0.7, n_samples=50, seed=2), (0.9,)),
    "rank one": (
        rank_one_regression(signal=1.2, label_noise=0.5, n_samples=50, seed=3),
        (0.8, -1.3),
    ),
    "two phases": (two_phases(), (0.7, -2.1)),
}
EVERY = pytest.mark.parametrize(("data", "position"), SETS.values(), ids=SETS.keys())


@EVERY
def test_landscape_is_the_mean_over_samples(data, position):
    landscape = data.landscape
    assert landscape.loss(position) == pytest.approx(data.sample_losses(position).mean(), rel=1e-12)
    np.testing.assert_allclose(
        landscape.gradient(position), data.sample_gradients(position).mean(axis=1), atol=1e-12
    )


@EVERY
def test_derivatives_are_those_of_the_loss(data, position):
    """Central differences: error ``h² L'''/6 ≈ 1e-8``, rounding ``1e-16/h ≈ 1e-12``."""
    step, unit = 1e-4, np.eye(len(position))

    def difference(function):
        x = np.array(position)
        return np.array(
            [
                (np.array(function(tuple(x + step * e))) - function(tuple(x - step * e)))
                / (2 * step)
                for e in unit
            ]
        )

    landscape = data.landscape
    np.testing.assert_allclose(landscape.gradient(position), difference(landscape.loss), atol=1e-6)
    np.testing.assert_allclose(
        landscape.hessian(position), difference(landscape.gradient), atol=1e-6
    )


def covariance_by_enumeration(data, position, batch_size, with_replacement):
    gradients = data.sample_gradients(position).T
    batches = (
        itertools.product(range(data.n_samples), repeat=batch_size)
        if with_replacement
        else itertools.combinations(range(data.n_samples), batch_size)
    )
    means = np.array([gradients[list(batch)].mean(axis=0) for batch in batches])
    return np.atleast_2d(np.cov(means.T, bias=True))


@pytest.mark.parametrize("with_replacement", [True, False])
def test_noise_covariance_is_that_of_all_batches(with_replacement):
    data = gaussian_regression(dimension=2, n_samples=7, seed=4)
    found = data.noise_covariance((0.4, -0.2), 3, with_replacement=with_replacement)
    exact = covariance_by_enumeration(data, (0.4, -0.2), 3, with_replacement)
    np.testing.assert_allclose(found, exact, rtol=1e-12)
    # Negative control: the other way of drawing has another covariance.
    other = covariance_by_enumeration(data, (0.4, -0.2), 3, not with_replacement)
    assert np.abs(found / other - 1).min() > 0.2


def test_phase_regression_has_the_landscape_of_its_population():
    """``L = ½(1 − cos θ) + σ²/2`` to some standard errors, ``O(N^−1/2)``."""
    data = phase_regression(label_noise=1.0, n_samples=400_000, seed=5)
    theta = np.linspace(0, 6, 13)
    losses = data.landscape.loss((theta,))
    error = 5 / np.sqrt(data.n_samples)  # the standard deviation of a sample's loss is about one
    np.testing.assert_allclose(losses, 0.5 * (1 - np.cos(theta)) + 0.5, atol=error)
    minima = [p for p in find_critical_points(data.landscape) if p.index == 0]
    assert len(minima) >= 2
    assert minima[1].position[0] - minima[0].position[0] == pytest.approx(2 * np.pi, abs=1e-6)


def test_rank_one_has_a_saddle_between_two_valleys():
    data = rank_one_regression(signal=1.0, label_noise=0.5, n_samples=1000, seed=6)
    landscape, (u,) = data.landscape, data.landscape.centre
    np.testing.assert_allclose(landscape.gradient((0.0, 0.0)), 0.0, atol=1e-15)
    low, high = np.linalg.eigvalsh(landscape.hessian((0.0, 0.0)))
    assert low == pytest.approx(-high)
    assert high == pytest.approx(landscape.moments[0][0] * u)
    for sign in (1, -1):
        assert landscape.loss((2 * sign, u / (2 * sign))) == pytest.approx(landscape.floor)


def test_targets_measure_what_they_say():
    data, _ = SETS["linear"]
    landscape = data.landscape
    level = LossLevel.of_ratio(landscape, 2.0, landscape.floor)
    assert level.dimension == 3
    assert level.shortfall().distance(landscape.centre) == pytest.approx(landscape.floor)
    outside = Outside((0.0, 0.0), 5.0)
    assert outside.distance((3.0, 4.0)) == pytest.approx(0.0)
    assert outside.direction((0.0, 2.0)) == (0.0, 1.0)


def test_the_distance_to_a_level_is_a_length():
    """Near the level it is what is left to go along ``direction``, on any scale of the loss."""
    for floor, h in ((0.5, 1.0), (3.0, 40.0)):
        bowl = QuadraticBowl.isotropic(floor, h, 2)
        level = LossLevel.of_ratio(bowl, 2.0, floor)
        radius = np.sqrt(2 * floor / h)
        for gap in (1e-3, -1e-3):
            x = ((radius - gap * radius) * 0.6, (radius - gap * radius) * 0.8)
            # To first order: the next is gap²/2 in units of the radius.
            assert level.distance(x) / radius == pytest.approx(gap, abs=gap**2)
            np.testing.assert_allclose(level.direction(x), (0.6, 0.8), rtol=1e-12)
            assert np.sign(level.shortfall().distance(x)) == np.sign(gap)


class Rise(NamedTuple):
    """Negative control: what the loss still has to rise, taken for a distance."""

    level: LossLevel

    @property
    def dimension(self) -> int:
        return 1

    def distance(self, x: Any) -> Any:
        return self.level.level - self.level.landscape.loss(x)

    def direction(self, x: Any) -> Any:
        return self.level.direction(x)


@pytest.mark.slow
def test_a_level_of_the_loss_is_a_target_like_any_other():
    """The schemes shift a boundary by a length: a level and its sphere take the same time.

    The distance to the level is of first order: at a shift ``δ = 0.58 σ sqrt dt`` it is too large
    by ``δ²/2R``, which moves the logarithm of the time by so much times its derivative.
    """
    temperature, h, c, step = 0.2, 4.0, 1.8, 0.0025
    bowl, noise = QuadraticBowl.isotropic(0.5, h, 1), LossProportionalNoise(temperature)
    radius = float(np.sqrt((c - 1) / h))
    level = LossLevel.of_ratio(bowl, c, 0.5)

    def mean_time(target):
        return simulate_first_passage(
            bowl,
            EulerMaruyama(noise, step),
            (0.0,),
            target,
            n_paths=4000,
            max_time=1e4,
            seed=1,
        ).times.mean()

    def log_time(r):
        return radial_mean_first_passage_time(bowl, noise, r).log_mean_time

    shift = 0.58 * np.sqrt(2 * temperature * c * 0.5 * step)
    slope = (log_time(1.01 * radius) - log_time(0.99 * radius)) / (0.02 * radius)
    sphere = mean_time(Outside((0.0,), radius))
    # The paths are the same, so that no noise is in the comparison; twice for higher orders.
    tolerance = 2 * slope * shift**2 / (2 * radius)
    assert abs(np.log(mean_time(level) / sphere)) < tolerance < 0.02
    assert abs(np.log(mean_time(Rise(level)) / sphere)) > tolerance


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gaussian_regression(dimension=5, n_samples=5, seed=0), "d = 5"),
        (lambda: gaussian_regression(dimension=0, n_samples=5, seed=0), "dimension"),
        (lambda: phase_regression(label_noise=0.0, n_samples=5, seed=0), "label_noise"),
        (lambda: SETS["linear"][0].require_batch_size(51), "batch_size 51 exceeds the 50"),
        (lambda: LossLevel.of_ratio(SETS["linear"][0].landscape, 0.9, 0.5), "0.9 L"),
        (lambda: DataSet(LinearModel(1), np.ones((1, 3)), np.ones(2)), "shape"),
        (lambda: DataSet(LinearModel(1), np.full((1, 3), np.nan), np.ones(3)), "finite"),
        (lambda: DataSet(LinearModel(2), np.ones((2, 5)), np.ones(5)).landscape, "dependent"),
        (lambda: DataSet(LinearModel(2), np.ones((2, 2)), np.ones(2)), "d ≥ N"),
    ],
)
def test_refuses_in_one_line(call, message):
    with pytest.raises(InputError, match=message) as refusal:
        call()
    assert "\n" not in str(refusal.value)


def test_two_phases_have_the_loss_that_they_say():
    first, second = position = SETS["two phases"][1]
    data = SETS["two phases"][0]
    loss = 1.0 - 0.5 * (np.cos(first) + np.cos(second)) + 0.5 * 0.7**2
    assert data.landscape.loss(position) == pytest.approx(loss, rel=1e-12)
    # Negative control: the gradients are no pair of independent ones.
    crossed = data.noise_covariance(position, 1, with_replacement=True)[0, 1]
    assert abs(crossed) > 0.01
