"""Stationary samples against the known density ``L^−(1+1/T)``, by every scheme."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

from landscape_sim.dynamics import (
    EulerMaruyama,
    LeimkuhlerMatthews,
    LossProportionalNoise,
    Milstein,
    TimeChangedEuler,
)
from landscape_sim.ensembles import sample_stationary
from landscape_sim.landscapes import QuarticDoubleWell, SeparableDoubleWell
from landscape_sim.validation import InputError

Z = 4.4
TEMPERATURE = 0.4
WELL = QuarticDoubleWell.from_loss_ratio(2.5, 0.25)


def second_moment(exponent):
    """``⟨x²⟩`` under the density ``L^−exponent``."""

    def integral(power):
        return quad(lambda x: x**power * WELL.loss((x,)) ** -exponent, -40, 40, points=[-1, 1])[0]

    return integral(2) / integral(0)


def sample(scheme, time_step, **change):
    settings = {"n_paths": 640, "n_samples": 400, "burn_in": 100.0, "seed": 4, **change}
    interval = settings.pop("sampling_interval", 1.0)
    return sample_stationary(
        settings.pop("landscape", WELL),
        scheme(LossProportionalNoise(TEMPERATURE), time_step),
        settings.pop("start", (-1.0,)),
        sampling_interval=interval,
        **settings,
    )


def deviation(per_path, exact):
    """Deviation of the mean over independent paths, in standard errors."""
    return (per_path.mean() - exact) / (per_path.std(ddof=1) / math.sqrt(per_path.size))


def over_t(drawn):
    square = drawn.weights * drawn.positions[:, :, 0] ** 2
    return square.sum(axis=1) / drawn.weights.sum(axis=1)


@pytest.mark.parametrize(
    ("scheme", "time_step"),
    [
        (EulerMaruyama, 0.002),
        (Milstein, 0.002),
        (TimeChangedEuler, 0.0005),
        (LeimkuhlerMatthews, 0.005),
    ],
)
def test_density_in_t(scheme, time_step):
    direct = scheme in (EulerMaruyama, Milstein)
    drawn = sample(scheme, time_step, sampling_interval=2.0 if direct else 0.4)
    assert abs(deviation(over_t(drawn), second_moment(1 + 1 / TEMPERATURE))) < Z
    assert abs(deviation(over_t(drawn), second_moment(1 / TEMPERATURE))) > Z


def test_density_in_tau_is_that_without_weights():
    drawn = sample(LeimkuhlerMatthews, 0.005)
    per_path = (drawn.positions[:, :, 0] ** 2).mean(axis=1)
    assert abs(deviation(per_path, second_moment(1 / TEMPERATURE))) < Z


def test_leimkuhler_matthews_is_right_where_euler_is_not():
    coarse, exact = 0.02, second_moment(1 + 1 / TEMPERATURE)
    assert abs(deviation(over_t(sample(LeimkuhlerMatthews, coarse, n_paths=1600)), exact)) < Z
    assert abs(deviation(over_t(sample(TimeChangedEuler, coarse, n_paths=1600)), exact)) > Z


def test_a_path_depends_on_seed_and_number_alone():
    one = sample(EulerMaruyama, 0.05, n_threads=1, n_paths=70)
    two = sample(EulerMaruyama, 0.05, n_threads=2, n_paths=40)
    np.testing.assert_array_equal(one.positions[:40], two.positions)
    assert one.positions.shape == (70, 400, 1)
    assert one.path_steps == 70 * (400 + 100) * 20
    # What is skipped as burn-in is what would have come first.
    later = sample(EulerMaruyama, 0.05, n_paths=40, burn_in=150.0, n_samples=350)
    np.testing.assert_array_equal(later.positions, two.positions[:, 50:])


def test_in_three_dimensions_and_with_progress():
    seen: list[int] = []
    drawn = sample(
        LeimkuhlerMatthews,
        0.005,
        landscape=SeparableDoubleWell.from_loss_ratio(2.5, 0.25, (1.0, 2.0)),
        start=(-1.0, 0.0, 0.0),
        progress=seen.append,
    )
    # Each parabola pulls its coordinate back in proportion to its stiffness.
    y, z = (drawn.positions[:, :, i] ** 2 for i in (1, 2))
    assert abs(deviation((y - 2 * z).mean(axis=1), 0.0)) < Z
    assert abs(deviation((y - z).mean(axis=1), 0.0)) > Z
    assert seen[-1] == 640


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_samples": 0}, "n_samples"),
        ({"burn_in": -1.0}, "burn_in"),
        ({"sampling_interval": 0.0}, "sampling_interval"),
        ({"start": (-1.0,) * 65}, "1 to 64"),
        ({"landscape": QuarticDoubleWell(-0.01, 0.25)}, "loss at the start"),
    ],
)
def test_refuses(change, message):
    with pytest.raises(InputError, match=message):
        sample(EulerMaruyama, 0.05, **change)


def test_milstein_is_refused_in_two_dimensions():
    well = SeparableDoubleWell.from_loss_ratio(2.5, 0.25, (1.0,))
    with pytest.raises(InputError, match="one dimension"):
        sample(Milstein, 0.05, landscape=well, start=(-1.0, 0.0))
