"""Section 5.3 and the chain of approximations: do the answers meet where they should?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from landscape_sim.comparison.chain import LINKS, PhaseProblem, chain_rates, chain_rows
from landscape_sim.comparison.regression import exact_exponent, stationary_rows
from landscape_sim.comparison.regression_passage import passage_rows, passage_slopes
from landscape_sim.comparison.regression_studies import (
    ChainSetting,
    ChainStudy,
    PassageStudy,
    StationaryStudy,
)
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.ensembles.sgd import sample_sgd_stationary, simulate_sgd_first_passage
from landscape_sim.estimators import (
    QuadraticValleyFamily,
    estimate_rate,
    fit_stationary_exponent,
)
from landscape_sim.exact.discrete_chain import discrete_mean_first_passage_time
from landscape_sim.exact.interval import interval_exit_time
from landscape_sim.exact.landing_law import gaussian_law
from landscape_sim.exact.regression_radial import regression_passage_time
from landscape_sim.models import (
    LossLevel,
    gaussian_regression,
    phase_regression,
)
from landscape_sim.theory.power_law import power_law_escape_rate
from landscape_sim.validation import InputError


def covered(exponent, intervals):
    return sum(exponent in interval for interval in intervals)


@pytest.mark.parametrize(("eta", "n_batch"), [(0.3, 1), (1.0, 4)])
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


TEMPERATURE, RATIO = 0.2, 1.5


def radial_time(covariance):
    """Mean time to ``c L*`` with ``h = 1`` and ``L* = ½``: in one dimension an interval."""
    edge = math.sqrt(RATIO - 1)
    return interval_exit_time(
        lambda u: -u, lambda u: TEMPERATURE / 2 * covariance(u), 0.0, -edge, edge
    ).mean_time


def gaussian_time(covariance, eta):
    """The same for the chain with normal noise, whose ``B = η/T`` need not be an integer."""
    edge = math.sqrt(RATIO - 1)
    law = gaussian_law(
        lambda u: -eta * u, lambda u: float(np.sqrt(eta * TEMPERATURE * covariance(u)))
    )
    return eta * discrete_mean_first_passage_time(law, 0.0, -edge, edge, n_nodes=200).mean_steps


COVARIANCES = {"decoupled": lambda u: 1.0 + u * u, "exact": lambda u: 1.0 + 2.0 * u * u}


@pytest.mark.parametrize("name", COVARIANCES)
def test_passages_tend_to_the_radial_solution(name):
    """``η → 0`` at fixed ``B/η``: extrapolated in ``sqrt η``, because of the overshoot.

    The change under one more order is taken as the error of the extrapolation.
    """
    covariance = COVARIANCES[name]
    etas = np.array([0.01, 0.02, 0.04, 0.08, 0.16])
    times = [gaussian_time(covariance, eta) for eta in etas]
    second, third = (np.polyfit(np.sqrt(etas), times, order)[-1] for order in (2, 3))
    limit, error = radial_time(covariance), abs(third - second)
    if name == "exact":
        by_radius = regression_passage_time(
            RATIO, temperature=TEMPERATURE, curvature=1.0, dimension=1
        )
        assert by_radius.mean_time == pytest.approx(limit, rel=1e-6)
    assert error < 0.05 * limit
    assert abs(third - limit) < error
    # Negative control: the other covariance has another limit.
    (other,) = (COVARIANCES[other] for other in COVARIANCES if other != name)
    assert abs(third - radial_time(other)) > error


def test_simulated_passages_of_a_regression_take_the_exact_time():
    data = gaussian_regression(dimension=1, n_samples=500, seed=3)
    landscape, (centre,) = data.landscape, data.landscape.centre
    edge = math.sqrt(2 * 1.0 * landscape.floor / landscape.moments[0][0])
    level = LossLevel.of_ratio(landscape, 2.0, landscape.floor)
    found = simulate_sgd_first_passage(
        *(data, SGD(0.3, 1), (centre,), level), n_paths=2000, max_time=1e5, seed=4
    )
    equal = np.full(data.n_samples, 1 / data.n_samples)

    def deviation(eta):
        exact = 0.3 * (
            discrete_mean_first_passage_time(
                lambda u: (-eta * data.sample_gradients((u,))[0], equal),
                *(centre, centre - edge, centre + edge),
                n_nodes=200,
            ).mean_steps
        )
        return (found.times.mean() - exact) / (found.times.std() / math.sqrt(found.times.size))

    assert found.n_censored == 0
    assert abs(deviation(0.3)) < 4.4
    # Negative control: a learning rate that is 5 % larger.
    assert abs(deviation(0.315)) > 4.4


@pytest.fixture(scope="module")
def problem():
    return PhaseProblem.of_data(phase_regression(label_noise=1.0, n_samples=400, seed=5))


def test_covariance_is_interpolated_exactly(problem):
    for phase in (0.123, 2.9, -5.0):
        exact = problem.data.noise_covariance((phase,), 1, with_replacement=True)[0, 0]
        assert problem.covariance(np.array([phase]))[0] == pytest.approx(exact, rel=1e-12)


def test_the_last_links_close(problem):
    """``(d)/(e) → 1`` as ``T → 0`` and ``(b)/(c) → 1`` as ``η → 0`` at fixed ``η/B``."""
    kramers, chain = [], []
    for eta, n_batch in ((1.2, 4), (0.6, 4)):
        rates = chain_rates(problem, SGD(eta, n_batch), n_nodes=200)
        kramers.append(rates["rate_decoupled"] / rates["rate_formula"] - 1)
    for eta, n_batch in ((1.6, 4), (0.4, 1)):
        rates = chain_rates(problem, SGD(eta, n_batch), n_nodes=200)
        chain.append(rates["rate_gaussian_chain"] / rates["rate_exact_noise"] - 1)
    # Kramers' correction is of first order in T, which was halved; a third leaves room for T².
    assert abs(kramers[1]) < 0.67 * abs(kramers[0])
    assert abs(chain[1]) < 0.5 * abs(chain[0])


def test_real_batches_do_not_become_gaussian(problem):
    """At fixed ``B/η`` the limit ``η → 0`` of SGD is no diffusion.

    Every sample is a kick ``(η/B) ∇ℓ = T ∇ℓ/h``, and ``1/T`` of them come per unit of ``h t``: the
    third cumulant grows at the rate ``T² E g³``, whatever ``η``. So the first link, unlike the
    second, does not close with ``η``.
    """
    gaussian, chain = [], []
    for n_batch in (1, 2, 3):
        rates = chain_rates(problem, SGD(0.5 * n_batch, n_batch), n_nodes=200)
        gaussian.append(rates["rate_sgd"] / rates["rate_gaussian_chain"])
        chain.append(rates["rate_gaussian_chain"] / rates["rate_exact_noise"])
    assert gaussian[0] < gaussian[1] < gaussian[2] < 1.0
    assert gaussian[0] < 0.8
    assert abs(chain[0] - 1) < 0.1


def test_links_multiply_to_the_whole():
    setting = ChainSetting(learning_rate=1.0, batch_size=1, label_noise=1.0)
    study = ChainStudy(settings=(setting,), data_samples=400, n_paths=400, exact_nodes=200)
    (row,) = chain_rows(study)
    assert math.prod(row[f"link_{link}"] for link in LINKS) == pytest.approx(row["total"])
    data = phase_regression(label_noise=1.0, n_samples=400, seed=0)
    problem = PhaseProblem.of_data(data)
    h = float(problem.minimum.eigenvalues[0])
    formula = sum(
        power_law_escape_rate(
            problem.minimum, s, learning_rate=1.0, batch_size=1, outlier_curvature=h
        ).rate
        for s in problem.saddles
    )
    # SGD, simulated, over the formula, both on their own.
    assert row["low"] <= row["total"] * formula <= row["high"]
    assert row["n_events"] + row["n_censored"] == 400
    # Negative control: without the decoupling link the chain does not close.
    assert not row["low"] <= row["total"] / row["link_decoupling"] * formula <= row["high"]


def test_passages_count_the_censored_and_give_slopes():
    study = PassageStudy(
        data_samples=500,
        dimensions=(1, 2),
        loss_ratios=(1.5, 2.0, 2.5),
        slope_from=1.5,
        max_time=300.0,
        n_paths=60,
    )
    rows = list(passage_rows(study))
    assert len(rows) == 6
    assert all(row["n_events"] + row["n_censored"] == 60 for row in rows)
    assert any(row["n_censored"] for row in rows)
    slopes = passage_slopes(study, rows)
    assert [slope["dimension"] for slope in slopes] == [1, 2]
    assert slopes[0]["predicted"] == pytest.approx(10.5)
    assert slopes[1]["low"] < slopes[1]["fitted"] < slopes[1]["high"]


def test_intervals_of_mean_times_use_the_exposure():
    data = gaussian_regression(dimension=1, n_samples=500, seed=0)
    level = LossLevel.of_ratio(data.landscape, 2.0, data.landscape.floor)
    found = simulate_sgd_first_passage(
        *(data, SGD(0.3, 1), data.landscape.centre, level), n_paths=200, max_time=15.0, seed=0
    )
    assert found.n_censored > 20
    rate = estimate_rate(found)
    assert rate.exposure == pytest.approx(found.times.sum())


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (lambda: next(stationary_rows(StationaryStudy(learning_rates=(2.5,)))), "2/h"),
        (
            lambda: next(stationary_rows(StationaryStudy(batch_sizes=(50,), data_samples=20))),
            "exceeds the 20",
        ),
        (lambda: next(passage_rows(PassageStudy(loss_ratios=(0.8,)))), "above the loss L"),
        (lambda: next(passage_rows(PassageStudy(dimensions=(30,), data_samples=20))), "d = 30"),
        (
            lambda: next(
                chain_rows(
                    ChainStudy(
                        data_samples=100,
                        settings=(ChainSetting(learning_rate=9, batch_size=1, label_noise=1),),
                    )
                )
            ),
            "2/h",
        ),
        (
            lambda: exact_exponent(
                gaussian_regression(dimension=1, n_samples=50, seed=0), SGD(3.9, 1)
            ),
            "no stationary law",
        ),
    ],
)
def test_refuses_in_one_line(run, message):
    with pytest.raises(InputError, match=message) as refusal:
        run()
    assert "\n" not in str(refusal.value)
