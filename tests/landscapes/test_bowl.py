"""The quadratic bowl: derivatives, refusals, and that its flat directions do not act back."""

from __future__ import annotations

import numpy as np
import pytest

from landscape_sim.dynamics import LeimkuhlerMatthews, LossProportionalNoise
from landscape_sim.ensembles import sample_stationary
from landscape_sim.landscapes import QuadraticBowl, find_critical_points
from landscape_sim.validation import InputError

BOWL = QuadraticBowl(floor=0.7, curvatures=(1.0, 2.0, 5.0))


def test_derivatives_are_those_of_the_loss():
    x, step = np.array([0.3, -1.2, 0.4]), 1e-5
    for i, shift in enumerate(step * np.eye(3)):
        rise = BOWL.loss(tuple(x + shift)) - BOWL.loss(tuple(x - shift))
        assert BOWL.gradient(tuple(x))[i] == pytest.approx(rise / (2 * step), rel=1e-9)
        steeper = np.subtract(BOWL.gradient(tuple(x + shift)), BOWL.gradient(tuple(x - shift)))
        np.testing.assert_allclose(BOWL.hessian(tuple(x))[i], steeper / (2 * step), atol=1e-9)


def test_its_only_critical_point_is_the_minimum():
    (minimum,) = find_critical_points(BOWL)
    np.testing.assert_allclose(minimum.position, 0.0, atol=1e-9)
    assert minimum.index == 0
    assert minimum.loss == pytest.approx(0.7)


def test_coordinates_may_be_arrays():
    x = np.linspace(-1, 1, 5)
    np.testing.assert_allclose(QuadraticBowl(1.0, (2.0,)).loss((x,)), 1 + x * x)


def test_flat_directions_do_not_act_on_the_loss():
    # The paths of a bowl with a flat direction draw other random numbers, but their log-losses
    # have one law: Kolmogorov and Smirnov's test on independent paths, false alarm 1e-5.
    from scipy.stats import ks_2samp

    def last_losses(bowl, seed):
        sample = sample_stationary(
            bowl,
            LeimkuhlerMatthews(LossProportionalNoise(0.5), 0.02),
            (0.0, 0.0),
            n_paths=2000,
            n_samples=1,
            sampling_interval=5.0,
            burn_in=0.0,
            seed=seed,
        )
        return bowl.loss(tuple(np.moveaxis(sample.positions, 2, 0))).ravel()

    one_and_flat = last_losses(QuadraticBowl(1.0, (2.0, 0.0)), seed=1)
    flat_and_one = last_losses(QuadraticBowl(1.0, (0.0, 2.0)), seed=2)
    both_stiff = last_losses(QuadraticBowl(1.0, (2.0, 2.0)), seed=3)
    assert ks_2samp(one_and_flat, flat_and_one).pvalue > 1e-5
    assert ks_2samp(one_and_flat, both_stiff).pvalue < 1e-5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((0.0, 1.0, 2), "floor"), ((1.0, -1.0, 2), "curvature"), ((1.0, 1.0, 0), "dimension")],
)
def test_refuses(arguments, message):
    with pytest.raises(InputError, match=message):
        QuadraticBowl.isotropic(*arguments)
