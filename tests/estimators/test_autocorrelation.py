"""Autocorrelation times against the one that is known: the autoregressive sequence's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sequences import autoregressive

from landscape_sim.estimators import (
    AutocorrelationError,
    effective_sample_size,
    integrated_autocorrelation_time,
)
from landscape_sim.validation import InputError

Z = 4.4  # false alarm 1.1e-5
RHO = 0.8
EXACT = (1 + RHO) / (1 - RHO)


def deviation(estimates, exact):
    return (np.mean(estimates) - exact) / (np.std(estimates, ddof=1) / math.sqrt(len(estimates)))


def test_time_of_an_autoregressive_sequence():
    rng = np.random.default_rng(1)
    found = [
        integrated_autocorrelation_time(autoregressive(rng, 1, 20_000, RHO)) for _ in range(40)
    ]
    assert abs(deviation(found, EXACT)) < Z
    # Negative control: the exponential correlation time is another number.
    assert abs(deviation(found, -1 / math.log(RHO))) > Z


@pytest.mark.parametrize("rho", [-0.5, -0.9])
def test_time_of_an_alternating_sequence(rho):
    """``(1 + ρ)/(1 − ρ)``: 1/3 and 1/19; a window on the single lags finds a negative number."""
    exact, n = (1 + rho) / (1 - rho), 20_000
    rng = np.random.default_rng(5)
    series = [autoregressive(rng, 1, n, rho) for _ in range(200)]
    found = [integrated_autocorrelation_time(one) for one in series]
    # What a block of finite length measures, in closed form: above the time, by some per cent.
    length = 2 * math.ceil(math.sqrt(n) / 2)
    lags = np.arange(1, length)
    block = 1 + 2 * np.sum((1 - lags / length) * rho**lags) - exact * length / n
    assert abs(deviation(found, block)) < Z
    assert exact < block < 1.1 * exact
    assert min(found) > 0
    # Negative control: uncorrelated samples.
    assert abs(deviation(found, 1.0)) > Z
    # Independent of the estimator's own scatter: the variance of the means.
    means = np.array([one.mean() for one in series])
    variance = np.mean([one.var() for one in series])
    assert abs(means.var(ddof=1) * n / variance / exact - 1) < Z * math.sqrt(2 / 199)


def test_an_effective_size_may_exceed_the_samples_and_is_positive():
    series = autoregressive(np.random.default_rng(6), 3, 5000, -0.7)
    assert 15_000 < effective_sample_size(series) < 15_000 * 2 * 1.7 / 0.3


def test_what_cancels_into_noise_is_refused():
    """``x, −x, x, …``: the mean has no variance, and no number of samples is worth as much."""
    with pytest.raises(AutocorrelationError, match="alternates") as refusal:
        integrated_autocorrelation_time(np.tile([1.0, -1.0], 50))
    assert refusal.value.estimate <= 0.0


def test_it_predicts_the_variance_of_the_mean():
    rng = np.random.default_rng(2)
    series = autoregressive(rng, 4000, 1000, RHO)
    variance = series.mean(axis=1).var(ddof=1)
    size = effective_sample_size(series) / 4000
    # The variance of a normal variance is 2/(m − 1); the size itself is known far better.
    assert abs(variance * size - 1) < Z * math.sqrt(2 / 3999)
    assert abs(variance * 1000 - 1) > Z * math.sqrt(2 / 3999)


def test_paths_are_pooled_about_one_mean():
    # Paths stuck apart: about a mean of each they would look uncorrelated.
    rng = np.random.default_rng(3)
    stuck = rng.normal(size=(20, 1)) * 5 + rng.normal(size=(20, 400))
    with pytest.raises(AutocorrelationError):
        integrated_autocorrelation_time(stuck)
    assert integrated_autocorrelation_time(stuck[:1]) < 2


def test_a_short_path_is_refused_with_the_estimate():
    rng = np.random.default_rng(4)
    with pytest.raises(AutocorrelationError, match="too short") as refusal:
        integrated_autocorrelation_time(autoregressive(rng, 1, 200, RHO))
    assert 2 < refusal.value.estimate < 30
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("series", "message"),
    [
        ([], "hold a sample"),
        (np.zeros((2, 2, 2)), "shape"),
        (np.ones(100), "must vary"),
        ([1.0, math.nan, 2.0], "finite"),
    ],
)
def test_refuses(series, message):
    with pytest.raises(InputError, match=message):
        integrated_autocorrelation_time(series)
