"""``η → 0`` at fixed ``B/η``: the Gaussian chain tends to the radial solution, and SGD does not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from landscape_sim.comparison.sgd.small_steps import SmallSteps, extrapolate_to_zero
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.ensembles.sgd import simulate_sgd_first_passage
from landscape_sim.exact.line.regression_radial import regression_passage_time
from landscape_sim.models import LossLevel, gaussian_regression
from landscape_sim.validation import InputError

#: Two-sided false-alarm rate 1.1e-5 a comparison.
Z = 4.4
LINE = gaussian_regression(dimension=1, n_samples=2000, seed=0)
CASE = SmallSteps(LINE, samples_per_time=10.0, loss_ratio=1.2)


def gaussian_limit(case):
    rates = (0.01, 0.02, 0.04, 0.08, 0.16)
    return extrapolate_to_zero(rates, [case.gaussian_time(eta) for eta in rates])


@pytest.mark.parametrize(("q", "c"), [(5.0, 1.5), (10.0, 1.2)])
def test_gaussian_noise_tends_to_the_radial_solution(q, c):
    case = SmallSteps(LINE, q, c)
    limit, radial = gaussian_limit(case), case.radial_time()
    assert limit.error < 0.05 * radial
    assert abs(limit.value - radial) < limit.error
    # Negative control: the noise of another temperature.
    assert abs(limit.value - SmallSteps(LINE, 0.9 * q, c).radial_time()) > limit.error


def test_sgd_does_not():
    """From ``B = 1, 2, 4, 8`` its mean time extrapolates to something else, by many errors."""
    sizes = (1, 2, 4, 8)
    rates = [size / CASE.samples_per_time for size in sizes]
    times = [CASE.sgd_time(size) for size in sizes]
    sgd, radial = extrapolate_to_zero(rates, times), CASE.radial_time()
    assert sgd.value - radial > 5 * sgd.error
    assert min(times) > 1.5 * radial
    # Its departure from the Gaussian chain is larger the smaller η: q η is the batch size.
    excess = [time / CASE.gaussian_time(eta) - 1 for eta, time in zip(rates, times, strict=True)]
    assert excess[0] > excess[1] > excess[2] > 0


def poisson_passages(case, mean_batch, n_paths, rng):
    """Times with batches of random size ``K ~ Poisson(q η)`` and steps ``−Σ ∇ℓ_μ/q``."""
    q, eta = case.samples_per_time, mean_batch / case.samples_per_time
    x, y = case.data.inputs[0], case.data.targets
    (centre,), floor = case.data.landscape.centre, case.data.landscape.floor
    position, times = np.full(n_paths, centre), np.zeros(n_paths)
    running = np.arange(n_paths)
    while running.size:
        here = position[running]
        sizes = rng.poisson(mean_batch, running.size)
        total = np.zeros(running.size)
        for k in range(sizes.max(initial=0)):
            i = rng.integers(0, x.size, running.size)
            total += np.where(sizes > k, (here * x[i] - y[i]) * x[i], 0.0)
        position[running] = here - total / q
        times[running] += eta
        loss = case.data.landscape.loss((position[running],))
        running = running[loss < case.loss_ratio * floor]
    return times


def test_batches_below_one_lead_to_the_time_of_batches_of_one():
    """The limit of SGD is the process of single kicks: the mean time of ``B = 1``, exactly.

    At a mean batch of ``b`` the time differs by ``O(b)``: two kicks in one step, and the clock.
    """
    rng, n_paths = np.random.default_rng(1), 20_000
    batches = np.array([0.125, 0.25, 0.5])
    samples = [poisson_passages(CASE, b, n_paths, rng) for b in batches]
    means, errors = (
        np.array([f(sample) for sample in samples])
        for f in (np.mean, lambda sample: sample.std() / math.sqrt(n_paths))
    )
    coefficients, covariance = np.polyfit(batches, means, 1, w=1 / errors, cov="unscaled")
    # The next order: what the last batch bends away from the line of the first two.
    bend = abs(np.polyfit(batches, means, 2)[0]) * batches[0] * batches[1]
    limit, error = coefficients[1], Z * math.sqrt(covariance[1, 1]) + bend
    assert abs(limit - CASE.sgd_time(1)) < error < 0.1 * limit
    # Negative control: the diffusion's time.
    assert abs(limit - CASE.radial_time()) > 5 * error


def gaussian_passages(d, temperature, c, eta, n_paths, rng):
    """Times of ``u' = u − η u + (η T Σ)^½ ξ`` with ``Σ = 2 L + u uᵀ``, ``h = 1`` and ``L* = ½``."""
    position, times = np.zeros((n_paths, d)), np.zeros(n_paths)
    running = np.arange(n_paths)
    while running.size:
        u = position[running]
        square = np.sum(u**2, axis=1, keepdims=True)
        along, across = rng.normal(size=(running.size, 1)), rng.normal(size=u.shape)
        kick = np.sqrt(1.0 + square) * across + u * along  # 2 L = 1 + u²
        u = u - eta * u + math.sqrt(eta * temperature) * kick
        position[running] = u
        times[running] += eta
        running = running[np.sum(u**2, axis=1) < c - 1.0]
    return times


def weighted_limit(rates, means, errors, order):
    coefficients, covariance = np.polyfit(
        np.sqrt(rates), means, order, w=1 / errors, cov="unscaled"
    )
    return coefficients[-1], math.sqrt(covariance[-1, -1])


@pytest.mark.parametrize("d", [2, 4])
def test_gaussian_noise_tends_to_the_radial_solution_in_more_dimensions(d):
    """Error: the scatter of the paths, and the change under one order less of the polynomial."""
    temperature, c, n_paths, rng = 0.2, 1.6, 20_000, np.random.default_rng(2)
    rates = np.array([0.01, 0.02, 0.04, 0.08, 0.16])
    samples = [gaussian_passages(d, temperature, c, eta, n_paths, rng) for eta in rates]
    means = np.array([sample.mean() for sample in samples])
    errors = np.array([sample.std() for sample in samples]) / math.sqrt(n_paths)
    limit, noise = weighted_limit(rates, means, errors, 2)
    error = Z * noise + abs(limit - weighted_limit(rates, means, errors, 1)[0])
    radial = regression_passage_time(
        c, temperature=temperature, curvature=1.0, dimension=d
    ).mean_time
    assert abs(limit - radial) < error < 0.25 * radial
    # Negative control: the shortest steps, not extrapolated.
    assert means[0] - radial > 2 * Z * errors[0]
    # Negative control: without the second term of Σ, or of another dimension.
    other = regression_passage_time(c, temperature=temperature, curvature=1.0, dimension=d + 2)
    assert abs(limit - other.mean_time) > error


def test_sgd_agrees_where_kicks_become_many_and_small():
    """``B = 1``, ``c − 1 = 2 η``: the level is at two deviations, and needs ever more kicks.

    This is ``η → 0`` at a fixed *batch*: then SGD is a diffusion, in one dimension exactly and
    in three by simulation.
    """
    rates = np.array([0.00625, 0.0125, 0.025, 0.05, 0.1])
    line = gaussian_regression(dimension=1, n_samples=20_000, seed=0)
    ratios = [
        case.sgd_time(1) / case.radial_time()
        for case in (SmallSteps(line, 1 / eta, 1 + 2 * eta) for eta in rates)
    ]
    exact = extrapolate_to_zero(rates, ratios)
    assert abs(exact.value - 1) < exact.error < 0.05
    data, d, n_paths = gaussian_regression(dimension=3, n_samples=20_000, seed=0), 3, 20_000
    landscape, means, errors = data.landscape, [], []
    for eta in rates:
        level = LossLevel.of_ratio(landscape, 1 + 2 * eta, landscape.floor)
        times = simulate_sgd_first_passage(
            *(data, SGD(float(eta), 1), landscape.centre, level),
            n_paths=n_paths,
            max_time=1e4,
            seed=3,
        ).times
        radial = regression_passage_time(
            1 + 2 * float(eta), temperature=float(eta), curvature=1.0, dimension=d
        ).mean_time
        means.append(times.mean() / radial)
        errors.append(times.std() / radial / math.sqrt(n_paths))
    limit, noise = weighted_limit(rates, means, np.array(errors), 2)
    error = Z * noise + abs(limit - weighted_limit(rates, means, np.array(errors), 1)[0])
    assert abs(limit - 1) < error < 0.15
    # Negative control: not extrapolated.
    assert min(means) - 1 > error


@pytest.mark.parametrize(("q", "c", "d"), [(0.0, 1.5, 1), (5.0, 1.0, 1), (5.0, 1.5, 2)])
def test_refuses(q, c, d):
    with pytest.raises(InputError):
        SmallSteps(gaussian_regression(dimension=d, n_samples=100, seed=0), q, c)
