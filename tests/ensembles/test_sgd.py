"""The stationary law of SGD on data, against closed forms."""

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
from landscape_sim.ensembles.sgd import sample_sgd_stationary
from landscape_sim.models import DataSet, LinearModel, gaussian_regression
from landscape_sim.validation import InputError

#: Two-sided false-alarm rate 1.1e-5 a comparison.
Z = 4.4
LINE = gaussian_regression(dimension=1, n_samples=500, seed=0)
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


def epoch_variance(targets, n_batch, eta, place):
    """``Var θ`` after ``place`` batches of an epoch, for ``θ' = (1 − η) θ + η mean(y)``.

    The batches of an epoch partition the samples at random: with ``w_k = η (1 − η)^(place−1−k)``
    the sum ``Σ_k w_k ȳ_k`` has the variance ``s² [Σ w²/B − (Σ w)²/N]``, ``s² = Σ δ²/(N − 1)``.
    Epochs are independent, so the variance at their ends is ``V = Var_e + (1 − η)^{2m} V``.
    """
    n, m = targets.size, targets.size // n_batch

    def gained(n_steps):
        w = eta * (1 - eta) ** np.arange(n_steps)
        return np.var(targets, ddof=1) * (np.sum(w**2) / n_batch - np.sum(w) ** 2 / n)

    at_end = gained(m) / (1 - (1 - eta) ** (2 * m))
    return (1 - eta) ** (2 * place) * at_end + gained(place)


@pytest.mark.parametrize(("n_batch", "place"), [(1, 0), (1, 7), (2, 0), (2, 5)])
def test_the_variance_of_epochs(n_batch, place):
    """Sampled at one place of every epoch: at its end, and in the middle."""
    n, eta = 20, 0.1
    data = DataSet(LinearModel(1), np.ones((1, n)), np.random.default_rng(3).normal(size=n))
    m = n // n_batch
    # The first sample comes after one interval, so this many epochs and ``place`` batches.
    drawn = sample(
        *(data, SGD(eta, n_batch)),
        n_samples=1,
        n_paths=20_000,
        steps_per_sample=10 * m + place,
        burn_in_samples=0,
        with_replacement=False,
    )
    per_path = mean_square(drawn, data)
    assert abs(deviation(per_path, epoch_variance(data.targets, n_batch, eta, place))) < Z
    # Negative controls: batches with replacement, and another place of the epoch.
    free = eta * np.var(data.targets) / (n_batch * (2 - eta))
    assert abs(deviation(per_path, free)) > Z
    other = epoch_variance(data.targets, n_batch, eta, m // 2 if place == 0 else 0)
    assert abs(deviation(per_path, other)) > Z


def test_threads_do_not_matter():
    first, second = (sample(LINE, SGD(0.2, 1), n_threads=n).positions for n in (1, 3))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (SGD(1.99, 1), "diverged|diverges"),
        (HeavyBallSGD(3.9, 1, 0.9), "2 \\(1 \\+ μ\\)/h at μ = 0.9"),
        (HeavyBallSGD(0.5, 1, 1.0), "momentum"),
        (SGD(0.1, 1, GaussianLabelNoise(math.nan)), "deviation of the label noise"),
        (SGD(0.1, 1, StableLabelNoise(5.0, 1.0)), "stability α"),
        (SGD(0.1, 1, StableLabelNoise(1.5, -1.0)), "scale of the label noise"),
        (SGD(0.1, 2.0), "batch_size"),
    ],
)
def test_refuses_in_one_line(rule, message):
    with pytest.raises(InputError, match=message) as refusal:
        sample(LINE, rule, n_paths=2, n_samples=50)
    assert "\n" not in str(refusal.value)


def test_momentum_moves_the_bound():
    """Gradient descent with momentum is stable below ``2 (1 + μ)/h``: 2.5 is for ``μ = ½``."""
    data = DataSet(LinearModel(1), np.ones((1, 50)), np.linspace(-1, 1, 50))
    assert np.isfinite(sample(data, HeavyBallSGD(2.5, 50, 0.5), n_paths=2).positions).all()
    with pytest.raises(InputError, match="is 3 here"):
        sample(data, HeavyBallSGD(3.1, 50, 0.5), n_paths=2)
