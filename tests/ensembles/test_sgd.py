"""SGD on data against closed forms and against the exact chain in discrete time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from landscape_sim.dynamics.sgd import (
    SGD,
    GaussianLabelNoise,
    HeavyBallSGD,
    StableLabelNoise,
)
from landscape_sim.ensembles.sgd import sample_sgd_stationary, simulate_sgd_first_passage
from landscape_sim.exact.discrete_chain import discrete_mean_first_passage_time
from landscape_sim.landscapes import HalfSpace
from landscape_sim.models import (
    DataSet,
    LinearModel,
    LossLevel,
    Outside,
    gaussian_regression,
    phase_regression,
    rank_one_regression,
)
from landscape_sim.validation import InputError

#: Two-sided false-alarm rate 1.1e-5 a comparison.
Z = 4.4
LINE = gaussian_regression(dimension=1, n_samples=500, seed=0)
PHASE = phase_regression(label_noise=1.0, n_samples=400, seed=1)
#: Equal inputs: SGD is then a linear recursion with constant coefficients.
FLAT = DataSet(LinearModel(1), np.ones((1, 200)), np.random.default_rng(2).normal(size=200))


def sample(data, rule, **change):
    settings = {
        "n_paths": 400,
        "n_samples": 100,
        "steps_per_sample": 20,
        "burn_in_samples": 10,
        "seed": 3,
        **change,
    }
    return sample_sgd_stationary(data, rule, data.landscape.centre, **settings)


def deviation(per_path, exact):
    """Deviation of the mean over independent paths, in standard errors."""
    return (per_path.mean() - exact) / (per_path.std(ddof=1) / math.sqrt(per_path.size))


def mean_square(drawn, data):
    return ((drawn.positions[:, :, 0] - data.landscape.centre[0]) ** 2).mean(axis=1)


@pytest.mark.parametrize("n_batch", [1, 4])
def test_variance_of_a_regression(n_batch):
    """``E u² (1 − E A²) = E C²`` for ``u' = A u + C``: exact for this data set, as ``E u = 0``."""
    x, eta = LINE.inputs[0], 0.2
    r = LINE.targets - LINE.landscape.centre[0] * x
    h, noise = np.mean(x**2), np.mean((x * r) ** 2)
    square = 1 - 2 * eta * h + eta**2 * (h**2 + np.var(x**2) / n_batch)
    exact = eta**2 * noise / n_batch / (1 - square)
    per_path = mean_square(sample(LINE, SGD(eta, n_batch)), LINE)
    assert abs(deviation(per_path, exact)) < Z
    # Negative control: the variance of the Langevin equation, η/2B times the noise at the minimum.
    assert abs(deviation(per_path, eta * noise / (2 * n_batch * h))) > Z


def test_momentum_has_the_variance_of_its_recursion():
    """``Var θ = η s (1 + μ) / [h (1 − μ)(2(1 + μ) − η h)]`` with ``s`` the noise of a batch."""
    eta, momentum, n_batch = 0.3, 0.6, 2
    noise = np.var(FLAT.targets) / n_batch
    exact = eta * noise * (1 + momentum) / ((1 - momentum) * (2 * (1 + momentum) - eta))
    rule = HeavyBallSGD(eta, n_batch, momentum)
    per_path = mean_square(sample(FLAT, rule), FLAT)
    assert abs(deviation(per_path, exact)) < Z
    # Negative control: SGD of the learning rate η/(1 − μ), equal for small η only.
    effective = eta / (1 - momentum)
    assert abs(deviation(per_path, effective * noise / (2 - effective))) > Z


def test_label_noise_adds_to_the_variance():
    """``Var θ = η (Var y + s²) / [B (2 − η)]``."""
    eta, n_batch, shift = 0.3, 2, 0.8
    drawn = sample(FLAT, SGD(eta, n_batch, GaussianLabelNoise(shift)))
    per_path = mean_square(drawn, FLAT)
    own = np.var(FLAT.targets)
    assert abs(deviation(per_path, eta * (own + shift**2) / (n_batch * (2 - eta)))) < Z
    assert abs(deviation(per_path, eta * own / (n_batch * (2 - eta)))) > Z


@pytest.mark.parametrize("stability", [0.8, 1.5])
def test_stable_noise_gives_a_stable_law(stability):
    """``θ' = (1 − η) θ + η ξ``: stable of scale ``η s_B / (1 − (1 − η)^α)^(1/α)``."""
    eta, n_batch, scale = 0.25, 3, 0.5
    data = DataSet(LinearModel(1), np.ones((1, 10)), np.full(10, 0.0))
    noise = StableLabelNoise.of_stability(stability, scale)
    drawn = sample_sgd_stationary(
        *(data, SGD(eta, n_batch, noise), (0.0,)),
        n_paths=2000,
        n_samples=20,
        steps_per_sample=20,
        burn_in_samples=5,
        seed=5,
    )
    mean_scale = scale * n_batch ** (1 / stability - 1)
    width = eta * mean_scale / (1 - (1 - eta) ** stability) ** (1 / stability)
    for wave in (0.5, 1.0, 2.0):
        per_path = np.cos(wave / width * drawn.positions[:, :, 0]).mean(axis=1)
        assert abs(deviation(per_path, math.exp(-(wave**stability)))) < Z
    # Negative control: a batch that averaged like a variance, s B^−1/2.
    wrong = width * n_batch ** (0.5 - 1 / stability)
    per_path = np.cos(drawn.positions[:, :, 0] / wrong).mean(axis=1)
    assert abs(deviation(per_path, math.exp(-1.0))) > Z


def test_stable_noise_escapes_in_one_jump():
    """The mean exit time grows like ``a^α``, whatever lies between: ``η / P(|η ξ| > a)``.

    ``P(|X| > x) → (2/π) Γ(α) sin(πα/2) (s/x)^α``; a spread of 2 % of ``a`` before the jump changes
    the time by less than the 2.2 % of one standard error.
    """
    eta, stability, scale = 0.5, 1.5, 0.01
    data = DataSet(LinearModel(1), np.ones((1, 10)), np.zeros(10))
    rule = SGD(eta, 1, StableLabelNoise.of_stability(stability, scale))

    def times(edge):
        return simulate_sgd_first_passage(
            data, rule, (0.0,), Outside((0.0,), edge), n_paths=2000, max_time=1e7, seed=8
        ).times

    def one_jump(edge, power):
        constant = 2 / math.pi * math.gamma(power) * math.sin(math.pi * power / 2)
        return eta / (constant * (eta * scale / edge) ** power)

    near, far = times(1.0), times(2.0)
    assert abs(deviation(near, one_jump(1.0, stability))) < Z
    assert abs(deviation(far, one_jump(2.0, stability))) < Z
    # Negative control: the exponent of another index.
    assert abs(deviation(far, near.mean() * 2**1.8)) > Z


def phase_passage(rule, **change):
    settings = {"n_paths": 2000, "max_time": 1e6, "seed": 6, **change}
    return simulate_sgd_first_passage(PHASE, rule, (0.0,), Outside((0.0,), 2 * np.pi), **settings)


@pytest.mark.parametrize(("eta", "n_batch"), [(1.0, 1), (1.5, 2)])
def test_phase_slips_take_the_exact_time(eta, n_batch):
    equal = np.full(PHASE.n_samples, 1 / PHASE.n_samples)

    def exact(scale):
        return eta * (
            discrete_mean_first_passage_time(
                lambda x: (-scale * eta * PHASE.sample_gradients((x,))[0], equal),
                *(0.0, -2 * np.pi, 2 * np.pi),
                batch_size=n_batch,
                n_nodes=300,
            ).mean_steps
        )

    times = phase_passage(SGD(eta, n_batch)).times
    assert abs(deviation(times, exact(1.0))) < Z
    # Negative control: gradients larger by 3 %.
    assert abs(deviation(times, exact(1.03))) > Z


def test_threads_do_not_matter_and_first_paths_stay():
    rule = SGD(1.0, 1)
    one = phase_passage(rule, n_paths=60, n_threads=1)
    many = phase_passage(rule, n_paths=60, n_threads=4)
    few = phase_passage(rule, n_paths=10)
    np.testing.assert_array_equal(one.times, many.times)
    np.testing.assert_array_equal(one.times[:10], few.times)
    assert not np.array_equal(one.times[:10], phase_passage(rule, n_paths=10, seed=7).times)
    first, second = (sample(LINE, SGD(0.2, 1), n_threads=n).positions for n in (1, 3))
    np.testing.assert_array_equal(first, second)


def test_unfinished_paths_are_censored():
    found = phase_passage(SGD(0.5, 1), n_paths=50, max_time=100.2)
    assert found.n_censored > 0
    np.testing.assert_allclose(found.times[found.is_censored], 100.0)
    assert found.times.size == 50


def test_full_batches_are_gradient_descent():
    """``B = N`` without replacement: no noise, so the loss never reaches a level above."""
    level = LossLevel.of_ratio(LINE.landscape, 1.0001, LINE.landscape.floor)
    found = simulate_sgd_first_passage(
        *(LINE, SGD(0.5, LINE.n_samples), LINE.landscape.centre, level),
        n_paths=2,
        max_time=50.0,
        seed=0,
        with_replacement=False,
    )
    assert found.n_censored == 2


def test_epochs_keep_the_noise_down():
    """Shuffling makes the batches of an epoch cancel: less noise when an epoch is short."""
    small = gaussian_regression(dimension=1, n_samples=20, seed=3)
    free = mean_square(sample(small, SGD(0.05, 1)), small).mean()
    shuffled = mean_square(sample(small, SGD(0.05, 1), with_replacement=False), small).mean()
    assert shuffled < 0.6 * free


def test_a_network_leaves_its_valley_over_the_saddle():
    data = rank_one_regression(signal=1.0, label_noise=0.5, n_samples=500, seed=4)
    root = math.sqrt(0.5)
    target = HalfSpace(math.sqrt(2.0), (-root, -root))
    start = (1.0, 1.0)
    found = simulate_sgd_first_passage(
        *(data, SGD(0.2, 1), start, target), n_paths=50, max_time=1e5, seed=0
    )
    calm = simulate_sgd_first_passage(
        *(data, SGD(0.2, 50), start, target), n_paths=20, max_time=1e3, seed=0
    )
    assert found.n_censored == 0
    assert calm.n_events == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: phase_passage(SGD(5.0, 1)), "stability bound 2/h"),
        (lambda: phase_passage(SGD(0.5, 401)), "exceeds the 400"),
        (lambda: phase_passage(SGD(-0.5, 1)), "learning_rate"),
        (lambda: phase_passage(HeavyBallSGD(0.5, 1, 1.0)), "momentum"),
        (lambda: phase_passage(SGD(0.5, 1), n_paths=0), "n_paths"),
        (lambda: phase_passage(SGD(0.5, 1), max_time=0.1), "max_time"),
        (lambda: sample(LINE, SGD(1.99, 1)), "diverged|diverges"),
        (lambda: StableLabelNoise.of_stability(2.5, 1.0), "2.5"),
        (
            lambda: simulate_sgd_first_passage(
                *(PHASE, SGD(0.5, 1), (7.0,), Outside((0.0,), 2 * np.pi)),
                n_paths=1,
                max_time=1.0,
                seed=0,
            ),
            "inside the target",
        ),
    ],
)
def test_refuses_in_one_line(call, message):
    with pytest.raises(InputError, match=message) as refusal:
        call()
    assert "\n" not in str(refusal.value)
