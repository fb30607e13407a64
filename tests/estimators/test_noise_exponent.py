"""The noise exponent: recovered, its interval calibrated under correlation, and refusals."""

from __future__ import annotations

import numpy as np
import pytest

from landscape_sim.estimators.noise_exponent import fit_noise_exponent
from landscape_sim.validation import InputError


def run(exponent, seed, n=200, correlation=0.0, scatter=0.1):
    rng = np.random.default_rng(seed)
    loss = np.geomspace(1.0, 0.02, n)
    noise = np.zeros(n)
    kicks = rng.normal(size=n) * scatter
    noise[0] = kicks[0] / np.sqrt(1 - correlation**2)
    for i in range(1, n):
        noise[i] = correlation * noise[i - 1] + kicks[i]
    return loss, 5 * loss**exponent * np.exp(noise)


def coverage(correlation, shuffled=False, repeats=200):
    inside = 0
    for seed in range(repeats):
        loss, noise = run(1.0, seed, correlation=correlation)
        if shuffled:  # hides the correlation from the estimator
            order = np.random.default_rng(seed).permutation(loss.size)
            loss, noise = loss[order], noise[order]
        inside += 1.0 in fit_noise_exponent(loss, noise, n_resamples=400, seed=seed).interval
    return inside / repeats


def test_independent_scatter_is_covered_at_the_level():
    # 0.95 ± 0.0154 over 200 runs; 4.4 standard errors below is 0.882 (false alarm 1e-5).
    assert coverage(0.0) > 0.882


def test_correlated_scatter_is_covered_as_stated_and_only_thanks_to_the_blocks():
    # 0.92 is stated; 4.4 standard errors of 0.019 below it is 0.836 (false alarm 1e-5).
    assert coverage(0.8) > 0.836
    # Negative control: in another order the same scatter looks independent.
    assert coverage(0.8, shuffled=True) < 0.836


def test_another_exponent_is_told_apart():
    loss, noise = run(1.3, seed=1)
    fit = fit_noise_exponent(loss, noise)
    assert 1.3 in fit.interval
    assert 1.0 not in fit.interval


def test_a_curved_relation_widens_the_interval():
    loss, noise = run(1.0, seed=2, scatter=0.02)
    straight = fit_noise_exponent(loss, noise)
    bent = fit_noise_exponent(loss, noise * np.exp(0.1 * np.log(loss) ** 2))
    width = [fit.interval.high - fit.interval.low for fit in (straight, bent)]
    assert width[1] > 3 * width[0]
    assert bent.block_length > straight.block_length


def test_a_block_that_is_capped_says_so():
    loss, noise = run(1.0, seed=2, scatter=0.02)
    assert not fit_noise_exponent(loss, noise).block_is_capped
    # A parabola in log L leaves arches that are longer than any block.
    x = np.log(loss)
    arch = fit_noise_exponent(loss, noise * np.exp((x - x.mean()) ** 2))
    assert arch.block_is_capped
    assert arch.block_length == loss.size // 4


def test_the_window_is_kept_and_said():
    loss, noise = run(1.0, seed=3)
    noise[loss > 0.5] *= 10
    fit = fit_noise_exponent(loss, noise, window=(0.0, 0.5))
    inside = fit_noise_exponent(loss[loss <= 0.5], noise[loss <= 0.5])
    assert (fit.exponent, fit.interval) == (inside.exponent, inside.interval)
    assert fit.window[0] == pytest.approx(0.02)
    assert 0.48 < fit.window[1] <= 0.5
    assert fit.n_points == np.count_nonzero(loss <= 0.5)
    assert fit.decades == pytest.approx(np.log10(fit.window[1] / 0.02))


def test_a_seed_repeats_the_interval():
    loss, noise = run(1.0, seed=4)
    first, second = (fit_noise_exponent(loss, noise, seed=9) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("loss", "noise", "message"),
    [
        (np.geomspace(1, 0.2, 50), np.geomspace(1, 0.2, 50), "0.7 decades"),
        (np.geomspace(1, 0.01, 9), np.geomspace(1, 0.01, 9), "9 points"),
        (np.geomspace(1, 0.01, 50), np.zeros(50), "positive"),
        (np.geomspace(1, 0.01, 50), np.ones(49), "equal length"),
    ],
)
def test_what_gives_no_slope_is_refused(loss, noise, message):
    with pytest.raises(InputError, match=message) as caught:
        fit_noise_exponent(loss, noise)
    assert "\n" not in str(caught.value)
