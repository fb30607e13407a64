"""First passages of SGD on data: closed forms, the exact chain, and twins in plain NumPy."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pytest

from landscape_sim.dynamics.sgd import SGD, StableLabelNoise
from landscape_sim.ensembles.sgd import simulate_sgd_first_passage
from landscape_sim.exact.update.transition import discrete_mean_first_passage_time
from landscape_sim.landscapes import HalfSpace, Outside
from landscape_sim.models import (
    DataSet,
    LinearModel,
    LossLevel,
    gaussian_regression,
    phase_regression,
    rank_one_regression,
)
from landscape_sim.validation import InputError

#: Two-sided false-alarm rate 1.1e-5 a comparison.
Z = 4.4
LINE = gaussian_regression(dimension=1, n_samples=500, seed=0)
PHASE = phase_regression(label_noise=1.0, n_samples=400, seed=1)


def deviation(times, exact):
    """Deviation of the mean over independent paths, in standard errors."""
    return (times.mean() - exact) / (times.std(ddof=1) / math.sqrt(times.size))


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
    def exact(scale):
        return eta * (
            discrete_mean_first_passage_time(
                PHASE.sgd_jumps(scale * eta),
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


def rank_one_times(data, eta, start, edge, n_paths, rng):
    """Times of single-sample SGD on ``f = θ_1 θ_2 x`` to ``θ_1 + θ_2 <= −2 edge``, in NumPy."""
    x, y = data.inputs[0], data.targets
    a, b = (np.full(n_paths, value) for value in start)
    times, running = np.zeros(n_paths), np.arange(n_paths)
    while running.size:
        i = rng.integers(0, x.size, running.size)
        p, q = a[running], b[running]
        kick = eta * (p * q * x[i] - y[i]) * x[i]
        a[running], b[running] = p - kick * q, q - kick * p
        times[running] += eta
        running = running[a[running] + b[running] > -2 * edge]
    return times


def test_a_network_leaves_its_valley_over_the_saddle():
    """Against an implementation that shares nothing with the kernel, on the same data."""
    data = rank_one_regression(signal=1.0, label_noise=0.5, n_samples=500, seed=4)
    root = math.sqrt(0.5)
    target, start, eta = HalfSpace(math.sqrt(2.0), (-root, -root)), (1.2, 0.8), 0.3
    found = simulate_sgd_first_passage(
        *(data, SGD(eta, 1), start, target), n_paths=2000, max_time=1e6, seed=0
    )
    assert found.n_censored == 0
    rng = np.random.default_rng(9)
    twin = rank_one_times(data, eta, start, 1.0, 2000, rng)

    def difference(times):
        error = math.sqrt((found.times.var() + times.var()) / times.size)
        return (found.times.mean() - times.mean()) / error

    assert abs(difference(twin)) < Z
    # Negative control: a learning rate that is 10 % larger.
    assert abs(difference(rank_one_times(data, 1.1 * eta, start, 1.0, 2000, rng))) > Z


class TanhUnit(NamedTuple):
    """``f = v tanh(w x)``, given by ``f`` and ``∂f`` and nothing else."""

    dimension: int = 2

    def prediction(self, position: Any, x: Any) -> Any:
        return position[0] * np.tanh(position[1] * x[0])

    def prediction_gradient(self, position: Any, x: Any) -> tuple[Any, ...]:
        level = np.tanh(position[1] * x[0])
        return (level, position[0] * (1.0 - level * level) * x[0])


def tanh_data():
    rng = np.random.default_rng(11)
    x = rng.normal(size=(1, 300))
    return DataSet(TanhUnit(), x, np.tanh(1.5 * x[0]) + 0.3 * rng.normal(size=300))


def tanh_times(data, eta, start, edge, n_paths, rng):
    """Times of single-sample SGD to ``v <= edge``, in NumPy."""
    x, y = data.inputs[0], data.targets
    v, w = (np.full(n_paths, value) for value in start)
    times, running = np.zeros(n_paths), np.arange(n_paths)
    while running.size:
        i = rng.integers(0, x.size, running.size)
        level = np.tanh(w[running] * x[i])
        residual = v[running] * level - y[i]
        slope = v[running] * (1 - level**2) * x[i]
        v[running] -= eta * residual * level
        w[running] -= eta * residual * slope
        times[running] += eta
        running = running[v[running] > edge]
    return times


def test_a_model_needs_f_and_its_derivative_only():
    data, start, eta = tanh_data(), (1.0, 1.5), 0.2
    found = simulate_sgd_first_passage(
        *(data, SGD(eta, 1), start, HalfSpace(-0.85, (-1.0, 0.0))),
        n_paths=2000,
        max_time=1e5,
        seed=0,
    )
    rng = np.random.default_rng(12)
    twin = tanh_times(data, eta, start, 0.85, 2000, rng)
    error = math.sqrt((found.times.var() + twin.var()) / 2000)
    assert abs(found.times.mean() - twin.mean()) < Z * error
    # Negative control: a level that is 0.02 lower.
    lower = tanh_times(data, eta, start, 0.83, 2000, rng)
    assert abs(found.times.mean() - lower.mean()) > Z * error
    # What needs the loss in closed form says so; what does not, works.
    assert data.stability_bound(start) == math.inf
    assert data.noise_covariance(start, 1, with_replacement=True).shape == (2, 2)
    with pytest.raises(InputError, match="TanhUnit offers f and ∂f only"):
        _ = data.landscape


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: phase_passage(SGD(5.0, 1)), "stability bound 2/h"),
        (lambda: phase_passage(SGD(0.5, 401)), "exceeds the 400"),
        (lambda: phase_passage(SGD(-0.5, 1)), "learning_rate"),
        (lambda: phase_passage(SGD(0.5, 1), n_paths=0), "n_paths"),
        (lambda: phase_passage(SGD(0.5, 1), max_time=0.1), "max_time"),
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
        (
            lambda: simulate_sgd_first_passage(
                *(PHASE, SGD(0.5, 1), (0.0,), HalfSpace(2.0, (1.0, 0.0))),
                n_paths=1,
                max_time=1.0,
            ),
            "must have 2 coordinates",
        ),
    ],
)
def test_refuses_in_one_line(call, message):
    with pytest.raises(InputError, match=message) as refusal:
        call()
    assert "\n" not in str(refusal.value)
