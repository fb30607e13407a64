"""Survival curve and exponentiality test, calibrated on exponential times.

Statistical checks have a fixed seed and a false-alarm rate of 1e-4 each.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight

from landscape_sim.estimators import exponentiality_test, survival_curve
from landscape_sim.results import FirstPassageSample
from landscape_sim.validation import InputError

FALSE_ALARM = 1e-4
N_SAMPLES = 2000
MEDIAN = math.log(2)
DESIGNS = {
    "uncensored": (40, np.inf),
    "fewest": (5, np.inf),
    "half": (40, MEDIAN),
    "heavy": (2000, 0.02),
}


def exponential_sample(n_paths, max_time=np.inf, seed=0):
    times = np.random.default_rng(seed).exponential(size=n_paths)
    return FirstPassageSample(np.minimum(times, max_time), times > max_time)


def p_values(samples):
    return [exponentiality_test(sample).p_value for sample in samples]


def uniform(values):
    return stats.kstest(values, "uniform").pvalue > FALSE_ALARM


def test_curve_agrees_with_statsmodels():
    rng = np.random.default_rng(1)
    # Rounding makes ties, also between an event and a censored path.
    times, limits = rng.exponential(size=(2, 60)).round(1) + 0.1
    sample = FirstPassageSample(np.minimum(times, limits), times > limits)
    oracle = SurvfuncRight(sample.times, ~sample.is_censored)
    curve = survival_curve(sample, 0.9)
    at_event = np.isin(curve.times, oracle.surv_times)
    np.testing.assert_allclose(curve.survival[at_event], oracle.surv_prob, rtol=1e-12)
    np.testing.assert_array_equal(np.diff(curve.survival)[~at_event[1:]], 0)
    # Log-log bounds from the Greenwood error of the oracle, wherever it has one.
    inner = oracle.surv_prob < 1
    inner &= oracle.surv_prob > 0
    log_survival = np.log(oracle.surv_prob[inner])
    spread = 1.6448536269514722 * oracle.surv_prob_se[inner] / oracle.surv_prob[inner]
    for bounds, sign in ((curve.low, 1), (curve.high, -1)):
        expected = np.exp(log_survival * np.exp(sign * spread / -log_survival))
        np.testing.assert_allclose(bounds[at_event][inner], expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("treatment", "agrees"), [("none", True), ("drop", False), ("forget", False)]
)
def test_curve_is_unbiased_under_random_censoring(mistreat, treatment, agrees):
    # Exponential at rate 1, censored at rate 1; z = 3.9 is a false-alarm rate of 1e-4.
    treat = mistreat.get(treatment, lambda sample: sample)
    rng = np.random.default_rng(2)
    at_half = []
    for _ in range(300):
        times, limits = rng.exponential(size=(2, 100))
        curve = survival_curve(treat(FirstPassageSample(np.minimum(times, limits), times > limits)))
        at_half.append(curve.survival[np.searchsorted(curve.times, 0.5, side="right") - 1])
    deviation = abs(np.mean(at_half) - math.exp(-0.5))
    assert (deviation < 3.9 * stats.sem(at_half)) == agrees


def test_curve_starts_at_one_and_encloses_itself():
    curve = survival_curve(exponential_sample(50, MEDIAN))
    assert (curve.times[0], curve.survival[0], curve.low[0], curve.high[0]) == (0, 1, 1, 1)
    assert curve.times[-1] == MEDIAN
    assert np.all((curve.low <= curve.survival) & (curve.survival <= curve.high))


def test_curve_bounds_are_undefined_without_variance():
    all_escaped = survival_curve(exponential_sample(3))
    assert all_escaped.survival[-1] == 0
    assert np.isnan([all_escaped.low[-1], all_escaped.high[-1]]).all()
    none_escaped = survival_curve(FirstPassageSample(np.full(3, 2.0), np.ones(3, dtype=bool)))
    np.testing.assert_array_equal(none_escaped.survival, [1, 1])
    np.testing.assert_array_equal(none_escaped.low, [1, np.nan])


@pytest.mark.parametrize("design", DESIGNS)
def test_p_values_of_exponential_times_are_uniform(samples, design):
    values = p_values(samples(N_SAMPLES, *DESIGNS[design]))
    assert uniform(values)
    # The tail decides in use, and the Kolmogorov–Smirnov test hardly sees it.
    rejected = sum(value < 0.05 for value in values)
    assert stats.binomtest(rejected, N_SAMPLES, 0.05).pvalue > FALSE_ALARM


@pytest.mark.parametrize("treatment", ["drop", "forget"])
def test_mistreated_censoring_is_no_longer_uniform(samples, mistreat, treatment):
    treated = map(mistreat[treatment], samples(N_SAMPLES, *DESIGNS["half"]))
    assert not uniform(p_values(sample for sample in treated if sample.n_events >= 5))


def weibull(rng, n_paths):
    return rng.weibull(1.5, size=n_paths)


def early_fifth(rng, n_paths):
    """A mixture: one path in five escapes ten times faster."""
    return rng.exponential(size=n_paths) * np.where(rng.random(n_paths) < 0.2, 0.1, 1.0)


@pytest.mark.parametrize("max_time", [np.inf, MEDIAN])
@pytest.mark.parametrize(("draw", "sign"), [(weibull, 1), (early_fifth, -1)])
def test_detects_a_hazard_that_is_not_constant(samples, draw, sign, max_time):
    # Power 0.95 or more at the 1 % level for 400 paths; 100 replicates.
    results = [exponentiality_test(s) for s in samples(100, 400, max_time, draw)]
    detected = sum(result.p_value < 0.01 and result.statistic * sign > 0 for result in results)
    assert detected >= stats.binom.ppf(FALSE_ALARM, 100, 0.95)


def test_uncensored_statistic_is_a_sum_of_uniform_variables():
    # The normalised spacings (n − j)(t_{j+1} − t_j) of exponential times are exponential again, so
    # their partial sums divide their total like n − 1 uniform points: Irwin–Hall, exactly.
    n_paths = 12
    sample = exponential_sample(n_paths)
    spacings = np.arange(n_paths, 0, -1) * np.diff(np.sort(sample.times), prepend=0)
    uniform_sum = np.cumsum(spacings)[:-1].sum() / spacings.sum()
    expected = (uniform_sum - (n_paths - 1) / 2) / math.sqrt((n_paths - 1) / 12)
    assert exponentiality_test(sample).statistic == pytest.approx(expected)


def test_statistic_has_no_unit():
    sample = exponential_sample(30, MEDIAN)
    scaled = FirstPassageSample(sample.times * 1e30, sample.is_censored)
    expected = exponentiality_test(sample)
    assert exponentiality_test(scaled).statistic == pytest.approx(expected.statistic, rel=1e-9)
    assert expected.n_events == sample.n_events


def test_refuses_too_few_events():
    sample = FirstPassageSample(np.arange(1.0, 7.0), np.array([False] * 4 + [True] * 2))
    with pytest.raises(InputError, match="at least 5 events, got 4"):
        exponentiality_test(sample)
