"""Rates by splitting against quadrature, direct simulation and each other.

Single results are compared within Z = 4.4 standard errors (false alarm 1.1e-5 a check, seeds
fixed); means of 40 independent runs within 3 (2.7e-3). The relative errors of 40 runs give
their own standard error, so nothing rests on the stated errors but the coverage.
"""

from __future__ import annotations

import math
import sys
from typing import NamedTuple

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import binom

from landscape_sim.dynamics import (
    ConstantNoise,
    EulerMaruyama,
    HessianAlignedNoise,
    LossProportionalNoise,
)
from landscape_sim.ensembles import simulate, simulate_first_passage
from landscape_sim.exact.line.passage import line_mean_first_passage_time
from landscape_sim.landscapes import Ball, HalfSpace, QuarticDoubleWell, SeparableDoubleWell
from landscape_sim.rare_events.rare_escape import simulate_rare_escape
from landscape_sim.rare_events.scores import progress_along
from landscape_sim.rare_events.splitting import splitting_escape_rate
from landscape_sim.validation import InputError

Z = 4.4
WELL = QuarticDoubleWell.from_loss_ratio(5.0, 0.25)
START, TARGET = (-1.0,), HalfSpace.beyond((1.0,), seen_from=(-1.0,))
VARIANTS = ("adaptive", "fixed-effort")
FOUR = SeparableDoubleWell.from_loss_ratio(2.0, 0.25, (2.0, 1.0, 1.0))
FOUR_START, FOUR_TARGET = (-1.0, 0.0, 0.0, 0.0), Ball((1.0, 0.0, 0.0, 0.0), 0.25)


def exact_log_rate(temperature):
    return line_mean_first_passage_time(
        WELL, LossProportionalNoise(temperature), -1.0, 1.0
    ).log_rate


def noise_of_rate(rate):
    """The loss-proportional noise under which the exact rate is this."""
    excess = lambda log_t: exact_log_rate(math.exp(log_t)) - math.log(rate)  # noqa: E731
    return LossProportionalNoise(math.exp(brentq(excess, math.log(0.015), 0.0)))


def escape(noise, **settings):
    return simulate_rare_escape(WELL, noise, START, TARGET, **settings)


class Crooked(NamedTuple):
    """A score with waves along the path, in steps: it falls on the way, and ties abound."""

    wave: float
    width: float

    def score(self, x):
        return np.floor((x[0] + self.wave * np.sin(9.0 * x[0])) / self.width)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(("rate", "error"), [(1e-4, 0.05), (1e-8, 0.05), (1e-16, 0.1)])
def test_agrees_with_quadrature(rate, error, variant):
    result = escape(noise_of_rate(rate), relative_error=error, variant=variant, seed=1)
    assert result.relative_standard_error <= error
    assert abs(result.log_rate - math.log(rate)) < Z * result.relative_standard_error
    # Negative control: the passage to the saddle alone takes half of the time.
    assert abs(result.log_rate - math.log(2 * rate)) > Z * result.relative_standard_error
    assert rate / 2 < result.interval.low < result.rate < result.interval.high < 2 * rate
    assert result.detail.n_extinct == 0
    assert result.log_rate == pytest.approx(
        result.detail.log_probability - math.log(result.detail.mean_loop_time), abs=0.5
    )


@pytest.mark.slow
@pytest.mark.parametrize("score", [Crooked(0.15, 0.01), Crooked(0.0, 0.08)])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_bad_score_and_ties_cost_time_and_no_truth(score, variant):
    noise = noise_of_rate(1e-8)
    result = escape(noise, score=score, variant=variant, seed=2)
    good = escape(noise, variant=variant, seed=2)
    assert abs(result.log_rate - math.log(1e-8)) < Z * result.relative_standard_error
    assert work(result) > work(good)


class AlongInstanton(NamedTuple):
    """The quasi-potential ``log L`` as far as the saddle, and the way beyond."""

    well: QuarticDoubleWell

    def score(self, x):
        return np.log(self.well.loss((min(max(x[0], -1.0), 0.0),))) + min(max(x[0], 0.0), 1.0)


def test_on_a_line_the_quasi_potential_ranks_as_the_progress_does():
    noise = LossProportionalNoise(0.1)
    assert escape(noise, relative_error=0.5, score=AlongInstanton(WELL)) == escape(
        noise, relative_error=0.5
    )


def work(result):
    """Path-steps that a relative error of 1 would take."""
    return result.path_steps * result.relative_standard_error**2


def test_a_seed_reproduces_on_any_number_of_threads():
    seen: list[tuple[int, int]] = []
    settings = {"relative_error": 0.2}
    noise = LossProportionalNoise(0.1)
    first = escape(noise, progress=lambda *now: seen.append(now), **settings)
    assert first == escape(noise, n_threads=1, **settings)
    assert first != escape(noise, seed=1, **settings)
    assert all(0 <= done <= planned for done, planned in seen)
    assert seen[-1][0] == seen[-1][1] > 0


def test_ctrl_c_leaves_at_once():
    def interrupt(done, planned):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        escape(LossProportionalNoise(0.05), relative_error=0.01, progress=interrupt)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"relative_error": 0.0}, "relative_error"),
        ({"confidence_level": 1.0}, "confidence_level"),
        ({"seed": -1}, "seed"),
        ({"variant": "magic"}, "adaptive, fixed-effort"),
        ({"n_walkers": 3}, "too few to split"),
        ({"start": (1.5,)}, "inside the target"),
        ({"start": (0.0,)}, "begin at a minimum"),
        ({"start": (-1.0, 0.0)}, "coordinates"),
        ({"target": Ball((1.0, 0.0), 0.25)}, "must have 2 coordinates"),
        ({"noise": LossProportionalNoise(-0.1)}, "temperature=-0.1"),
        ({"score": progress_along([(-1.0,), (-0.9,)])}, "does not increase beyond"),
        ({"max_path_steps": 0}, "max_path_steps must be a positive"),
        ({"relative_error": 1.0}, "relative_error must .*, got 1.0; 0.05 stands for 5 %"),
        ({"confidence_level": 1.0}, "confidence_level must .*, got 1.0; 0.95 is usual"),
        ({"max_path_steps": 3e5}, "max_path_steps.*a rate"),
        ({"route": ((-1.0,),)}, "twice"),
    ],
)
def test_refuses_in_one_line(change, message):
    settings = {"noise": LossProportionalNoise(0.1), "start": START, "target": TARGET, **change}
    with pytest.raises(InputError, match=message) as refusal:
        simulate_rare_escape(WELL, **settings)
    assert "\n" not in str(refusal.value)


@pytest.mark.slow
@pytest.mark.parametrize("rate", [1e-4, 1e-8, 1e-16, 1e-30])
@pytest.mark.parametrize("variant", VARIANTS)
def test_mean_and_coverage_of_forty_runs(rate, variant):
    noise = noise_of_rate(rate)
    results = [escape(noise, variant=variant, seed=100 + i, relative_error=0.2) for i in range(40)]
    ratios = np.exp([result.log_rate - math.log(rate) for result in results])
    error = ratios.std(ddof=1) / math.sqrt(ratios.size)
    stated = np.mean([result.relative_standard_error for result in results])
    # A row of the table in docs/rare-events.md, seen with -s.
    sys.stdout.write(
        f"\n| {rate:.0e} | {variant} | {ratios.mean():.3f} ± {error:.3f} | "
        f"{ratios.std(ddof=1):.2f} | {stated:.2f} | {covered(results, rate)}/40 |\n"
    )
    assert abs(ratios.mean() - 1.0) < 3.0 * error
    # At 95 % fewer than 33 of 40 cover with a probability of 5e-3; at a quarter of the width 15 do.
    assert covered(results, rate) >= 33
    assert binom.cdf(32, 40, 0.95) < 6e-3
    narrow = [
        abs(math.log(ratio)) < 0.5 * result.relative_standard_error
        for ratio, result in zip(ratios, results, strict=True)
    ]
    assert sum(narrow) < 33  # negative control; half the width would pass one time in thirty


def covered(results, rate):
    return sum(rate in result.interval for result in results)


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_constant_noise_agrees_with_its_quadrature(variant):
    exact = line_mean_first_passage_time(WELL, ConstantNoise(0.016), -1.0, 1.0)
    result = escape(ConstantNoise(0.016), relative_error=0.05, variant=variant)
    assert exact.rate < 1e-7
    assert abs(result.log_rate - exact.log_rate) < Z * result.relative_standard_error
    assert abs(result.log_rate - exact.log_rate - 0.3) > Z * result.relative_standard_error


@pytest.mark.slow
@pytest.mark.parametrize(
    "noise",
    [
        LossProportionalNoise(0.1),
        HessianAlignedNoise.from_hessian(FOUR.hessian(FOUR_START), 0.06, 1),
    ],
)
def test_both_methods_agree_in_four_dimensions(noise):
    one, other = (
        simulate_rare_escape(
            FOUR, noise, FOUR_START, FOUR_TARGET, relative_error=0.05, variant=variant
        )
        for variant in VARIANTS
    )
    error = math.hypot(one.relative_standard_error, other.relative_standard_error)
    assert abs(one.log_rate - other.log_rate) < Z * error
    assert abs(one.log_rate - other.log_rate - 0.5) > Z * error


@pytest.mark.slow
def test_agrees_with_direct_simulation_in_four_dimensions():
    noise = LossProportionalNoise(0.2)
    rare = simulate_rare_escape(FOUR, noise, FOUR_START, FOUR_TARGET, relative_error=0.03)
    direct = simulate(FOUR, noise, FOUR_START, FOUR_TARGET, relative_error=0.03)
    error = (
        math.hypot(rare.relative_standard_error, direct.relative_standard_error)
        + direct.relative_discretisation_error
    )
    assert abs(rare.log_rate - math.log(direct.rate)) < Z * error


@pytest.mark.slow
def test_the_identity_holds_for_the_discrete_chain():
    # A step so coarse that the scheme is far from the equation: both have to meet all the same.
    chain = EulerMaruyama(LossProportionalNoise(0.3), 0.2)
    sample = simulate_first_passage(
        WELL, chain, START, TARGET, n_paths=20_000, max_time=1e6, seed=3
    )
    split = splitting_escape_rate(WELL, chain, START, TARGET, relative_error=0.01)
    mean = sample.times.mean()
    error = math.hypot(sample.times.std() / math.sqrt(20_000) / mean, split.relative_standard_error)
    assert abs(split.log_rate + math.log(mean)) < Z * error
    # Negative control: as far as the saddle takes half of the time.
    saddle = HalfSpace.beyond((0.0,), seen_from=START)
    short = simulate_first_passage(
        WELL, chain, START, saddle, n_paths=5_000, max_time=1e6, seed=4
    ).times.mean()
    assert abs(split.log_rate + math.log(short)) > 2 * Z * error
