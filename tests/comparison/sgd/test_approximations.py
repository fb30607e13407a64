"""The chain of approximations: every rate and link against an independent value."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from landscape_sim.comparison.sgd.approximations import (
    LINKS,
    STEPS,
    approximate_rates,
    ratio_of,
)
from landscape_sim.comparison.sgd.phase_problem import PhaseProblem
from landscape_sim.comparison.sgd.run import run_sgd_study
from landscape_sim.comparison.sgd.study import ApproximationSetting, ApproximationStudy
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.models import DataSet, PhaseModel, phase_regression
from landscape_sim.validation import InputError


def population(label_noise, n_phases=64):
    """Equidistant inputs, each with both signs of the label noise: averages are those of the law.

    The moments are trigonometric polynomials of low degree, which equidistant points sum exactly.
    """
    x = np.tile(2 * np.pi * np.arange(n_phases) / n_phases, 2)
    noise = np.repeat([label_noise, -label_noise], n_phases)
    return DataSet(PhaseModel(), x[None, :], np.sin(x) + noise)


def test_the_signal_part_of_the_noise_is_half_its_decoupled_value():
    """``E[s² cos²] − (½ sin θ)² = ½ sin²(θ/2)`` with ``s = sin(x + θ) − sin x``, at every ``θ``.

    ``E[s² cos²(x + θ)] = sin²(θ/2)(1 + ½ cos θ)`` is the second moment, ``2 E[ℓ C]``; of it
    ``∇L ∇Lᵀ = sin²(θ/2) cos²(θ/2)`` is still to be subtracted.
    """
    data = population(0.0)
    for theta in (0.3, 1.0, 2.0, math.pi):
        decoupled = 2 * float(data.landscape.loss((theta,))) * 0.5
        covariance = data.noise_covariance((theta,), 1, with_replacement=True)[0, 0]
        second = np.mean(data.sample_gradients((theta,))[0] ** 2)
        assert covariance / decoupled == pytest.approx(0.5, rel=1e-12)
        assert second / decoupled == pytest.approx(1 + 0.5 * math.cos(theta), rel=1e-12)
        # Negative control: the two are equal only where the gradient vanishes.
        assert theta == math.pi or abs(second / covariance - 1) > 0.01


def test_the_label_noise_is_decoupled_exactly():
    data = population(1.5)
    for theta in (0.0, 1.0, 3.0):
        covariance = data.noise_covariance((theta,), 1, with_replacement=True)[0, 0]
        exact = 0.5 * math.sin(theta / 2) ** 2 + 1.5**2 / 2
        assert covariance == pytest.approx(exact, rel=1e-12)


ETA, SIGMA = 1.0, 1.0


def signal(x):
    return np.sin(x / 2) ** 2


#: Noise of one sample, and ``log`` of the scale density: ``∫ L'/G``, in closed form where it is
#: one. With ``ds = ½ sin θ dθ`` and ``G = η Σ/2`` it is ``(2/η) ∫ ds/Σ``.
SECOND_ROOTS = [(1.5 + sign * math.sqrt(1.5**2 + 2 * SIGMA**2)) / 2 for sign in (1, -1)]
NOISE = {
    "exact_noise": (
        lambda s: (s + SIGMA**2) / 2,
        lambda s: 4 / ETA * np.log1p(s / SIGMA**2),
    ),
    "second_moment": (
        lambda s: 1.5 * s - s * s + SIGMA**2 / 2,
        lambda s: (
            2
            / ETA
            / (SECOND_ROOTS[0] - SECOND_ROOTS[1])
            * (np.log1p(-s / SECOND_ROOTS[1]) - np.log1p(-s / SECOND_ROOTS[0]))
        ),
    ),
    "decoupled": (
        lambda s: s + SIGMA**2 / 2,
        lambda s: 2 / ETA * np.log1p(2 * s / SIGMA**2),
    ),
}


def diffusion_rate(name):
    """``1/∫ s ∫ m``, from the minimum, a wall by symmetry, to its neighbour, by nested ``quad``."""
    noise, log_scale = NOISE[name]

    def inner(y):
        return quad(
            lambda z: (
                math.exp(log_scale(signal(y)) - log_scale(signal(z))) / (ETA / 2 * noise(signal(z)))
            ),
            *(0.0, y),
            limit=200,
        )[0]

    return 1 / quad(inner, 0.0, 2 * np.pi, points=[np.pi], limit=200)[0]


def gaussian_chain_rate(n=400):
    """By Nyström's method on Gauss's nodes, with the covariance in closed form."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    x, w = 2 * np.pi * nodes, 2 * np.pi * weights
    deviation = ETA * np.sqrt(NOISE["exact_noise"][0](signal(x)))
    kernel = norm.pdf(x[None, :], (x - ETA * np.sin(x) / 2)[:, None], deviation[:, None]) * w
    steps = np.linalg.solve(np.eye(n) - kernel, np.ones(n))
    at_start = norm.pdf(x, 0.0, ETA * math.sqrt(SIGMA**2 / 2)) * w
    return 1 / (ETA * (1 + at_start @ steps))


@pytest.fixture(scope="module")
def rates():
    return approximate_rates(PhaseProblem.of_data(population(SIGMA)), SGD(ETA, 1), n_nodes=300)


@pytest.fixture(scope="module")
def independent():
    """Every rate but that of SGD. Eq. (15) is ``(1/2π)·½·(L^s/L*)^−(B/ηh* + ½)``, twice."""
    formula = 2 / (2 * math.pi) * 0.5 * (1 + 2 / SIGMA**2) ** -(2 / ETA + 0.5)
    return {
        "gaussian_chain": gaussian_chain_rate(),
        **{name: diffusion_rate(name) for name in NOISE},
        "formula": formula,
    }


def test_every_rate_is_the_independent_one(rates, independent):
    for name, exact in independent.items():
        rate, error = rates[name]
        # quad and Simpson's rule both stand to 1e-6; closed forms to rounding.
        assert abs(rate - exact) <= error + 2e-6 * exact
    assert all(rates[step][1] < 2e-3 * rates[step][0] for step in STEPS)


def test_every_link_is_the_independent_one(rates, independent):
    for i, link in enumerate(LINKS[1:], start=1):
        before, after = STEPS[i], STEPS[i + 1]
        ratio, error = ratio_of(rates[before], rates[after])
        exact = independent[before] / independent[after]
        assert abs(ratio - exact) <= error + 4e-6 * exact
        # Negative control: no link is equal to the next.
        other = [independent[a] / independent[b] for a, b in pairwise(STEPS[1:])]
        assert all(abs(ratio - r) > error + 4e-6 * exact for r in other if r != exact), link


def test_neglecting_the_mean_gradient_and_decoupling_in_the_limit():
    """Kramers with noise that varies: ``(1/2π) sqrt(h*|h^s| G*/G^s) e^{−ΔΦ}`` a saddle, hence

    ``(c)/(d) → sqrt((2 + σ²)/(1 + σ²)) (1 + 1/σ²)^{−4B/η} (1 + 2/σ²)^{2B/η}`` as ``η/B → 0``.
    """
    problem = PhaseProblem.of_data(population(SIGMA))
    excess = []
    for n_batch in (2, 4):
        rates = approximate_rates(problem, SGD(ETA, n_batch), steps=STEPS[2:5])
        ratio, _ = ratio_of(rates["exact_noise"], rates["decoupled"])
        limit = math.sqrt(1.5) * 2.0 ** (-4 * n_batch / ETA) * 3.0 ** (2 * n_batch / ETA)
        excess.append(ratio / limit - 1)
    # The correction is of first order in η/B, which was halved; a third leaves room for the next.
    assert abs(excess[1]) < 0.67 * abs(excess[0])
    assert abs(excess[1]) < 0.25


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
        rates = approximate_rates(problem, SGD(eta, n_batch), steps=STEPS[4:])
        kramers.append(ratio_of(rates["decoupled"], rates["formula"])[0] - 1)
    for eta, n_batch in ((1.6, 4), (0.4, 1)):
        rates = approximate_rates(problem, SGD(eta, n_batch), n_nodes=200, steps=STEPS[1:3])
        chain.append(ratio_of(rates["gaussian_chain"], rates["exact_noise"])[0] - 1)
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
        rates = approximate_rates(
            problem, SGD(0.5 * n_batch, n_batch), n_nodes=200, steps=STEPS[:3]
        )
        gaussian.append(ratio_of(rates["sgd"], rates["gaussian_chain"]))
        chain.append(ratio_of(rates["gaussian_chain"], rates["exact_noise"]))
    for (low, low_error), (high, high_error) in zip(
        gaussian, [*gaussian[1:], (1.0, 0.0)], strict=True
    ):
        assert low + low_error < high - high_error
    # At the smallest η the first link is the further one from one, by many errors.
    (first, first_error), (second, second_error) = gaussian[0], chain[0]
    assert 1 - first > abs(1 - second) + 10 * (first_error + second_error)


def test_a_row_has_every_link_with_its_error_and_sgd_simulated():
    setting = ApproximationSetting(learning_rate=1.0, batch_size=1, label_noise=1.0)
    study = ApproximationStudy(settings=(setting,), data_samples=400, n_paths=400, exact_nodes=200)
    (row,) = run_sgd_study(study).rows()
    relative = sum(row[f"link_{link}_error"] / row[f"link_{link}"] for link in LINKS)
    product = math.prod(row[f"link_{link}"] for link in LINKS)
    assert abs(product / row["total"] - 1) <= relative < 0.02
    # SGD, simulated, is on its own: over the Gaussian chain, it is the first link.
    assert row["link_gaussian_noise_low"] <= row["link_gaussian_noise"]
    assert row["link_gaussian_noise"] <= row["link_gaussian_noise_high"]
    assert row["n_runs"] == row["n_events"] + row["n_censored"] == 400
    assert row["low"] <= row["total"] * row["rate_formula"] <= row["high"]
    assert row["law_over_sgd"] == pytest.approx(row["rate_law"] / row["rate_sgd"], rel=1e-12)
    # Negative control: without the decoupling link the chain does not close.
    broken = row["total"] / row["link_decoupling"] * row["rate_formula"]
    assert not row["low"] <= broken <= row["high"]


def test_a_rare_escape_leaves_the_other_links_and_says_why():
    study = ApproximationStudy(
        settings=(ApproximationSetting(learning_rate=0.1, batch_size=1, label_noise=1.0),),
        data_samples=300,
        exact_nodes=60,
    )
    (row,) = run_sgd_study(study).rows()
    assert row["rate_sgd"] is row["total"] is row["rate_simulated"] is None
    assert row["link_decoupling"] is not None
    assert "no rate_sgd" in row["refusals"]


@pytest.mark.parametrize(
    ("change", "message"),
    [({"learning_rate": 9.0}, "η = 9.*2/h"), ({"batch_size": 101}, "B = 101.*exceeds the 100")],
)
def test_refuses_before_the_first_case(change, message):
    good = {"learning_rate": 1.0, "batch_size": 1, "label_noise": 1.0}
    settings = tuple(ApproximationSetting(**case) for case in (good, {**good, **change}))
    with pytest.raises(InputError, match=message) as refusal:
        run_sgd_study(ApproximationStudy(data_samples=100, settings=settings))
    assert "\n" not in str(refusal.value)
