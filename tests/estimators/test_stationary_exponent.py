"""The exponent of ``L^−φ``: exact draws, coverage with and without correlation, and mistakes.

Exact draws: in a quadratic valley of ``n`` directions ``L*/L`` has the law Beta(φ − n/2, n/2).
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import betaincinv, ndtr
from sequences import autoregressive

from landscape_sim.estimators import (
    AutocorrelationError,
    QuadraticValleyFamily,
    fit_stationary_exponent,
)
from landscape_sim.validation import InputError

Z = 4.4  # false alarm 1.1e-5
PHI, N, FLOOR = 4.0, 2, 0.3
VALLEY = QuadraticValleyFamily(N, FLOOR)


def draw(rng, shape, exponent=PHI):
    return math.log(FLOOR) - np.log(rng.beta(exponent - N / 2, N / 2, size=shape))


def draw_correlated(rng, n_paths, n_samples, rho):
    """The same law, made of an autoregressive sequence: its quantiles in its place."""
    uniform = ndtr(autoregressive(rng, n_paths, n_samples, rho))
    return math.log(FLOOR) - np.log(betaincinv(PHI - N / 2, N / 2, uniform))


def coverage_is_nominal(fits, n_fits, exponent=PHI, level=0.95):
    covered = sum(exponent in fit.interval for fit in fits)
    return abs(covered / n_fits - level) < Z * math.sqrt(level * (1 - level) / n_fits)


def test_exponent_of_exact_draws():
    fit = fit_stationary_exponent(draw(np.random.default_rng(0), (100, 1000)), VALLEY)
    assert abs(fit.exponent - PHI) < Z * fit.standard_error
    # Independent samples of the family attain the Fisher information ψ'(φ − n/2) − ψ'(φ).
    fisher = 1 / (PHI - 1) ** 2
    assert fit.standard_error == pytest.approx(math.sqrt(1e-5 / fisher), rel=0.3)
    assert fit.effective_samples == pytest.approx(1e5, rel=0.6)
    assert fit.interval.low < fit.exponent < fit.interval.high


def test_intervals_cover_and_those_of_a_wrong_dimension_do_not():
    rng = np.random.default_rng(1)
    samples = [draw(rng, (20, 40)) for _ in range(400)]
    assert coverage_is_nominal((fit_stationary_exponent(s, VALLEY) for s in samples), 400)
    wrong = QuadraticValleyFamily(N + 1, FLOOR)
    assert not coverage_is_nominal((fit_stationary_exponent(s, wrong) for s in samples), 400)


def test_scatter_of_the_paths_allows_for_correlation_and_naive_intervals_do_not():
    rng = np.random.default_rng(2)
    samples = [draw_correlated(rng, 16, 300, rho=0.9) for _ in range(400)]
    assert coverage_is_nominal((fit_stationary_exponent(s, VALLEY) for s in samples), 400)
    naive = (fit_stationary_exponent(s.reshape(-1, 1), VALLEY) for s in samples)
    assert not coverage_is_nominal(naive, 400)


def test_autocorrelation_serves_where_paths_are_few():
    rng = np.random.default_rng(3)
    samples = [draw_correlated(rng, 2, 4000, rho=0.8) for _ in range(300)]
    fits = [fit_stationary_exponent(s, VALLEY) for s in samples]
    assert all("autocorrelation" in fit.method for fit in fits)
    assert coverage_is_nominal(fits, 300)
    with pytest.raises(AutocorrelationError):
        fit_stationary_exponent(samples[0][0, :100], VALLEY)


def test_an_alternating_path_has_a_narrow_interval_that_covers():
    """Negative correlation, as of a learning rate above ``1/h``: less variance, not a failure."""
    rng = np.random.default_rng(8)
    samples = [draw_correlated(rng, 1, 4000, rho=-0.7) for _ in range(300)]
    fits = [fit_stationary_exponent(s, VALLEY) for s in samples]
    assert coverage_is_nominal(fits, 300)
    assert np.mean([fit.effective_samples for fit in fits]) > 4000


def test_weights_turn_averages_over_tau_into_averages_over_t():
    rng = np.random.default_rng(4)
    fits, unweighted = [], []
    for _ in range(400):
        log_loss = draw(rng, (20, 60), exponent=PHI - 1)
        fits.append(fit_stationary_exponent(log_loss, VALLEY, weights=np.exp(-log_loss)))
        unweighted.append(fit_stationary_exponent(log_loss, VALLEY))
    assert coverage_is_nominal(fits, 400)
    assert coverage_is_nominal(unweighted, 400, exponent=PHI - 1)
    assert not coverage_is_nominal(unweighted, 400)


def test_the_fit_maximises_the_likelihood():
    from scipy.special import gammaln

    log_loss = draw(np.random.default_rng(5), (30, 50))
    fit = fit_stationary_exponent(log_loss, VALLEY)

    def log_likelihood(phi):
        log_z = (N / 2 - phi) * math.log(FLOOR) + gammaln(phi - N / 2) - gammaln(phi)
        return -phi * log_loss.mean() - log_z

    best = log_likelihood(fit.exponent)
    assert best > max(log_likelihood(fit.exponent + shift) for shift in (-1e-3, 1e-3))


def test_an_open_interval_says_so():
    few = draw(np.random.default_rng(6), (10, 1), exponent=60.0)
    fit = fit_stationary_exponent(few, VALLEY, confidence_level=0.99999)
    assert fit.interval.high == math.inf
    assert fit.interval.low >= VALLEY.lowest_exponent


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 1.0, 1.0], VALLEY), "is 1 in every sample"),
        (([1.0, math.inf], VALLEY), "finite"),
        (([1.0], VALLEY), "two samples"),
        (([1.0, 2.0], VALLEY, [1.0]), "shape"),
        (([1.0, 2.0], VALLEY, [1.0, 0.0]), "positive"),
        (([1.0, 2.0], VALLEY, None, 1.5), "confidence_level"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(InputError, match=message):
        fit_stationary_exponent(*arguments)


def test_refuses_a_mean_that_no_exponent_gives():
    log_loss = math.log(2 * FLOOR) - 0.01 * np.random.default_rng(7).uniform(size=(20, 20))
    with pytest.raises(InputError, match="no exponent gives a mean log L"):
        fit_stationary_exponent(log_loss, QuadraticValleyFamily(N, FLOOR, 2 * FLOOR))


@pytest.mark.parametrize(("n", "floor"), [(0, 1.0), (1, 0.0), (1, math.nan)])
def test_refuses_a_valley_that_is_none(n, floor):
    with pytest.raises(InputError, match=r"n_outliers|floor"):
        QuadraticValleyFamily(n, floor)


def test_a_floor_above_the_data_is_refused():
    log_loss = draw(np.random.default_rng(9), (20, 200))
    assert fit_stationary_exponent(log_loss, QuadraticValleyFamily(N, math.exp(log_loss.min())))
    with pytest.raises(InputError, match=r"below the floor 0\.315"):
        fit_stationary_exponent(log_loss, QuadraticValleyFamily(N, 1.05 * FLOOR))


@pytest.mark.parametrize("n", [1, 2, 7])
@pytest.mark.parametrize("exponent", [0.03, 3.0, 400.0])
@pytest.mark.parametrize("ratio", [1.0001, 1.4, 1e12])
def test_mean_of_a_valley_that_is_cut(n, exponent, ratio):
    """Against the derivative of the incomplete beta function, of many digits."""
    import mpmath

    exponent += n / 2

    def log_share(phi):
        return mpmath.log(mpmath.betainc(phi - n / 2, n / 2, 1 / mpmath.mpf(ratio), 1))

    with mpmath.workdps(40):
        expected = float(mpmath.log(0.4) - mpmath.diff(log_share, exponent))
    mean = QuadraticValleyFamily(n, 0.4, 0.4 * ratio).mean_log_loss(exponent)
    assert mean - math.log(0.4) == pytest.approx(expected - math.log(0.4), rel=1e-9)


def cut(log_loss, highest, shape):
    return log_loss[log_loss < math.log(highest)][: math.prod(shape)].reshape(shape)


def test_samples_that_were_cut_need_the_bound():
    rng, highest = np.random.default_rng(10), 1.4 * FLOOR
    samples = [cut(draw(rng, 3000), highest, (20, 60)) for _ in range(200)]
    valley = QuadraticValleyFamily(N, FLOOR, highest)
    fits = [fit_stationary_exponent(sample, valley) for sample in samples]
    assert coverage_is_nominal(fits, 200)
    whole = np.concatenate(samples[:20])
    with pytest.raises(
        InputError, match=r"0\.\d\d of the variance .* L\^-8\..*give .* highest_loss"
    ):
        fit_stationary_exponent(whole, VALLEY)
    # Negative control: with the bound the same samples are what they are, and so are whole ones.
    assert abs(fit_stationary_exponent(whole, valley).variance_ratio - 1) < 0.1
    fit_stationary_exponent(draw(rng, (400, 60)), VALLEY)
    with pytest.raises(InputError, match="above highest_loss"):
        fit_stationary_exponent(samples[0], QuadraticValleyFamily(N, FLOOR, 1.2 * FLOOR))


def test_the_test_of_the_variance_rejects_as_often_as_it_says():
    """Both ways of measuring the scatter; and a wrong dimension is found out."""
    rng = np.random.default_rng(11)
    n_fits, level = 200, 0.05
    scattered = [draw(rng, (40, 100)) for _ in range(n_fits)]
    correlated = [draw_correlated(rng, 1, 4000, rho=0.5) for _ in range(n_fits)]
    for samples in (scattered, correlated):
        fits = [fit_stationary_exponent(sample, VALLEY) for sample in samples]
        rejected = sum(fit.p_value < level for fit in fits)
        assert rejected < n_fits * level + Z * math.sqrt(n_fits * level * (1 - level))
        ratios = [fit.variance_ratio for fit in fits]
        assert abs(np.mean(ratios) - 1) < Z * np.std(ratios) / math.sqrt(n_fits)
    wrong = fit_stationary_exponent(draw(rng, (40, 4000)), QuadraticValleyFamily(N + 2, FLOOR))
    assert wrong.p_value < 1e-6


@pytest.mark.parametrize("highest", [FLOOR, 0.0, math.nan])
def test_refuses_a_bound_below_the_floor(highest):
    with pytest.raises(InputError, match="highest_loss must lie above the floor"):
        QuadraticValleyFamily(N, FLOOR, highest)
