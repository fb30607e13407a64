"""The rate and the coverage of its interval.

Statistical checks have a fixed seed and a false-alarm rate of 1e-4 each.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from landscape_sim.estimators import estimate_rate
from landscape_sim.estimators.rate_interval import log_t_interval
from landscape_sim.results import FirstPassageSample
from landscape_sim.validation import InputError

FALSE_ALARM = 1e-4
N_SAMPLES = 2000
# Paths and max_time at rate 1: all, half and 1 % of the paths escape.
DESIGNS = {"uncensored": (20, np.inf), "half": (20, math.log(2)), "heavy": (300, 0.01)}


def count_covered(samples):
    return sum(1.0 in estimate_rate(sample).interval for sample in samples)


def covers(hits, n_samples=N_SAMPLES, level=0.95):
    """Return whether ``hits`` is compatible with a coverage of at least ``level``."""
    return hits >= stats.binom.ppf(FALSE_ALARM, n_samples, level)


@pytest.mark.parametrize("design", DESIGNS)
def test_interval_covers_the_rate(samples, design):
    assert covers(count_covered(samples(N_SAMPLES, *DESIGNS[design])))


@pytest.mark.parametrize("design", ["half", "heavy"])
def test_dropping_censored_paths_loses_the_coverage(samples, mistreat, design):
    kept = [s for s in samples(N_SAMPLES, *DESIGNS[design]) if s.n_events]
    assert not covers(count_covered(map(mistreat["drop"], kept)), len(kept))


def test_uncensored_coverage_is_the_exact_one(samples):
    # 2κE ~ χ²(2n) puts the coverage of Garwood's interval in closed form: 0.960 at n = 20.
    upper = stats.chi2.ppf(0.975, 2 * 20 + 2)
    exact = stats.chi2.cdf(upper, 2 * 20) - 0.025
    hits = count_covered(samples(N_SAMPLES, *DESIGNS["uncensored"]))
    assert stats.binomtest(hits, N_SAMPLES, exact).pvalue > FALSE_ALARM


def test_normal_interval_would_undercover_at_three_events(samples):
    # The check that the exact interval passes on the same samples.
    hits = 0
    for sample in samples(N_SAMPLES, *DESIGNS["heavy"]):
        estimate = estimate_rate(sample)
        hits += abs(estimate.rate - 1) <= 1.96 * math.sqrt(estimate.n_events) / estimate.exposure
    assert not covers(hits)


def test_agrees_with_the_exact_poisson_interval():
    # Independent route to Garwood's ends: invert the Poisson tail probabilities.
    sample = FirstPassageSample(np.full(10, 2.0), np.arange(10) >= 4)
    estimate = estimate_rate(sample, 0.9)
    assert estimate.rate == 4 / 20
    assert stats.poisson.sf(3, 20 * estimate.interval.low) == pytest.approx(0.05)
    assert stats.poisson.cdf(4, 20 * estimate.interval.high) == pytest.approx(0.05)
    assert (estimate.n_events, estimate.n_censored, estimate.exposure) == (4, 6, 20)


def test_no_event_gives_the_upper_bound():
    estimate = estimate_rate(FirstPassageSample(np.full(5, 2.0), np.ones(5, dtype=bool)))
    assert (estimate.rate, estimate.interval.low) == (0, 0)
    assert estimate.interval.high == pytest.approx(-math.log(0.025) / 10)


@given(st.floats(1e-200, 1e200), st.integers(0, 8))
def test_rate_has_the_unit_of_inverse_time(unit, n_events):
    is_censored = np.arange(8) >= n_events
    times = np.linspace(1, 2, 8)
    rate = estimate_rate(FirstPassageSample(times, is_censored))
    scaled = estimate_rate(FirstPassageSample(times * unit, is_censored))
    assert scaled.rate * unit == pytest.approx(rate.rate)
    assert scaled.interval.low * unit == pytest.approx(rate.interval.low)
    assert scaled.interval.high * unit == pytest.approx(rate.interval.high)
    assert rate.interval.low <= rate.rate < rate.interval.high


@pytest.mark.parametrize("level", [0, 1, 95, math.nan, "high"])
def test_refuses_a_level_that_is_no_fraction(level):
    sample = FirstPassageSample(np.array([1.0]), np.array([False]))
    with pytest.raises(InputError, match="confidence_level"):
        estimate_rate(sample, level)


def test_the_other_interval_has_the_quantiles_of_its_law():
    log_t = log_t_interval(-800.0, 0.25, 7, 0.9)
    expected = stats.t.interval(0.9, 7, -800.0, 0.25)
    assert (log_t.log_low, log_t.log_high) == pytest.approx(expected)


def test_flags_may_be_ones_and_zeros():
    times = np.array([1.0, 2.0, 3.0, 4.0])
    for flags in (np.array([0, 1, 0, 1]), np.array([0.0, 1.0, 0.0, 1.0]), [False, True] * 2):
        estimate = estimate_rate(FirstPassageSample(times, flags))
        assert (estimate.rate, estimate.n_events, estimate.n_censored) == (0.2, 2, 2)
    for flags in (np.array([0, 2, 0, 1]), ["no", "yes", "no", "yes"], [np.nan] * 4):
        with pytest.raises(InputError, match="is_censored must hold True and False"):
            FirstPassageSample(times, flags)
