"""Splitting at one time step against the exact rate of that discrete chain, down to 1e-30.

The Leimkuhler–Matthews chain in one dimension has a transition density in closed form: with
``X`` the midpoint, ``x' = 2 X − x − U'(X) Δτ``, hence ``X`` depends on ``x + x'`` alone. On
Gauss–Legendre nodes it becomes a matrix, and the mean first-passage time follows by state
reduction (Grassmann, Taksar and Heyman), which adds positive numbers only and so keeps its
relative precision at any rate. Nothing of it is shared with the kernels.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

from landscape_sim.dynamics import LeimkuhlerMatthews, LossProportionalNoise
from landscape_sim.kernels.first_passage import MEAN_OVERSHOOT
from landscape_sim.landscapes import HalfSpace, QuarticDoubleWell
from landscape_sim.rare_events.splitting import splitting_escape_rate

WELL = QuarticDoubleWell.from_loss_ratio(5.0, 0.25)
LEFT, START, END = -1.9, -1.0, 1.0
#: A fifth of the relaxation time at the minimum, in the time that makes the noise constant.
STEP = 0.2 * WELL.loss((START,)) / float(WELL.hessian((START,))[0, 0])
#: Rates near 1e-8, 1e-16 and 1e-30.
TEMPERATURES = (0.1009, 0.0473, 0.0241)
Z = 4.4  # false alarm 1.1e-5 a check


def slope(x):
    return WELL.gradient((x,))[0] / WELL.loss((x,))


def curvature(x, width=1e-5):
    return (slope(x + width) - slope(x - width)) / (2.0 * width)


def midpoint(total):
    """Return ``X`` with ``2 X − U'(X) Δτ = total``, by Newton's method."""
    x = total / 2.0
    for _ in range(60):
        x = x - (2.0 * x - STEP * slope(x) - total) / (2.0 - STEP * curvature(x))
    return x


def exact_log_rate(temperature, n_panels):
    spread = math.sqrt(2.0 * temperature * STEP)
    boundary = END - MEAN_OVERSHOOT * spread
    nodes, weights = np.polynomial.legendre.leggauss(16)
    ends = np.linspace(LEFT, boundary, n_panels + 1)
    half = np.diff(ends)[:, None] / 2.0
    x, weights = (ends[:-1, None] + half * (nodes + 1.0)).ravel(), (half * weights).ravel()
    middle = midpoint(x[:, None] + x)
    normal = 2.0 * (middle - x[:, None]) / spread
    density = np.exp(-(normal**2) / 2.0) / math.sqrt(2.0 * math.pi)
    moves = density * 2.0 / spread / (2.0 - STEP * curvature(middle)) * weights
    exits = ndtr(-2.0 * (midpoint(x + boundary) - x) / spread)
    normal, share = np.polynomial.hermite_e.hermegauss(40)
    observed = x[:, None] + 0.5 * spread * normal
    duration = STEP * (1.0 / WELL.loss((observed,))) @ share / share.sum()
    first = int(np.argmin(np.abs(x - START)))
    order = np.concatenate([[first], np.delete(np.arange(x.size), first)])
    return -math.log(
        mean_time_from_first(moves[np.ix_(order, order)], exits[order], duration[order])
    )


def mean_time_from_first(moves, exits, duration):
    """Return the mean time to exit from the first state, by eliminating all others."""
    for last in range(len(exits) - 1, 0, -1):
        share = moves[:last, last] / (moves[last, :last].sum() + exits[last])
        moves[:last, :last] += np.outer(share, moves[last, :last])
        exits[:last] += share * exits[last]
        duration[:last] += share * duration[last]
    return duration[0] / exits[0]


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_the_grid_has_converged(temperature):
    fine, coarse = (exact_log_rate(temperature, n) for n in (40, 28))
    assert fine == pytest.approx(coarse, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize("variant", ["adaptive", "fixed-effort"])
def test_splitting_has_no_bias_but_that_of_the_scheme(temperature, variant):
    target = HalfSpace.beyond((END,), seen_from=(START,))
    noise = LossProportionalNoise(temperature)
    result = splitting_escape_rate(
        WELL,
        LeimkuhlerMatthews(noise, STEP),
        (START,),
        target,
        relative_error=0.03,
        variant=variant,
        seed=4,
    )
    exact = exact_log_rate(temperature, 40)
    assert abs(result.log_rate - exact) < Z * result.relative_standard_error
    # Negative control: 20 % would be seen.
    assert abs(result.log_rate - exact - 0.2) > Z * result.relative_standard_error


@pytest.mark.slow
@pytest.mark.parametrize("temperature", TEMPERATURES[:2])
def test_two_hundred_runs_cover_the_rate_of_the_chain(temperature):
    # At 95 % fewer than 179 of 200 cover with a probability of 4e-4, and the root mean square of
    # 200 normal deviations exceeds 1.2 with one of 4e-5.
    exact = exact_log_rate(temperature, 40)
    target = HalfSpace.beyond((1.0,), seen_from=(START,))
    scheme = LeimkuhlerMatthews(LossProportionalNoise(temperature), STEP)
    runs = [
        splitting_escape_rate(WELL, scheme, (START,), target, relative_error=0.1, seed=seed)
        for seed in range(200)
    ]
    covered = sum(run.interval.log_low < exact < run.interval.log_high for run in runs)
    deviations = [(run.log_rate - exact) / run.relative_standard_error for run in runs]
    assert covered >= 179
    assert np.sqrt(np.mean(np.square(deviations))) < 1.2
