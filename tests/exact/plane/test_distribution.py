"""The law of a first-passage time: closed forms, simulation, and when it is exponential.

Deterministic comparisons allow the error that the result states, and no more. Samples are held
against the exact survival curve by Kolmogorov and Smirnov's statistic at a false-alarm rate of
1e-5 a check (Dvoretzky, Kiefer and Wolfowitz's bound), seeds fixed.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import cumulative_simpson

import landscape_sim as ls

ALARM = 1e-5
WELL = ls.QuarticDoubleWell.from_loss_ratio(3.0, 0.25)
LEFT, RIGHT = (-1.0,), ls.HalfSpace(1.0, (1.0,))
FLAT = ls.QuadraticBowl(1.0, (1e-12,))


def relative(found, expected, law):
    return abs(found / expected - 1.0) / law.relative_error


def ball(n):
    return (-1.0, *[0.0] * (n - 1)), ls.Ball((1.0, *[0.0] * (n - 1)), 0.4)


@pytest.mark.parametrize("start", [0.0, 0.5])
def test_brownian_motion_leaves_an_interval_as_its_series_says(start):
    law = ls.passage_time_distribution(
        FLAT, ls.ConstantNoise(1.0), (start,), ls.Outside((0.0,), 1.0), times=[0.02, 0.1, 0.5, 2.0]
    )
    mean, variance = (1.0 - start**2) / 2, (1.0 - start**4) / 6
    assert relative(law.mean_time, mean, law) < 1
    assert relative(law.coefficient_of_variation, math.sqrt(variance) / mean, law) < 1
    assert relative(law.exit_rate, math.pi**2 / 4, law) < 1
    # From the middle the second mode is silent, and an eigenvalue all the same.
    assert relative(law.relaxation_rate, math.pi**2, law) < 1
    k = 2 * np.arange(200) + 1
    modes = 4 / (math.pi * k) * (-1.0) ** np.arange(200) * np.cos(k * math.pi * start / 2)
    assert law.amplitude == pytest.approx(modes[0], abs=1e-5)
    expected = np.exp(-np.multiply.outer(law.times, (k * math.pi / 2) ** 2)) @ modes
    assert (np.abs(law.survival - expected) < law.survival_error).all()
    assert law.survival_error.max() < 1e-5
    # Negative control: the exponential law of the same mean.
    assert (np.abs(law.survival - np.exp(-law.times / mean)) > 100 * law.survival_error).all()


def test_the_variance_is_that_of_the_second_moment_by_quadrature():
    # E T² = 2 ∫ ds ∫ dm u, with the scale and speed measures of log L and the mean times u.
    temperature = 0.5
    law = ls.passage_time_distribution(WELL, ls.LossProportionalNoise(temperature), LEFT, RIGHT)
    x = np.linspace(-12.0, 1.0, 40_001)
    loss = WELL.loss((x,))
    scale, speed = loss ** (1 / temperature), loss ** -(1 + 1 / temperature) / temperature

    def passage(source):
        inner = cumulative_simpson(speed * source, x=x, initial=0.0)
        outer = cumulative_simpson(scale * inner, x=x, initial=0.0)
        return outer[-1] - outer

    mean = passage(np.ones_like(x))
    square = passage(2.0 * mean)
    at = np.argmin(np.abs(x + 1.0))
    expected = math.sqrt(square[at] / mean[at] ** 2 - 1.0)
    assert relative(law.coefficient_of_variation, expected, law) < 1


@pytest.mark.parametrize("temperature", [1.0, 0.2, 0.05])
def test_the_mean_is_that_of_the_quadrature(temperature):
    noise = ls.LossProportionalNoise(temperature)
    law = ls.passage_time_distribution(WELL, noise, LEFT, RIGHT)
    quadrature = ls.mean_first_passage_time(WELL, noise, LEFT, RIGHT)
    # The tail behind the well that the grid leaves out is below 1e-8 of the whole.
    assert law.log_mean_time == pytest.approx(quadrature.log_mean_time, abs=1e-7)


def test_the_rarer_the_more_exponential():
    laws = [
        ls.passage_time_distribution(WELL, ls.LossProportionalNoise(t), LEFT, RIGHT)
        for t in (1.0, 0.5, 0.2, 0.05, 0.015)
    ]
    memories = [law.memory for law in laws]
    assert sorted(memories, reverse=True) == memories
    assert memories[-1] < 1e-30
    for law in laws:
        # All deviations are of the order of λ_1/λ_2: less than ten of it, while λ_1 falls by 32
        # decades. (The way over the saddle takes some log(1/T) relaxation times.)
        of_order = 10.0 * law.memory + law.relative_error
        assert abs(math.log(law.exit_rate) + law.log_mean_time) < of_order
        assert abs(law.coefficient_of_variation - 1.0) < of_order
        gap = np.abs(law.survival - np.exp(-law.times / law.mean_time))
        assert (gap < of_order + law.survival_error).all()
    # Negative control: over a low barrier the law is another, and is seen to be.
    assert 1.0 - laws[0].coefficient_of_variation > 1000.0 * laws[0].relative_error


@pytest.mark.parametrize(
    ("n", "noise"),
    [
        (1, ls.LossProportionalNoise(0.5)),
        (2, ls.HessianAlignedNoise.from_hessian(np.diag([2.0, 1.0]), 0.5, 1)),
        (3, ls.LossProportionalNoise(0.5)),
    ],
)
def test_agrees_with_simulated_times(n, noise):
    well = WELL if n == 1 else ls.SeparableDoubleWell.from_loss_ratio(3.0, 0.25, (1.0,) * (n - 1))
    start, target = (LEFT, RIGHT) if n == 1 else ball(n)
    sample = ls.simulate_first_passage(
        well, ls.EulerMaruyama(noise, 0.002), start, target, n_paths=5_000, max_time=1e6, seed=2
    )
    times = np.sort(sample.times)
    law = ls.passage_time_distribution(
        well, noise, start, target, times=times[::50].tolist(), n_cells=120
    )
    empirical = 1.0 - np.arange(len(times))[::50] / len(times)
    allowed = math.sqrt(math.log(2.0 / ALARM) / (2.0 * len(times))) + law.survival_error.max()
    assert np.abs(law.survival - empirical).max() < allowed
    # Negative control: no path leaves early, and the exponential law of this mean has some do so.
    exponential = np.exp(-law.times / law.mean_time)
    assert np.abs(exponential - empirical).max() > allowed


def test_two_barriers_in_a_row_are_not_forgotten():
    # Of three equal wells the middle one is left to either side: a chain of two states, whose
    # rates the passages between neighbours have. Its law follows from the two eigenvalues.
    triple = ls.Landscape.from_expression("0.1 + 1.6875*x**2*(x**2 - 1)**2", "x")
    noise = ls.LossProportionalNoise(0.08)
    law = ls.passage_time_distribution(triple, noise, LEFT, RIGHT)
    inwards = ls.mean_first_passage_time(triple, noise, LEFT, ls.HalfSpace(0.0, (1.0,))).rate
    outwards = ls.mean_first_passage_time(triple, noise, (0.0,), ls.Outside((0.0,), 1.0)).rate / 2
    chain = np.array([[-inwards, inwards], [outwards, -2.0 * outwards]])
    slow, fast = np.sort(-np.linalg.eigvals(chain))
    # Up to the time that a passage takes, over that in a well.
    assert law.exit_rate == pytest.approx(slow, rel=0.01)
    assert law.relaxation_rate == pytest.approx(fast, rel=0.01)
    times = np.linalg.solve(chain, -np.ones(2))
    squares = np.linalg.solve(chain, -2.0 * times)
    spread = math.sqrt(squares[0] / times[0] ** 2 - 1.0)
    assert law.coefficient_of_variation == pytest.approx(spread, rel=0.01)
    assert law.memory > 0.05
    assert law.coefficient_of_variation < 0.95


@pytest.mark.parametrize("times", [[0.0], [-1.0], [math.nan], [math.inf], [[1.0]], 3.0])
def test_times_that_are_none_are_refused(times):
    with pytest.raises(ls.InputError, match="times must be positive and finite"):
        ls.passage_time_distribution(WELL, ls.LossProportionalNoise(0.2), LEFT, RIGHT, times=times)


def test_a_domain_holds_the_region_on_a_line_too():
    noise = ls.LossProportionalNoise(0.2)
    free = ls.passage_time_distribution(WELL, noise, LEFT, RIGHT)
    held = ls.passage_time_distribution(WELL, noise, LEFT, RIGHT, domain=[(-4.0, 4.0)])
    assert held.log_mean_time == pytest.approx(free.log_mean_time, abs=free.relative_error)
    with pytest.raises(ls.InputError, match="the domain cuts the well off"):
        ls.passage_time_distribution(WELL, noise, LEFT, RIGHT, domain=[(-1.3, 4.0)])
