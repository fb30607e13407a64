"""The mini-batch kernel against its plain-Python twin, and how it draws its batches."""

from __future__ import annotations

import numpy as np
import pytest

from landscape_sim.dynamics.sgd import SGD, GaussianLabelNoise, HeavyBallSGD
from landscape_sim.ensembles.model import as_floats
from landscape_sim.jit import compiled
from landscape_sim.kernels import minibatch
from landscape_sim.landscapes import Outside
from landscape_sim.models import LinearModel, phase_regression
from landscape_sim.random_numbers import xoshiro

KEY = np.uint64(7)


def training_of(model, rule, start, n_columns):
    n_batch = int(rule.batch_size)
    return minibatch.Training(
        *(as_floats(model), rule, start, (0.0,) * n_columns),
        *(n_batch, (1,) * (n_batch == 1), KEY),
    )


def passages(kernel, data, rule, n_order, budgets=(10_000,)):
    start = (0.0,) * data.model.dimension
    rule, target = as_floats(rule), as_floats(Outside(start, 1.0))
    walker = minibatch.Walker.ready(len(start), n_order, 0, 5)
    passages = minibatch.Passages.empty(5)
    samples = minibatch.Samples(data.inputs, data.targets)
    for budget in budgets:
        kernel(
            training_of(data.model, rule, start, len(data.inputs)),
            *(samples, target, 200, walker, passages, budget),
        )
    return passages


def python_twin(monkeypatch):
    for module, name in (
        *((xoshiro, "mix"), (xoshiro, "_rotate")),
        *((minibatch, "next_word"), (minibatch, "seed_lane"), (minibatch, "_begin")),
        *((minibatch, "_below"), (minibatch, "_uniform"), (minibatch, "_step")),
    ):
        monkeypatch.setattr(module, name, getattr(module, name).py_func)
    return minibatch.run_passages


@pytest.mark.parametrize(
    ("rule", "in_epochs"),
    [
        (SGD(0.9, 1), False),
        (SGD(0.9, 3), True),
        (HeavyBallSGD(0.3, 2, 0.5), False),
        (SGD(0.5, 1, GaussianLabelNoise(0.5)), False),
    ],
)
def test_compiled_equals_python(monkeypatch, rule, in_epochs):
    data = phase_regression(label_noise=1.0, n_samples=40, seed=0)
    n_order = data.n_samples if in_epochs else 0
    fast = passages(compiled(minibatch.run_passages, data.model, rule), data, rule, n_order)
    assert (fast[1] == minibatch.REACHED).any()
    with np.errstate(over="ignore"):  # the generators count modulo 2^32
        slow = passages(python_twin(monkeypatch), data, rule, n_order)
    np.testing.assert_array_equal(fast, slow)


def test_a_path_cut_in_pieces_is_the_same():
    data = phase_regression(label_noise=1.0, n_samples=40, seed=0)
    rule = SGD(0.4, 2)
    kernel = compiled(minibatch.run_passages, data.model, rule)
    whole = passages(kernel, data, rule, data.n_samples)
    pieces = passages(kernel, data, rule, data.n_samples, budgets=(7,) * 200)
    np.testing.assert_array_equal(whole, pieces)


def one_hot_steps(n_order, n_batch, n_steps):
    """Positions of linear SGD on one-hot inputs: coordinate ``i`` moves when sample ``i`` comes."""
    n = 6
    model, rule = as_floats(LinearModel(n)), as_floats(SGD(0.25, n_batch))
    walker = minibatch.Walker.ready(n, n_order, 0, 1)
    positions = np.empty((n_steps, n))
    kernel = compiled(minibatch.run_samples, model, rule)
    samples = minibatch.Samples(np.eye(n), np.ones(n))
    kernel(training_of(model, rule, (0.0,) * n, n), samples, 1, walker, positions)
    return positions


def test_an_epoch_takes_every_sample_once():
    n_batch = 2
    samples = one_hot_steps(6, n_batch, 300)
    size = 0.25 / n_batch
    # After k epochs every coordinate has moved k times, in whatever order.
    for epoch in (1, 2, 3):
        np.testing.assert_allclose(samples[3 * epoch - 1], 1 - (1 - size) ** epoch, rtol=1e-12)
    # Negative control: with replacement some sample comes twice, and another never.
    assert np.ptp(one_hot_steps(0, n_batch, 300)[2]) > 0.1


def test_epochs_have_every_order():
    first = one_hot_steps(6, 1, 6 * 50)[::6]
    moved = np.diff(first, axis=0, prepend=0.0)
    assert len({int(np.argmax(row)) for row in moved[:, :]}) == 6


def test_what_fills_no_batch_is_left_out():
    samples = one_hot_steps(6, 4, 2)
    assert np.count_nonzero(samples[0]) == 4
    # The second batch begins a new epoch: drawn from all six, it repeats two samples at least.
    assert np.count_nonzero(samples[1] > samples[0]) == 4
    assert np.count_nonzero((samples[0] > 0) & (samples[1] > samples[0])) >= 2
