"""Replicas stepped together are runs of SGD, one by one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_networks import convolutional, fully_connected
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.data.own_data import dataset_from_tensors
from nn_bridge.training.networks import build_network
from nn_bridge.training.parallel_runs import ParallelRuns
from nn_bridge.training.sgd import SgdSettings, descend, full_loss
from nn_bridge.training.tensor_files import read_tensors, write_tensors


def small(make=fully_connected, shape=(6,)):
    torch.manual_seed(0)
    network = make().double()
    inputs = torch.randn(12, *shape, dtype=torch.float64)
    return network, dataset_from_tensors("own", inputs, torch.randn(12, 3, dtype=torch.float64))


def stream(seed, number):
    return int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0])


@pytest.mark.parametrize(
    ("make", "shape"), [(fully_connected, (6,)), (convolutional, (2, 8, 8))], ids=["fc", "cnn"]
)
def test_every_replica_is_a_run_of_the_training_loop(make, shape):
    network, dataset = small(make, shape)
    settings = SgdSettings(0.05, 5, seed=4)
    replicas = ParallelRuns(network, dataset, settings, 3)
    for _ in range(6):  # three epochs of two batches; two samples are left out of each
        replicas.step()
    together = replicas.full_losses()
    for number in range(3):
        torch.manual_seed(0)
        alone = small(make, shape)[0]
        descend(alone, dataset, SgdSettings(0.05, 5, seed=stream(4, number)), 3)
        assert together[number] == pytest.approx(full_loss(alone, dataset), rel=1e-12)
    # Negative control: the streams differ, so the losses do.
    assert len(np.unique(together)) == 3


def test_the_network_is_left_alone_and_replicas_begin_at_it():
    network, dataset = small()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    replicas = ParallelRuns(network, dataset, SgdSettings(0.1, 3), 4)
    np.testing.assert_allclose(replicas.full_losses(), full_loss(network, dataset), rtol=1e-12)
    replicas.step()
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)


def test_frozen_parameters_stay_and_the_others_move_as_in_training():
    network, dataset = small()
    network[1].requires_grad_(False)
    settings = SgdSettings(0.05, 5, seed=4)
    replicas = ParallelRuns(network, dataset, settings, 2)
    for _ in range(4):  # two epochs of two batches
        replicas.step()
    together = replicas.full_losses()
    for number in range(2):
        alone = small()[0]
        alone[1].requires_grad_(False)
        descend(alone, dataset, SgdSettings(0.05, 5, seed=stream(4, number)), 2)
        assert together[number] == pytest.approx(full_loss(alone, dataset), rel=1e-12)
    # Negative control: with all of it free, another loss.
    free = small()[0]
    descend(free, dataset, SgdSettings(0.05, 5, seed=stream(4, 1)), 2)
    assert together[1] != pytest.approx(full_loss(free, dataset), rel=1e-6)


def test_activations_count_in_the_memory_that_is_predicted(monkeypatch):
    network, dataset = small(convolutional, (2, 8, 8))
    # Four copies of the weights of two replicas would fit, the activations of a look would not.
    monkeypatch.setattr("nn_bridge.memory.free_memory", lambda device: 2**27)
    with pytest.raises(InputError, match=r"2 replicas of .* with batches of 3"):
        ParallelRuns(network, dataset, SgdSettings(0.1, 3), 2)
    monkeypatch.setattr("nn_bridge.memory.free_memory", lambda device: 2**31)
    ParallelRuns(network, dataset, SgdSettings(0.1, 3), 2)


def test_a_replica_goes_on_as_it_would_when_others_are_dropped():
    network, dataset = small()
    settings = SgdSettings(0.05, 4, seed=1)
    all_of_them, some = (ParallelRuns(network, dataset, settings, 5) for _ in range(2))
    for _ in range(2):
        all_of_them.step()
        some.step()
    some.keep(np.array([False, True, False, False, True]))
    for _ in range(7):
        all_of_them.step()
        some.step()
    assert some.numbers.tolist() == [1, 4]
    np.testing.assert_allclose(some.full_losses(), all_of_them.full_losses()[[1, 4]], rtol=1e-12)


@pytest.mark.parametrize("n_replicas", [1, 4])
def test_replicas_go_on_from_a_file_to_the_same_bits_wherever_they_lie_in_it(n_replicas, tmp_path):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(784, 4), nn.Tanh(), nn.Linear(4, 1))
    dataset = dataset_from_tensors("own", torch.rand(200, 784), torch.randn(200, 1))
    whole = ParallelRuns(network, dataset, SgdSettings(0.002, 1), n_replicas)
    whole.step()
    resumed = []
    for text in ("", "a" * 8, "a" * 16):
        write_tensors(tmp_path / "state", whole.state(), text)
        resumed.append(ParallelRuns(network, dataset, SgdSettings(0.002, 1), n_replicas))
        resumed[-1].restore(read_tensors(tmp_path / "state")[0])
    for _ in range(5):
        for runs in (whole, *resumed):
            runs.step()
        losses = whole.full_losses().tobytes()
        assert [runs.full_losses().tobytes() for runs in resumed] == [losses] * 3


def test_what_cannot_be_replicated_is_refused(monkeypatch):
    network, dataset = small()
    with pytest.raises(InputError, match="beyond the 12 samples"):
        ParallelRuns(network, dataset, SgdSettings(0.1, 13), 2)
    with pytest.raises(InputError, match="outputs"):
        ParallelRuns(nn.Linear(6, 2).double(), dataset, SgdSettings(0.1, 2), 2)
    ghost = build_network("mlp-100", ghost_batch_size=4)
    images = dataset_from_tensors("own", torch.rand(12, 784), torch.randn(12, 1))
    with pytest.raises(InputError, match="ghost batch normalisation"):
        ParallelRuns(ghost, images, SgdSettings(0.1, 4), 2)
    monkeypatch.setattr("nn_bridge.memory.free_memory", lambda device: 10)
    with pytest.raises(InputError, match="lower n_replicas"):
        ParallelRuns(network, dataset, SgdSettings(0.1, 2), 2)
