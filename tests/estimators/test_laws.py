"""Power law against Arrhenius: each law's data are attributed to it.

Statistical checks have a fixed seed and a false-alarm rate of 1e-4 each.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from landscape_sim.estimators import compare_laws, fit_exponent
from landscape_sim.validation import InputError

FALSE_ALARM = 1e-4
WIDE = np.geomspace(2, 20, 8)
LAWS = {
    "power law": lambda ratio: ratio**-4.0,
    "Arrhenius": lambda ratio: np.exp(-(ratio - 1) / 2),
}


def comparisons(law, ratio, n_events, n_replicates=100):
    """Yield comparisons of data with ``n_events`` expected in each row."""
    rng = np.random.default_rng(20210519)
    exposure = n_events / LAWS[law](ratio)
    for _ in range(n_replicates):
        yield compare_laws(ratio, rng.poisson(n_events, size=ratio.size), exposure)


@pytest.mark.parametrize("law", LAWS)
def test_each_law_is_recognised_and_fits(law):
    # Δ log L is 5 standard deviations or more from the threshold on these data.
    results = list(comparisons(law, WIDE, 50))
    assert {result.favoured for result in results} == {law}
    deviances = {
        "power law": [result.power_law.deviance for result in results],
        "Arrhenius": [result.arrhenius.deviance for result in results],
    }
    true_deviances = deviances.pop(law)
    (wrong_deviances,) = deviances.values()
    assert stats.kstest(true_deviances, stats.chi2(6).cdf).pvalue > FALSE_ALARM
    assert min(wrong_deviances) > stats.chi2(6).isf(FALSE_ALARM)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("ratio", [np.linspace(2, 2.2, 8), np.array([2.0, 8.0])])
def test_a_range_that_cannot_tell_is_undecided(law, ratio):
    assert {result.favoured for result in comparisons(law, ratio, 50)} == {"undecided"}


def test_misleading_verdicts_are_rarer_than_one_in_a_hundred():
    # A range of moderate evidence, where half of the verdicts are "undecided".
    results = comparisons("power law", np.geomspace(2, 8, 8), 10, n_replicates=1000)
    verdicts = [result.favoured for result in results]
    assert 200 < verdicts.count("undecided") < 800
    assert verdicts.count("Arrhenius") <= stats.binom.isf(FALSE_ALARM, 1000, 0.01)


def test_a_third_law_is_favoured_but_does_not_fit():
    # Steeper than a power, flatter than Arrhenius: the deviance says what the verdict cannot.
    log_rate = -0.5 * (WIDE - 1) - 2 * np.log(WIDE)
    result = compare_laws(WIDE, np.full(8, 2000), 2000 / np.exp(log_rate))
    assert result.favoured != "undecided"
    assert min(result.power_law.deviance, result.arrhenius.deviance) > stats.chi2(6).isf(1e-4)


def test_fits_are_the_regressions_on_each_covariate():
    events, exposure, log_prefactor = [60, 30, 9, 0], [10.0, 30.0, 60.0, 90.0], [0.0, 0.1, 0.3, 0.4]
    ratio = np.array([2.0, 3.0, 5.0, 6.0])
    result = compare_laws(ratio, events, exposure, log_prefactor, confidence_level=0.8)
    power_law = fit_exponent(np.log(ratio), events, exposure, log_prefactor, 0.8)
    assert result.power_law.slope == power_law.exponent
    assert result.power_law.interval == power_law.interval
    oracle = sm.GLM(
        events,
        np.column_stack([np.ones(4), 1 - ratio]),
        family=sm.families.Poisson(),
        offset=np.log(exposure) + log_prefactor,
    ).fit()
    fit = result.arrhenius
    assert [fit.intercept, fit.slope] == pytest.approx(oracle.params, rel=1e-6)
    assert fit.log_likelihood == pytest.approx(oracle.llf)
    assert result.log_likelihood_difference == pytest.approx(power_law.log_likelihood - oracle.llf)
    assert result.aic_difference == 2 * result.log_likelihood_difference


@pytest.mark.parametrize(("law", "largest"), [("power law", 1e60), ("Arrhenius", 600.0)])
def test_survives_a_law_that_is_wrong_by_hundreds_of_decades(law, largest):
    # Iteratively reweighted least squares diverges on these.
    ratio = np.geomspace(2, largest, 8)
    result = compare_laws(ratio, np.full(8, 100), 100 / LAWS[law](ratio))
    assert result.favoured == law
    assert all(
        math.isfinite(value)
        for fit in (result.power_law, result.arrhenius)
        for value in (fit.slope, fit.intercept, fit.interval.low, fit.interval.high, fit.deviance)
    )


def test_a_slope_far_beyond_the_scale_of_the_sweep():
    # The Arrhenius slope is decided by rows that are 1e26 times closer than the sweep is wide; a
    # search in steps of the sweep's own scale would vanish in the rounding of the slope.
    result = compare_laws([2.4, 9.6e6, 3.9e33], [1, 3, 0], [0.22, 1.26, 0.14])
    # The far row then expects nothing, and the slope joins the other two exactly.
    expected = math.log((1 / 0.22) / (3 / 1.26)) / (9.6e6 - 2.4)
    assert result.arrhenius.slope == pytest.approx(expected, rel=1e-9)
    assert expected in result.arrhenius.interval


def test_rates_of_1e_30_under_exposures_of_1e_32():
    exposure = 1e32 * (WIDE / 2) ** 4
    result = compare_laws(WIDE, np.full(8, 100), exposure)
    assert result.favoured == "power law"
    assert result.power_law.slope == pytest.approx(4, rel=1e-9)


@pytest.mark.parametrize("ratio", [1.0, 0.5, -2.0])
def test_refuses_a_ratio_of_one_or_less(ratio):
    with pytest.raises(InputError, match="loss_ratio must be greater than 1"):
        compare_laws([2.0, ratio], [1, 1], [1.0, 1.0])
