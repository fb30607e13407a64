from __future__ import annotations

import os

import numpy as np
import pytest
import torch
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge import memory
from nn_bridge.data.own_data import dataset_from_tensors
from nn_bridge.training import activations
from nn_bridge.training.networks import build_network, glorot_initialise
from nn_bridge.training.sgd import SgdSettings, batch_indices, descend, full_loss

RNG = np.random.default_rng(1)
X, Y = RNG.standard_normal((50, 4)), RNG.standard_normal((50, 1))
LINEAR = dataset_from_tensors("linear", torch.from_numpy(X), torch.from_numpy(Y))


def linear_network() -> nn.Module:
    layer = nn.Linear(4, 1, bias=False).double()
    nn.init.zeros_(layer.weight)
    return layer


def test_steps_are_those_of_sgd_written_in_numpy():
    settings = SgdSettings(learning_rate=0.05, batch_size=8, seed=7)
    network, weight = linear_network(), np.zeros((4, 1))
    history = descend(network, LINEAR, settings, 3)
    expected = []
    for epoch in range(3):
        losses = []
        for batch in batch_indices(50, 8, 7, epoch):
            residual = X[batch] @ weight - Y[batch]
            losses.append(0.5 * np.mean(residual**2))
            weight -= 0.05 * X[batch].T @ residual / 8
        expected.append(np.mean(losses))
    np.testing.assert_allclose(network.weight.detach().numpy().T, weight, rtol=1e-12)
    np.testing.assert_allclose(history, expected, rtol=1e-12)


def test_full_loss_is_the_mean_over_samples_in_chunks_of_any_size(monkeypatch):
    network = linear_network()
    glorot_initialise(network, seed=0)
    weight = network.weight.detach().numpy()
    expected = 0.5 * np.mean((X @ weight.T - Y) ** 2)
    assert full_loss(network, LINEAR) == pytest.approx(expected, rel=1e-12)
    monkeypatch.setattr(activations, "_CHUNK_BYTES", 8 * 7)  # seven samples a chunk
    assert full_loss(network, LINEAR) == pytest.approx(expected, rel=1e-12)


def test_an_epoch_is_a_permutation_cut_into_batches():
    batches = batch_indices(23, 5, seed=0, epoch=0)
    assert batches.shape == (4, 5)
    assert np.unique(batches).size == 20
    assert not np.array_equal(batches, batch_indices(23, 5, seed=0, epoch=1))
    assert not np.array_equal(batches, batch_indices(23, 5, seed=1, epoch=0))
    everyone = np.concatenate([batch_indices(23, 5, 0, epoch).ravel() for epoch in range(20)])
    assert np.unique(everyone).size == 23


def test_training_that_is_joined_at_an_epoch_goes_on_bitwise():
    settings = SgdSettings(0.05, 8)
    whole, parts = linear_network(), linear_network()
    history = descend(whole, LINEAR, settings, 6)
    first = descend(parts, LINEAR, settings, 4)
    assert first + descend(parts, LINEAR, settings, 6, first_epoch=4) == history
    assert torch.equal(whole.weight, parts.weight)


def test_a_diverging_run_ends_with_one_line_after_the_last_good_epoch():
    epochs = []
    with pytest.raises(InputError, match=r"no longer finite in epoch \d+ at learning rate 10"):
        descend(
            linear_network(),
            LINEAR,
            SgdSettings(10.0, 8),
            1000,
            after_epoch=lambda epoch, loss: epochs.append(loss),
        )
    assert epochs
    assert np.isfinite(epochs).all()


def test_a_step_that_will_not_fit_is_refused_before_it_is_made(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda device="cpu": 10_000_000)
    data = dataset_from_tensors("d", torch.zeros(2000, 784), torch.zeros(2000, 10))
    steps = []
    network = build_network("fc", width=300)
    with pytest.raises(InputError, match=r"2000 samples needs .* GiB .* lower the batch size"):
        descend(network, data, SgdSettings(0.1, 2000), 1, after_step=lambda: steps.append(1))
    assert steps == []
    descend(network, data.first(2), SgdSettings(0.1, 1), 1, after_step=lambda: steps.append(1))
    assert steps == [1, 1]


def test_free_memory_is_less_than_the_machine_has():
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 0 < memory.free_memory() < total


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"learning_rate": -1.0, "batch_size": 8}, "learning_rate must be a positive"),
        ({"learning_rate": 0.1, "batch_size": 0}, "batch_size must be an integer"),
        ({"learning_rate": 0.1, "batch_size": 51}, "batch_size 51 is beyond the 50 samples"),
        ({"learning_rate": 0.1, "batch_size": 8, "loss": "huber"}, "'huber' is unknown"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        descend(linear_network(), LINEAR, SgdSettings(**settings), 1)


def test_ghost_batches_must_divide_the_batch():
    network = build_network("fc", width=3, ghost_batch_size=4)
    data = dataset_from_tensors("d", torch.rand(24, 784), torch.zeros(24, 10))
    with pytest.raises(InputError, match="no multiple of the ghost batch size 4"):
        descend(network, data, SgdSettings(0.1, 6), 1)
    assert len(descend(network, data, SgdSettings(0.1, 12), 2)) == 2
