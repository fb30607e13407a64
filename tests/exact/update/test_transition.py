"""The exact chain in discrete time against closed forms, other methods and its own limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import logsumexp
from scipy.stats import binom, loggamma, norm

from landscape_sim.exact.line.interval import interval_exit_time
from landscape_sim.exact.update.landing_law import gaussian_law, mean_of_batch, spread
from landscape_sim.exact.update.random_recursion import gaussian_regression_tail, recursion_tail
from landscape_sim.exact.update.stationary_mean import discrete_stationary_mean
from landscape_sim.exact.update.transition import (
    discrete_mean_first_passage_time,
    discrete_stationary_law,
)
from landscape_sim.models import gaussian_regression
from landscape_sim.validation import InputError


def test_spreading_keeps_four_moments():
    places, weights = np.array([3.3, 0.2, 8.9, 5.0]), np.array([0.1, 0.2, 0.3, 0.4])
    spread_weights = spread(places, weights, 11)
    for power in range(4):
        exact = weights @ places**power
        assert spread_weights @ np.arange(11.0) ** power == pytest.approx(exact, rel=1e-12)
    # Negative control: the fourth power is not kept.
    assert abs(spread_weights @ np.arange(11.0) ** 4 / (weights @ places**4) - 1) > 1e-6


@pytest.mark.parametrize("n_batch", [2, 7])
def test_the_mean_of_a_batch_is_binomial(n_batch):
    """Jumps 0 and 1: the law of the mean, by its characteristic function."""
    jumps, weights = np.array([0.0, 1.0]), np.array([0.7, 0.3])
    places, law, _ = mean_of_batch(jumps, weights, n_batch, most_atoms=10)
    counts = np.arange(n_batch + 1)
    for wave in (1.0, 3.0):
        exact = binom.pmf(counts, n_batch, 0.3) @ np.exp(1j * wave * counts / n_batch)
        # Cubic interpolation on 128 cells a deviation: n_batch (k δ)^4/40 with k δ < 0.025.
        assert abs(law @ np.exp(1j * wave * places) - exact) < 1e-7


@pytest.mark.parametrize("n_batch", [1, 3])
def test_the_law_of_a_linear_recursion(n_batch):
    """``x' = a x + mean of B jumps``: variance and fourth cumulant in closed form."""
    a = 0.6
    jumps, weights = np.array([-1.0, 0.0, 3.0]), np.array([0.5, 0.3, 0.2])
    mean = weights @ jumps
    moments = [weights @ (jumps - mean) ** k for k in (2, 3, 4)]
    law = discrete_stationary_law(
        lambda x: ((a - 1) * x + jumps, weights), mean / (1 - a), 1.0, batch_size=n_batch, reach=4.0
    )
    centre = mean / (1 - a)
    variance = moments[0] / n_batch / (1 - a**2)
    third = moments[1] / n_batch**2 / (1 - a**3)
    for power, exact in ((1, 0.0), (2, variance), (3, third)):
        found, error = law.mean(lambda x, power=power: (x - centre) ** power)
        assert abs(found - exact) <= max(error, 1e-4)


def test_a_mean_counts_the_tail_beyond_its_grid():
    """Independent draws from a Cauchy law: ``E log(1 + x²)``, ``2 log 2`` but for the quantiles.

    Half of a per cent of the law lies beyond 127 widths.
    """
    draws = np.tan(np.pi * ((np.arange(4000) + 0.5) / 4000 - 0.5))
    equal = np.full(draws.size, 1 / draws.size)
    exact = np.log1p(draws**2).mean()
    assert exact == pytest.approx(2 * np.log(2), rel=2e-3)

    def jumps(x):
        return draws - x, equal

    found = discrete_stationary_mean(jumps, lambda x: np.log1p(x**2), 0.0, 1.0)
    assert abs(found.value - exact) <= found.error < 2e-3 * exact
    # Negative control: halving the nodes of a short grid does not show what it cuts off.
    short = discrete_stationary_law(jumps, 0.0, 1.0, reach=4.0, n_nodes=161)
    mean, change = short.mean(lambda x: np.log1p(x**2))
    assert abs(mean - exact) > 10 * change


def exit_by_nystrom(a, deviation, edge, n=200):
    """Mean exit time from the middle of ``(−edge, edge)`` of a Gaussian linear recursion."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    x, w = edge * nodes, edge * weights
    kernel = norm.pdf(x[None, :], a * x[:, None], deviation) * w
    steps = np.linalg.solve(np.eye(n) - kernel, np.ones(n))
    return 1.0 + (norm.pdf(x, 0.0, deviation) * w) @ steps


@pytest.mark.parametrize(("a", "deviation"), [(0.5, 0.4), (0.9, 0.2)])
def test_exit_times_agree_with_another_discretisation(a, deviation):
    found = discrete_mean_first_passage_time(
        gaussian_law(lambda x: (a - 1) * x, lambda x: deviation), 0.0, -1.5, 1.5, n_nodes=200
    )
    tolerance = found.mean_steps * found.relative_error
    assert abs(found.mean_steps - exit_by_nystrom(a, deviation, 1.5)) <= tolerance
    # Negative control: noise that is stronger by 1 %.
    assert abs(found.mean_steps - exit_by_nystrom(a, 1.01 * deviation, 1.5)) > 10 * tolerance


def test_small_steps_make_a_diffusion():
    """``η → 0``: the exit time tends to that of the diffusion like ``sqrt η`` (overshoot)."""
    limit = interval_exit_time(lambda x: -x, lambda x: 0.3 + 0.0 * x, 0.0, -1.0, 1.0).mean_time
    excess = []
    for eta in (0.04, 0.01):
        law = gaussian_law(lambda x, e=eta: -e * x, lambda x, e=eta: np.sqrt(0.6 * e))
        time = eta * discrete_mean_first_passage_time(law, 0.0, -1.0, 1.0, n_nodes=300).mean_steps
        excess.append(time / limit - 1)
    # Halving sqrt η halves the excess, up to the next order, a relative sqrt η.
    assert excess[0] / excess[1] == pytest.approx(2.0, rel=0.2)
    assert excess[1] > 0


def test_interval_exit_of_a_drifting_motion():
    """``b = v``, ``G = D`` on ``(0, l)``: ``(l/v)[…] − x/v``, the gambler's ruin."""
    v, d, x, length = 0.7, 0.2, 0.3, 1.0
    p = (1 - np.exp(-v * x / d)) / (1 - np.exp(-v * length / d))
    found = interval_exit_time(lambda y: v + 0 * y, lambda y: d + 0 * y, x, 0.0, length)
    assert found.mean_time == pytest.approx((length * p - x) / v, rel=1e-6)


def test_the_tail_of_a_regression():
    data = gaussian_regression(dimension=1, n_samples=200_000, seed=0)
    for step in (0.5, 1.0):
        exact = gaussian_regression_tail(step=step, batch_size=1)
        growth = quad(
            lambda x, s=step: np.log(abs(1 - s * x * x)) * norm.pdf(x),
            *(-9, 9),
            points=[-(step**-0.5), step**-0.5],
            limit=200,
        )[0]
        assert exact.log_growth == pytest.approx(growth, abs=1e-6)
        data_tail = recursion_tail(1 - step * data.inputs[0] ** 2)
        assert data_tail.power == pytest.approx(exact.power, rel=0.1)  # as the data have N finite
    # E A² = 1 at η h = 2/(1 + 2/B).
    assert gaussian_regression_tail(step=4 / 3, batch_size=4).power == pytest.approx(2.0, abs=1e-8)
    power = gaussian_regression_tail(step=0.1, batch_size=1).power
    moment = quad(lambda x: abs(1 - 0.1 * x * x) ** power * norm.pdf(x), -20, 20, limit=200)[0]
    assert moment == pytest.approx(1.0, abs=1e-6)
    assert gaussian_regression_tail(step=3.9, batch_size=1).power == 0.0  # no stationary law
    # Large batches at small steps: the moment is made by a narrow peak, far out.
    for step, n in ((0.01, 1000), (0.1, 1000), (1.0, 1000)):
        power = gaussian_regression_tail(step=step, batch_size=n).power
        z = np.linspace(-6.0, 9.0, 400_001)
        log_size = np.log(np.abs(1 - step * np.exp(z)))
        log_integrand = power * log_size + loggamma.logpdf(z, n / 2, loc=math.log(2 / n))
        assert logsumexp(log_integrand) + math.log(z[1] - z[0]) == pytest.approx(0.0, abs=1e-6)
    assert recursion_tail([0.5, -0.9]).power == np.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda law: discrete_mean_first_passage_time(law, 2.0, -1.0, 1.0), "between"),
        (lambda law: discrete_mean_first_passage_time(law, 0, -1, 1, batch_size=0), "batch_size"),
        (lambda law: discrete_stationary_law(law, 0.0, -1.0), "width"),
        (lambda law: discrete_stationary_mean(law, np.square, 0.0, -1.0), "width"),
        (
            lambda law: discrete_stationary_mean(law, np.square, 0.0, 1.0, relative_error=2.0),
            "relative_error",
        ),
        (lambda law: recursion_tail([]), "multipliers"),
        (lambda law: gaussian_regression_tail(step=0.0, batch_size=1), "step"),
        (lambda law: interval_exit_time(np.zeros_like, np.zeros_like, 0, -1, 1), "diffusivity"),
        (
            lambda law: discrete_mean_first_passage_time(
                *(lambda x: (np.zeros(1), np.ones(1)), 0.0, -1.0, 1.0)
            ),
            "than the 1e\\+13 steps",
        ),
        (
            lambda law: discrete_mean_first_passage_time(
                gaussian_law(lambda x: -0.001 * x, lambda x: 1e-3), 0.0, -1.0, 1.0, n_nodes=100
            ),
            "raise the learning rate",
        ),
    ],
)
def test_refuses_in_one_line(call, message):
    with pytest.raises(InputError, match=message) as refusal:
        call(gaussian_law(lambda x: -x / 2, lambda x: 1.0))
    assert "\n" not in str(refusal.value)
