"""Section 5.3 (i): the exponent of the stationary law, exact and sampled."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from landscape_sim.comparison.sgd.run import run_sgd_study
from landscape_sim.comparison.sgd.stationary import exact_exponent, sampled_law
from landscape_sim.comparison.sgd.study import StationaryStudy
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.ensembles.sgd import sample_sgd_stationary
from landscape_sim.estimators import QuadraticValleyFamily, fit_stationary_exponent
from landscape_sim.models import DataSet, LinearModel, gaussian_regression
from landscape_sim.validation import InputError

Z = 4.4  # false alarm 1.1e-5


def covered(exponent, intervals):
    return sum(exponent in interval for interval in intervals)


@pytest.mark.parametrize(("eta", "n_batch"), [(0.3, 1), (1.0, 4), (1.0, 1)])
def test_intervals_of_phi_cover_the_exact_value(eta, n_batch):
    """Of 200 intervals at 95 %, a binomial number covers; both bounds at 1e-5 each."""
    data = gaussian_regression(dimension=1, n_samples=1000, seed=1)
    rule, repeats, n_paths = SGD(eta, n_batch), 200, 20
    exact, error = exact_exponent(data, rule)
    sample = sample_sgd_stationary(
        *(data, rule, data.landscape.centre),
        n_paths=repeats * n_paths,
        n_samples=25,
        steps_per_sample=50,
        burn_in_samples=4,
        seed=2,
    )
    log_loss = np.log(data.landscape.loss((sample.positions[:, :, 0],)))
    family = QuadraticValleyFamily(1, data.landscape.floor)
    fits = [
        fit_stationary_exponent(block, family) for block in log_loss.reshape(repeats, n_paths, -1)
    ]
    assert error < 0.1 * min(fit.standard_error for fit in fits)
    n_covered = covered(exact, [fit.interval for fit in fits])
    low, high = binom.ppf([1e-5, 1 - 1e-5], repeats, 0.95)
    assert low <= n_covered <= high
    # Negative control: the prediction for η → 0 is not covered.
    predicted = 1 + n_batch / (eta * data.landscape.moments[0][0])
    assert covered(predicted, [fit.interval for fit in fits]) < low


@pytest.mark.parametrize("eta", [1.5, 1.9])
def test_a_heavy_tail_is_followed_to_its_end(eta):
    """The tail power is 0.5 and 0.2: a grid up to nine e-foldings cuts per cents of it off.

    Fitted to samples of SGD, as an independent value: 4·10⁵ of them, 50 steps apart.
    """
    data = gaussian_regression(dimension=1, n_samples=2000, seed=1)
    exact, error = exact_exponent(data, SGD(eta, 1))
    sample = sample_sgd_stationary(
        *(data, SGD(eta, 1), data.landscape.centre),
        n_paths=2000,
        n_samples=200,
        steps_per_sample=50,
        burn_in_samples=20,
        seed=4,
    )
    log_loss = np.log(data.landscape.loss((sample.positions[:, :, 0],)))
    fit = fit_stationary_exponent(log_loss, QuadraticValleyFamily(1, data.landscape.floor))
    assert error < fit.standard_error
    assert abs(fit.exponent - exact) < Z * fit.standard_error + error
    # Negative control: two per cent of the distance from the lowest exponent, as the cut makes.
    assert abs(fit.exponent - exact - 0.02 * (exact - 0.5)) > Z * fit.standard_error + error


def moments_exponent(data, eta):
    """``φ`` for a small learning rate, from the moments of ``u' = A u + C`` to third order.

    ``E log(1 + v) = m_1 − m_2/2 + m_3/3 − …`` with ``v = h u²/2L*``, and ``E u^k`` solves
    ``E u^k = Σ_j binom(k, j) E[A^j C^{k−j}] E u^j``: exact, as all moments exist.
    """
    landscape, x = data.landscape, data.inputs[0]
    a = 1 - eta * x**2
    c = eta * x * (data.targets - landscape.centre[0] * x)
    moments = [1.0]
    for k in range(1, 11):
        lower = sum(math.comb(k, j) * np.mean(a**j * c ** (k - j)) * moments[j] for j in range(k))
        moments.append(lower / (1 - np.mean(a**k)))
    scale = landscape.moments[0][0] / (2 * landscape.floor)
    terms = [(-1) ** (m + 1) * scale**m * moments[2 * m] / m for m in range(1, 6)]
    family = QuadraticValleyFamily(1, 1.0)
    low, high = 1.0, 1e6
    for _ in range(200):  # bisection: the mean falls with φ
        middle = math.sqrt(low * high)
        low, high = (middle, high) if family.mean_log_loss(middle) > sum(terms) else (low, middle)
    return middle, abs(terms[-1] / terms[0])


@pytest.mark.parametrize("eta", [1e-4, 1e-3, 1e-2])
def test_small_learning_rates_agree_with_the_moments(eta):
    data = gaussian_regression(dimension=1, n_samples=300, seed=0)
    exact, error = exact_exponent(data, SGD(eta, 1))
    expected, left_out = moments_exponent(data, eta)
    assert abs(exact - expected) < error + left_out * expected
    assert error < 2e-3 * exact
    # Negative control: the prediction for η → 0 is further away.
    predicted = 1 + 1 / (eta * data.landscape.moments[0][0])
    assert abs(exact - predicted) > error + left_out * expected


def test_small_learning_rates_are_watched_for_long_enough():
    """At ``η = 10⁻⁴`` 2000 steps are a fifth of a relaxation time: the law is not there yet."""
    study = StationaryStudy(data_samples=300, n_paths=400, path_samples=20)
    data = gaussian_regression(dimension=1, n_samples=300, seed=0)
    rule = SGD(1e-4, 1)
    exact, _ = exact_exponent(data, rule)
    family = QuadraticValleyFamily(1, data.landscape.floor)

    def fit(sample):
        return fit_stationary_exponent(
            np.log(data.landscape.loss((sample.positions[:, :, 0],))), family
        )

    good = fit(sampled_law(study, data, rule, 1))
    assert abs(good.exponent - exact) < Z * good.standard_error
    assert good.effective_samples > 1000
    # Negative control: the paper's protocol, which is right for η h = 0.01 and above.
    short = fit(
        sample_sgd_stationary(
            *(data, rule, data.landscape.centre),
            n_paths=study.n_paths,
            n_samples=study.path_samples,
            steps_per_sample=study.steps_per_sample,
            burn_in_samples=study.burn_in_samples,
            seed=1,
        )
    )
    assert abs(short.exponent - exact) > Z * short.standard_error
    # Where the protocol is right it is kept.
    kept = sampled_law(study, data, SGD(0.1, 1), 1)
    assert kept.path_steps == 400 * (20 + study.burn_in_samples) * study.steps_per_sample


@pytest.mark.slow
def test_an_open_number_is_none_with_its_reason():
    """No ``φ`` where the grid cannot follow the tail; the other numbers stay."""
    study = StationaryStudy(
        data_samples=2000, learning_rates=(1.9,), batch_sizes=(1, 2), n_paths=10, path_samples=50
    )
    first, second = run_sgd_study(study).rows()
    assert first["exact_error"] < 1e-3
    assert first["refusals"] is None
    assert second["exact"] is None
    assert "heavy" in second["refusals"]
    assert second["low"] < second["fitted"] < second["high"]


def heavy_data():
    """Inputs of which one is huge: gradient descent is stable, single samples are not."""
    x = np.full(100, 0.1)
    x[:60] = 3.0
    return DataSet(LinearModel(1), x[None, :], np.random.default_rng(0).normal(size=100))


def test_stationarity_is_that_of_the_data():
    """A Gaussian of the same ``h`` has a stationary law at this rate; these inputs have none."""
    data, rate = heavy_data(), 0.35
    assert rate < data.stability_bound(data.landscape.centre)
    growth = np.mean(np.log(np.abs(1 - rate * data.inputs[0] ** 2)))
    assert growth > 0
    with pytest.raises(InputError, match="no stationary law"):
        exact_exponent(data, SGD(rate, 1))


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (lambda: run_sgd_study(StationaryStudy(learning_rates=(0.1, 2.5))), "η = 2.5"),
        (lambda: run_sgd_study(StationaryStudy(learning_rates=(2.5,))), "2/h"),
        (
            lambda: run_sgd_study(StationaryStudy(batch_sizes=(50,), data_samples=20)),
            "exceeds the 20",
        ),
        (
            lambda: exact_exponent(
                gaussian_regression(dimension=1, n_samples=50, seed=0), SGD(3.9, 1)
            ),
            "diverges",
        ),
    ],
)
def test_refuses_in_one_line(run, message):
    with pytest.raises(InputError, match=message) as refusal:
        run()
    assert "\n" not in str(refusal.value)
