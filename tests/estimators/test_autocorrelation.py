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
