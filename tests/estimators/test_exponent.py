"""The exponent against an independent fit, and the coverage of its interval.

Statistical checks have a fixed seed and a false-alarm rate of 1e-4 each.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from landscape_sim.estimators import fit_exponent, log_log_exponent
from landscape_sim.validation import InputError

FALSE_ALARM = 1e-4
N_REPLICATES = 1000
TRUE_EXPONENT = 3.0
LOG_RATIO = np.log(np.geomspace(2, 16, 8))
RATE = np.exp(-TRUE_EXPONENT * LOG_RATIO)


def fixed_exposure(rng):
    """Counts from 40 expected events down to 0.08, over one exposure: many rows without any."""
    exposure = np.full(8, 40 / RATE[0])
    return rng.poisson(RATE * exposure), exposure


def scarce(rng):
    """From 5 expected events in the first row to 0.2 in the last: half of the rows have none."""
    exposure = np.geomspace(5, 0.2, 8) / RATE
    return rng.poisson(RATE * exposure), exposure


def fixed_events(rng):
    """Ten paths a row, each followed to its escape: the exposure is what scatters."""
    return np.full(8, 10), rng.gamma(10, size=8) / RATE


def common_max_time(rng):
    """Thirty paths a row, censored at one time: 21 escape in the first row, 0.1 in the last."""
    times = rng.exponential(size=(8, 30)) / RATE[:, None]
    max_time = 1.2 / RATE[0]
    return (times <= max_time).sum(axis=1), np.minimum(times, max_time).sum(axis=1)


def coverage(design, fit=fit_exponent):
    """Return the coverage of the true exponent and the two-sided p-value against 0.95.

    Draws without a finite maximum are replaced; all designs have less than 1 % of them.
    """
    rng = np.random.default_rng(20210519)
    hits = n_refused = n_fits = 0
    while n_fits < N_REPLICATES:
        try:
            hits += TRUE_EXPONENT in fit(LOG_RATIO, *design(rng)).interval
        except InputError:
            n_refused += 1
        else:
            n_fits += 1
    assert n_refused < 0.01 * N_REPLICATES
    return hits / N_REPLICATES, stats.binomtest(hits, N_REPLICATES, 0.95).pvalue


@pytest.mark.parametrize("design", [fixed_exposure, scarce, fixed_events, common_max_time])
def test_interval_covers_the_exponent(design):
    assert coverage(design)[1] > FALSE_ALARM


def test_dropping_rows_without_events_loses_the_coverage():
    def fit_rows_with_events(log_ratio, events, exposure):
        seen = events > 0
        return fit_exponent(log_ratio[seen], events[seen], exposure[seen])

    assert coverage(scarce, fit_rows_with_events)[1] < FALSE_ALARM


def test_forgetting_a_prefactor_that_varies_loses_the_coverage():
    log_prefactor = 0.5 * LOG_RATIO

    def design(rng):
        events, exposure = fixed_events(rng)
        return events, exposure / np.exp(log_prefactor)

    def fit_with_prefactor(log_ratio, events, exposure):
        return fit_exponent(log_ratio, events, exposure, log_prefactor)

    assert coverage(design, fit_with_prefactor)[1] > FALSE_ALARM
    assert coverage(design)[1] < FALSE_ALARM


def generalized_linear_model(events, exposure, exponent=None):
    """Fit the same model with statsmodels, at a fixed exponent if one is given."""
    offset = np.log(exposure)
    if exponent is not None:
        offset, design = offset - exponent * LOG_RATIO, np.ones((8, 1))
    else:
        design = np.column_stack([np.ones(8), -LOG_RATIO])
    return sm.GLM(events, design, family=sm.families.Poisson(), offset=offset).fit(tol=1e-12)


@pytest.mark.parametrize("design", [fixed_exposure, fixed_events, common_max_time])
def test_agrees_with_a_generalized_linear_model(design):
    events, exposure = design(np.random.default_rng(3))
    fit = fit_exponent(LOG_RATIO, events, exposure)
    oracle = generalized_linear_model(events, exposure)
    assert [fit.intercept, fit.exponent] == pytest.approx(oracle.params, rel=1e-8, abs=1e-8)
    assert fit.log_likelihood == pytest.approx(oracle.llf)
    assert fit.deviance == pytest.approx(oracle.deviance)
    assert (fit.degrees_of_freedom, fit.n_events) == (oracle.df_resid, events.sum())
    # The ends of the profile interval lie where twice the log-likelihood has dropped by χ²(0.95).
    for end in (fit.interval.low, fit.interval.high):
        drop = oracle.llf - generalized_linear_model(events, exposure, end).llf
        assert 2 * drop == pytest.approx(stats.chi2.ppf(0.95, 1), rel=1e-6)


def test_deviance_is_chi_square_if_the_law_holds_and_not_otherwise():
    rng = np.random.default_rng(4)
    rates = {"power": RATE, "curved": RATE * np.exp(-0.3 * (LOG_RATIO - LOG_RATIO.mean()) ** 2)}
    p_values = {
        law: [
            fit_exponent(LOG_RATIO, rng.poisson(400, size=8), 400 / rate).deviance
            for _ in range(300)
        ]
        for law, rate in rates.items()
    }
    chi_square = stats.chi2(6).cdf
    assert stats.kstest(p_values["power"], chi_square).pvalue > FALSE_ALARM
    assert stats.kstest(p_values["curved"], chi_square).pvalue < FALSE_ALARM


@pytest.mark.parametrize("fit", [fit_exponent, log_log_exponent])
@pytest.mark.parametrize("exponent", [0.5, 100.0])
def test_perfect_data_at_extreme_rates(fit, exponent):
    # Rates from 1e-30 down to 1e-120 under exposures to match.
    log_rate = -70 - exponent * LOG_RATIO
    result = fit(LOG_RATIO, np.full(8, 100), 100 / np.exp(log_rate))
    assert result.exponent == pytest.approx(exponent, rel=1e-9)
    assert result.intercept == pytest.approx(-70, rel=1e-9)
    assert result.deviance == pytest.approx(0, abs=1e-9)
    assert exponent in result.interval


def test_log_log_fit_agrees_at_large_counts():
    events, exposure = np.random.default_rng(5).poisson(1e6, size=8), 1e6 / RATE
    fits = [fit(LOG_RATIO, events, exposure) for fit in (fit_exponent, log_log_exponent)]
    # Both maximise the same quadratic up to terms of relative order 1e-3 = 1 / sqrt(events).
    half_width = fits[0].interval.high - fits[0].exponent
    assert abs(fits[0].exponent - fits[1].exponent) < 0.01 * half_width
    assert fits[1].interval.high - fits[1].exponent == pytest.approx(half_width, rel=0.01)
    assert fits[0].deviance == pytest.approx(fits[1].deviance, rel=0.02)


def test_log_log_fit_undercovers_at_small_counts():
    assert coverage(fixed_exposure, log_log_exponent)[1] < FALSE_ALARM


@given(st.lists(st.integers(0, 1000), min_size=8, max_size=8), st.floats(1e-30, 1e30))
def test_solves_the_score_equations(events, unit):
    events = np.array(events)
    # The maximum is finite if and only if events are not confined to one end of the sweep.
    if events.any() and 0 < events @ np.arange(8) < 7 * events.sum():
        fit = fit_exponent(LOG_RATIO, events, unit / RATE)
        mean = unit / RATE * np.exp(fit.intercept - fit.exponent * LOG_RATIO)
        assert mean.sum() == pytest.approx(events.sum())
        assert mean @ LOG_RATIO == pytest.approx(events @ LOG_RATIO)
        assert fit.interval.low < fit.exponent < fit.interval.high


ROWS = {"log_loss_ratio": [1.0, 2.0], "n_events": [3, 1], "exposure": [5.0, 5.0]}


@pytest.mark.parametrize("fit", [fit_exponent, log_log_exponent])
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n_events": [3]}, "one entry a row"),
        ({"log_prefactor": [0.0, 0.0, 0.0]}, "one entry a row"),
        ({"log_loss_ratio": [[1.0, 2.0]]}, "one-dimensional"),
        ({"log_loss_ratio": [1.0, math.nan]}, "finite, got nan"),
        ({"log_prefactor": math.inf}, "finite, got inf"),
        ({"exposure": ["5", "long"]}, "must be numbers"),
        ({"log_loss_ratio": [-1.0, 2.0]}, "greater than 0.*got -1"),
        ({"log_loss_ratio": [2.0, 2.0]}, "two distinct"),
        ({"n_events": [3.5, 1]}, "integers.*got 3.5"),
        ({"n_events": [3, -1]}, "integers.*got -1"),
        ({"n_events": [0, 0]}, "0 in every row"),
        ({"n_events": [3, 0]}, "one end of the sweep|two distinct"),
        ({"exposure": [5.0, 0.0]}, "positive.*got 0"),
        ({"confidence_level": 95}, "confidence_level"),
    ],
)
def test_refuses_invalid_rows(fit, changed, message):
    with pytest.raises(InputError, match=message) as refusal:
        fit(**{**ROWS, **changed})
    assert "\n" not in str(refusal.value)
