"""Noise and Gram matrix of networks whose layers do more than their rules know, against loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from own_networks import OWN, own_problem
from small_networks import LOSSES
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.gradients.gram import gram_bytes, output_gradients
from nn_bridge.gradients.noise_strength import layerwise_noise_strength
from nn_bridge.gradients.ways import choose_way, why_no_gradients
from nn_bridge.training.evaluation import double_copy
from nn_bridge.training.ghost_batch_norm import GhostBatchNorm
from nn_bridge.training.networks import build_network

LOSS = LOSSES["mean-square"]


def plain(scalar, network):
    parameters = [p for p in network.parameters() if p.requires_grad]
    found = torch.autograd.grad(scalar, parameters, retain_graph=True, materialize_grads=True)
    return torch.cat([gradient.flatten() for gradient in found])


def plain_noise(network, inputs, targets):
    samples = zip(inputs.split(1), targets.split(1), strict=True)
    g = torch.stack([plain(LOSS(network(x), y).sum(), network) for x, y in samples])
    return float((g - g.mean(0)).square().sum(1).mean())


@pytest.mark.parametrize("name", OWN)
def test_noise_is_that_of_a_plain_loop(name):
    network, inputs, targets = own_problem(name)
    expected = plain_noise(network, inputs, targets)
    found = layerwise_noise_strength(network, inputs, targets, LOSS)
    assert found.noise_strength == pytest.approx(expected, rel=1e-9)
    assert OWN[name][1] in found.method
    # What hooks leave behind can still be used.
    torch.testing.assert_close(double_copy(network)(inputs), network(inputs))
    single, inputs, targets = own_problem(name, torch.float32)
    found = layerwise_noise_strength(single, inputs, targets, LOSS)
    assert found.noise_strength == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", OWN)
def test_gram_matrix_is_that_of_a_plain_loop(name):
    network, inputs, _ = own_problem(name)
    rows = [plain(f, network) for x in inputs.split(1) for f in network(x)[0]]
    jacobian = torch.stack(rows)
    found = output_gradients(network, inputs)
    expected = (jacobian @ jacobian.T).numpy()
    np.testing.assert_allclose(found.gram, expected, rtol=1e-9, atol=1e-11)
    assert gram_bytes(network, inputs) > 8 * expected.size


def test_a_mask_as_large_as_the_chunk_is_not_taken_for_samples():
    # Two words, so a mask of 2 × 2; and two samples in a chunk.
    network, inputs, targets = own_problem("transformer", n_samples=2)
    expected = plain_noise(network, inputs, targets)
    found = layerwise_noise_strength(network, inputs, targets, LOSS)
    assert found.noise_strength == pytest.approx(expected, rel=1e-9)


def test_networks_of_the_paper_go_by_their_layers():
    for network, shape in ((build_network("mlp-100"), (1, 28, 28)),
                           (build_network("cnn", width=2), (3, 32, 32))):  # fmt: skip
        assert choose_way(network, torch.rand(4, *shape)).name == "layer-wise per-sample norms"


@pytest.mark.parametrize(
    "layer", [nn.BatchNorm1d(4, affine=False, track_running_stats=False), nn.Dropout(0.5),
              nn.BatchNorm1d(4), GhostBatchNorm(4, 2)],
)  # fmt: skip
def test_samples_that_depend_on_one_another_have_no_gradients_of_their_own(layer):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 4), layer)
    assert "mini-batch estimator" in (why_no_gradients(network, torch.randn(6, 4)) or "")
    with pytest.raises(InputError, match="mini-batch estimator"):
        layerwise_noise_strength(network, torch.randn(6, 4), torch.zeros(6, 4), LOSS)


def test_identical_samples_have_no_noise():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(5, 20), nn.Tanh(), nn.Linear(20, 1))
    inputs, targets = torch.randn(1, 5).expand(400, 5), torch.full((400, 1), 9.0)
    for scale in (1, 1000):
        found = layerwise_noise_strength(network, scale * inputs, targets, LOSS)
        assert found.noise_strength == 0.0
        assert found.squared_gradient > 0


def test_what_cancels_is_measured_in_double_precision():
    torch.manual_seed(0)
    network = nn.Linear(5, 1)
    inputs, targets = 1000 + torch.randn(300, 5), torch.randn(300, 1)
    with torch.no_grad():
        network.bias -= network(inputs).mean() - 1000
    double = nn.Linear(5, 1).double()
    double.load_state_dict(network.state_dict())
    expected = plain_noise(double, inputs.double(), targets.double())
    found = layerwise_noise_strength(network, inputs, targets, LOSS)
    assert found.noise_strength == pytest.approx(expected, rel=1e-6)
    assert network.weight.dtype == torch.float32


def test_a_loss_that_is_not_finite_is_named():
    with pytest.raises(InputError, match="loss is not finite"):
        layerwise_noise_strength(
            nn.Linear(2, 1), torch.tensor([[1e30, 1e30]] * 4), torch.zeros(4, 1), LOSS
        )
