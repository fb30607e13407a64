"""The noise along a loop of one's own: as the package's loop measures it, and what is refused."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

import nn_bridge as nb
from landscape_sim.validation import InputError


def small_problem():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    return network, (torch.randn(40, 3), torch.randn(40, 1))


def test_a_loop_that_does_the_same_records_the_same():
    network, data = small_problem()
    sgd = nb.SgdSettings(0.05, 40)
    settings = nb.NoiseSettings(3, "both", alignment_samples=10)
    expected = nb.measure_noise(copy.deepcopy(network), data, sgd, settings)
    record = nb.NoiseRecord(network, data, sgd, settings)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.05)
    record.record()
    for _ in range(3):
        optimiser.zero_grad()
        # The package's loss has a half.
        (0.5 * nn.functional.mse_loss(network(data[0]), data[1])).backward()
        optimiser.step()
        record.record()
    found = record.measurement()
    for name in ("loss", "noise_strength", "squared_gradient"):
        # A batch of all samples in another order: the same sums but for rounding.
        assert found.table("noise")[name].to_numpy() == pytest.approx(
            expected.table("noise")[name].to_numpy(), rel=1e-5
        )
    assert found.numbers()["cosine"] == pytest.approx(expected.numbers()["cosine"], rel=1e-4)
    assert found.is_complete


def test_recording_leaves_no_trace_and_layers_in_training_mode_are_refused():
    network, data = small_problem()
    network.append(nn.Dropout())
    record = nb.NoiseRecord(network.eval(), data, nb.SgdSettings(0.1, 4))
    before = copy.deepcopy(network.state_dict())
    state = torch.get_rng_state()
    record.record()
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert torch.equal(state, torch.get_rng_state())
    network.train()
    with pytest.raises(InputError, match="training mode"):
        record.record()


def test_nothing_recorded_is_refused():
    network, data = small_problem()
    with pytest.raises(InputError, match="call record"):
        nb.NoiseRecord(network, data, nb.SgdSettings(0.1, 4)).measurement()
