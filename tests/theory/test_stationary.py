"""The stationary density of a quadratic valley, and the growth beyond the critical dimension."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_t

from landscape_sim.estimators import QuadraticValleyFamily
from landscape_sim.landscapes import QuadraticBowl
from landscape_sim.theory.stability import critical_dimension
from landscape_sim.theory.stationary import (
    ValleyDensity,
    discrete_log_loss_growth_rate,
    log_loss_growth_rate,
    stationary_exponent,
    time_changed_stationary_exponent,
)
from landscape_sim.validation import InputError

Z = 4.4  # false alarm 1.1e-5


@pytest.mark.parametrize("curvatures", [(2.0,), (1.0, 3.0), (0.5, 2.0, 2.0, 7.0)])
def test_density_is_a_multivariate_student_law(curvatures):
    # (1 + Σ k x²/2L*)^−φ with ν = 2φ − n degrees of freedom and the shape matrix 2L*/(ν k).
    density = ValleyDensity(3.7, 0.4, curvatures)
    freedom = 2 * 3.7 - len(curvatures)
    shape = np.diag(2 * 0.4 / (freedom * np.array(curvatures)))
    x = np.random.default_rng(0).normal(size=(20, len(curvatures)))
    loss = QuadraticBowl(0.4, curvatures).loss(tuple(x.T))
    np.testing.assert_allclose(
        density.log_density(loss),
        multivariate_t(np.zeros(len(curvatures)), shape, df=freedom).logpdf(x),
        rtol=1e-10,
    )


@pytest.mark.parametrize("n", [1, 2, 5])
def test_radial_density_is_normalised_and_its_median_is_the_quantile(n):
    density = ValleyDensity(4.0, 0.4, (2.0,) * n)
    log_ratio = density.log_loss_ratio_quantile(0.3)
    radius = math.sqrt(0.4 * math.expm1(log_ratio))
    below, _ = quad(lambda r: float(density.radial_density(r)), 0, radius)
    above, _ = quad(lambda r: float(density.radial_density(r)), radius, math.inf)
    assert below == pytest.approx(0.3, abs=1e-7)
    assert above == pytest.approx(0.7, abs=1e-7)


def test_its_normalisation_has_the_derivative_that_the_estimator_uses():
    for n in (1, 3, 6):
        at = [ValleyDensity(4.0 + s, 0.4, (2.0,) * n).log_normalisation for s in (-1e-5, 1e-5)]
        mean = -(at[1] - at[0]) / 2e-5
        assert QuadraticValleyFamily(n, 0.4).mean_log_loss(4.0) == pytest.approx(mean, rel=1e-8)


def test_the_density_exists_exactly_below_the_critical_dimension():
    temperature = 1 / 3
    assert critical_dimension(temperature) == pytest.approx(8)
    exponent = stationary_exponent(temperature)
    ValleyDensity(exponent, 1.0, (1.0,) * 7)
    with pytest.raises(InputError, match="cannot be normalised in 8 dimensions"):
        ValleyDensity(exponent, 1.0, (1.0,) * 8)
    rates = [log_loss_growth_rate(2.0, temperature, n) for n in (7, 8, 9)]
    np.testing.assert_allclose(rates, [-2 / 3, 0, 2 / 3], atol=1e-12)
    # In τ there is one power of the loss less, and the density ends two dimensions earlier.
    with pytest.raises(InputError, match="cannot be normalised"):
        ValleyDensity(time_changed_stationary_exponent(temperature), 1.0, (1.0,) * 6)


def test_growth_rate_of_the_scheme_is_that_of_its_random_factors():
    h, temperature, n, step = 1.5, 0.4, 6, 0.1
    normal = np.random.default_rng(1).normal(size=(400_000, n)) * math.sqrt(temperature * h * step)
    normal[:, 0] += 1 - h * step
    growth = np.log(np.square(normal).sum(axis=1)) / step
    exact = discrete_log_loss_growth_rate(h, temperature, n, step)
    error = growth.std() / math.sqrt(growth.size)
    assert abs(growth.mean() - exact) < Z * error
    assert abs(growth.mean() - log_loss_growth_rate(h, temperature, n)) > Z * error


def test_growth_rate_of_the_scheme_is_right_to_first_order():
    rate = log_loss_growth_rate(2.0, 0.4, 9)
    errors = [discrete_log_loss_growth_rate(2.0, 0.4, 9, dt) - rate for dt in (2e-3, 1e-3)]
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stationary_exponent(0.0), "temperature"),
        (lambda: ValleyDensity(2.0, -1.0, (1.0,)), "floor"),
        (lambda: ValleyDensity(2.0, 1.0, (0.0,)), "curvature"),
        (lambda: ValleyDensity(2.0, 1.0, ()), "at least one"),
        (lambda: ValleyDensity(3.0, 1.0, (1.0, 2.0)).radial_density(1.0), "equal curvatures"),
        (lambda: ValleyDensity(3.0, 1.0, (1.0,)).log_loss_ratio_quantile(1.0), "probability"),
        (lambda: log_loss_growth_rate(1.0, 1.0, 0), "n"),
        (lambda: discrete_log_loss_growth_rate(1.0, 1.0, 2, 0.0), "time_step"),
    ],
)
def test_refuses(call, message):
    with pytest.raises(InputError, match=message):
        call()
