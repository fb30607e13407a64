"""Mean passage times of laws that are not exponential, censored and not.

Statistical checks have a fixed seed; one standard error of a coverage of 0.95 in 1000 draws is
0.007.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from landscape_sim.estimators import estimate_rate
from landscape_sim.estimators.passage_time import (
    estimate_level_times,
    estimate_mean_passage_time,
    positive_mean_interval,
)
from landscape_sim.results import FirstPassageSample
from landscape_sim.validation import InputError

N_DRAWS = 1000
#: Coefficient of variation 0.7, and 1.5.
LAWS = {
    "regular": (lambda rng, n: rng.gamma(2.04, size=n) / 2.04, 1.0),
    "exponential": (lambda rng, n: rng.exponential(size=n), 1.0),
    "wide": (lambda rng, n: rng.weibull(0.685, size=n), math.gamma(1 + 1 / 0.685)),
}


def censored_at(times, end):
    return FirstPassageSample(np.minimum(times, end), times > end)


def covered(law, interval):
    draw, mean = LAWS[law]
    rng = np.random.default_rng(0)
    return np.mean([mean in interval(draw(rng, 30)) for _ in range(N_DRAWS)])


# The coverage that the docstring states for 30 values, ± 4 standard errors of it.
@pytest.mark.parametrize(
    ("law", "stated", "margin"),
    [("regular", 0.95, 0.028), ("exponential", 0.94, 0.03), ("wide", 0.91, 0.036)],
)
def test_the_interval_covers_the_mean_of_any_law(law, stated, margin):
    assert covered(law, positive_mean_interval) == pytest.approx(stated, abs=margin)


def test_the_interval_of_an_exponential_law_does_not():
    # Negative control: it is too wide for regular times, and too narrow for wide ones.
    def garwood(times):
        rate = estimate_rate(censored_at(times, np.inf)).interval
        return type(rate)(1 / rate.high, 1 / rate.low, rate.confidence_level)

    assert covered("regular", garwood) > 0.98
    assert covered("wide", garwood) < 0.85


def test_without_censoring_it_is_the_mean_and_assumes_no_law():
    times = np.random.default_rng(1).gamma(4.0, size=50)
    found = estimate_mean_passage_time(censored_at(times, np.inf))
    assert found.mean_time == pytest.approx(times.mean(), rel=1e-14)
    assert found.interval == positive_mean_interval(times)
    assert not found.is_lower_bound
    # Far from exponential, and it is said.
    assert found.exponentiality < 1e-4


def test_censored_exponential_times_keep_the_exponential_estimate():
    sample = censored_at(np.random.default_rng(2).exponential(size=60), 1.0)
    found, rate = estimate_mean_passage_time(sample), estimate_rate(sample)
    assert found.exponentiality > 0.05
    assert found.mean_time == pytest.approx(1 / rate.rate)
    assert found.interval.high == pytest.approx(1 / rate.interval.low)
    assert (found.is_lower_bound, found.n_censored) == (False, sample.n_censored)


def test_other_censored_times_are_a_lower_bound():
    times = np.random.default_rng(3).gamma(6.0, size=60)
    found = estimate_mean_passage_time(censored_at(times, 6.0))
    assert found.is_lower_bound
    assert found.exponentiality < 0.05
    assert found.mean_time == pytest.approx(np.minimum(times, 6.0).mean())
    assert found.interval.low < found.mean_time < 6.0 < found.interval.high == math.inf


def test_above_a_level_without_a_law_there_is_none_either():
    rng, end = np.random.default_rng(5), 10.0
    # Half of the paths are caught behind the first level; few pass the second, at any time.
    first = np.where(np.arange(100) < 50, rng.exponential(size=100), np.inf)
    second = np.where(np.arange(100) < 8, rng.uniform(5.0, end, size=100), np.inf)
    samples = [censored_at(times, end) for times in (first, second)]
    alone = [estimate_mean_passage_time(sample) for sample in samples]
    assert [found.is_lower_bound for found in alone] == [True, False]
    below, above = estimate_level_times(samples)
    assert below == alone[0]
    assert above.is_lower_bound
    assert above.mean_time == pytest.approx(np.minimum(second, end).mean())
    # Alone the second level seems to be reached in 115, and is never by most.
    assert alone[1].mean_time > 100


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("end", [0.02, 0.1, 0.3])
def test_a_lower_bound_is_one_whatever_the_law(law, end):
    draw, mean = LAWS[law]
    rng = np.random.default_rng(4)
    found = [estimate_mean_passage_time(censored_at(draw(rng, 30), end)) for _ in range(300)]
    lower = [e for e in found if e.is_lower_bound]
    # Rare are no events and few: the bound of 97.5 % is below E[min(T, end)] more often than that.
    restricted = np.minimum(draw(rng, 400_000), end).mean()
    too_high = np.mean([e.interval.low > restricted for e in lower]) if lower else 0.0
    # Binomial: 4 standard errors above 2.5 % in 300, and the 3 % excess of 5 events in 30.
    assert too_high < 0.025 + 0.036 + 0.03
    assert all(e.interval.low < mean for e in lower)


def test_no_event_is_the_bound_of_clopper_and_pearson():
    times = np.full(20, 3.0)
    found = estimate_mean_passage_time(FirstPassageSample(times, times > 0))
    # P(all 20 survive) = p^20 = 0.025.
    assert found.interval.low == pytest.approx(3.0 * 0.025 ** (1 / 20))
    assert found.exponentiality is None
    assert found.is_lower_bound


@pytest.mark.parametrize("values", [[1.0], [1.0, -1.0], [1.0, np.nan], [[1.0, 2.0]]])
def test_values_without_an_interval_are_refused(values):
    with pytest.raises(InputError, match="two finite values"):
        positive_mean_interval(values)


def test_zeros_have_a_mean_of_zero():
    interval = positive_mean_interval([0.0, 0.0, 0.0])
    assert (interval.low, interval.high) == (0.0, 0.0)
