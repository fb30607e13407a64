from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.data.own_data import dataset_from_tensors
from nn_bridge.training.ghost_batch_norm import GhostBatchNorm
from nn_bridge.training.losses import cross_entropy, find_loss, mean_square
from nn_bridge.training.networks import build_network, count_parameters, glorot_initialise
from nn_bridge.training.paper import TrainingPlan
from nn_bridge.training.problem import require_fit


def weights(network: nn.Module) -> list[tuple[int, ...]]:
    return [tuple(p.shape) for name, p in network.named_parameters() if name.endswith("weight")]


def test_the_networks_are_those_of_the_paper():
    assert weights(build_network("mlp-100")) == [(100, 784), (100, 100), (1, 100)]
    assert weights(build_network("fc")) == [(2000, 784), (2000, 2000), (2000, 2000), (10, 2000)]
    channels = [3, 64, 64, 64, 128, 128, 128, 256, 256, 256]
    convolutions = [(n, m, 3, 3) for m, n in itertools.pairwise(channels)]
    assert weights(build_network("cnn")) == [*convolutions, (10, 256 * 16)]


@pytest.mark.parametrize(
    ("name", "shape"), [("mlp-100", (1, 28, 28)), ("fc", (1, 28, 28)), ("cnn", (3, 32, 32))]
)
def test_relu_follows_every_layer_but_the_last_with_ghost_batch_norm_before_it(name, shape):
    width = None if name == "mlp-100" else 4
    kinds = [type(m) for m in build_network(name, width=width, ghost_batch_size=2)]
    trainable = [i for i, kind in enumerate(kinds) if kind in (nn.Linear, nn.Conv2d)]
    assert all(kinds[i + 1 : i + 3] == [GhostBatchNorm, nn.ReLU] for i in trainable[:-1])
    assert trainable[-1] == len(kinds) - 1
    plain = build_network(name, width=width)
    assert not any(isinstance(m, GhostBatchNorm) for m in plain)
    n_outputs = 1 if name == "mlp-100" else 10
    assert plain(torch.rand(4, *shape)).shape == (4, n_outputs)


def test_glorot_weights_are_uniform_within_their_bound_and_biases_zero():
    layer = build_network("fc", width=300, seed=3)[3]
    bound = np.sqrt(6 / 600)
    sample = layer.weight.detach().numpy().ravel()
    # A Kolmogorov–Smirnov test; the seed is fixed, a right law fails once in a million.
    assert stats.kstest(sample, stats.uniform(-bound, 2 * bound).cdf).pvalue > 1e-6
    assert not layer.bias.any()
    # Negative control: the bound of PyTorch's default, 1/sqrt(fan_in).
    default = np.sqrt(1 / 300)
    assert stats.kstest(sample, stats.uniform(-default, 2 * default).cdf).pvalue < 1e-6


def test_the_seed_decides_the_weights_in_both_precisions():
    one, two, other = (build_network("mlp-100", seed=s) for s in (1, 1, 2))
    double = build_network("mlp-100", seed=1, dtype=torch.float64)
    assert torch.equal(one[1].weight, two[1].weight)
    assert not torch.equal(one[1].weight, other[1].weight)
    assert torch.equal(double[1].weight, one[1].weight.double())


@pytest.mark.parametrize("kind", [nn.BatchNorm1d, nn.BatchNorm2d])
def test_each_ghost_batch_is_normalised_as_torch_normalises_a_batch(kind):
    shape = (12, 3) if kind is nn.BatchNorm1d else (12, 3, 4, 5)
    inputs = torch.randn(shape, dtype=torch.float64)
    ghost, batch = GhostBatchNorm(3, 4).double(), kind(3).double().train()
    for layer in (ghost, batch):
        layer.weight.data = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
        layer.bias.data = torch.tensor([0.0, 1.0, 3.0], dtype=torch.float64)
    expected = torch.cat([batch(group) for group in inputs.split(4)])
    torch.testing.assert_close(ghost(inputs), expected, rtol=1e-12, atol=1e-12)
    # Negative control: one batch of twelve is something else.
    assert not torch.allclose(ghost(inputs), batch(inputs), atol=1e-3)


def test_a_batch_that_does_not_divide_into_ghost_batches_is_refused():
    with pytest.raises(InputError, match="batch of 5 does not divide into ghost batches of 2"):
        GhostBatchNorm(3, 2)(torch.zeros(5, 3))
    with pytest.raises(InputError, match="ghost_batch_size must be an integer of at least 2"):
        build_network("fc", width=3, ghost_batch_size=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "resnet"}, "'resnet' is unknown; choose one of mlp-100"),
        ({"name": "mlp-100", "width": 50}, "has a width of 100, got 50"),
        ({"name": "fc", "width": 0}, "width must be an integer"),
        ({"name": "fc", "width": 10**6}, r"a network of 2\d{12} parameters needs .* smaller width"),
    ],
)
def test_impossible_networks_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        build_network(**options)


def test_network_and_data_must_fit():
    network = build_network("fc", width=4, ghost_batch_size=2)
    images = dataset_from_tensors("images", torch.rand(5, 1, 28, 28), torch.zeros(5, 10))
    require_fit(network, images)
    small = dataset_from_tensors("small", torch.rand(5, 27), torch.zeros(5, 10))
    with pytest.raises(InputError, match=r"does not take inputs of shape \(27,\) of small"):
        require_fit(network, small)
    scalar = dataset_from_tensors("scalar", torch.rand(5, 784), torch.zeros(5, 1))
    with pytest.raises(InputError, match="10 outputs and scalar 1"):
        require_fit(network, scalar)
    assert count_parameters(network) == 784 * 4 + 2 * 16 + 12 + 24 + 40 + 10


def test_losses_are_those_of_torch():
    outputs, targets = torch.randn(6, 4), torch.eye(4)[torch.tensor([0, 1, 2, 3, 3, 1])]
    half = 0.5 * nn.functional.mse_loss(outputs, targets, reduction="none").sum(1)
    torch.testing.assert_close(mean_square(outputs, targets), half)
    entropy = nn.functional.cross_entropy(outputs, targets.argmax(1), reduction="none")
    torch.testing.assert_close(cross_entropy(outputs, targets), entropy)


@pytest.mark.parametrize(
    ("name", "targets", "message"),
    [
        ("hinge", torch.eye(2), "'hinge' is unknown; choose one of mean-square"),
        ("cross-entropy", torch.ones(3, 1), "needs one-hot targets"),
        ("cross-entropy", 2 * torch.eye(2), "needs one-hot targets"),
    ],
)
def test_losses_that_are_not_defined_are_refused(name, targets, message):
    with pytest.raises(InputError, match=message):
        find_loss(name, targets)


@pytest.mark.parametrize(
    ("hidden", "n_parameters"),
    # P = 7861 is the paper's, Section 5.3.2.
    [((10,), 7861), ((100, 100, 100), 98_801), ((100, 100), 88_701)],
)
def test_any_fully_connected_network_has_its_layers(hidden, n_parameters):
    network = build_network("mlp", hidden=hidden)
    assert count_parameters(network) == n_parameters
    assert network.spec.label == "–".join(map(str, (784, *hidden, 1)))
    assert network.spec.build()[1].weight.equal(network[1].weight)


def test_mlp_with_the_layers_of_mlp_100_is_the_same_network():
    ours, theirs = build_network("mlp", hidden=(100, 100), seed=3), build_network("mlp-100", seed=3)
    for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert own.equal(other)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "mlp"}, "mlp needs its hidden layers"),
        ({"name": "mlp", "hidden": (0,)}, "hidden must be an integer"),
        ({"name": "mlp", "hidden": (10,), "width": 5}, "mlp has no one width, got 5"),
        ({"name": "fc", "hidden": (10,)}, "fc has hidden layers of its own"),
    ],
)
def test_layers_that_a_network_does_not_have_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        build_network(**settings)


@pytest.mark.parametrize("name", ["cnn", "fc"])
@pytest.mark.parametrize("width", [10**9, 10**400])
def test_a_width_that_no_memory_holds_is_refused(name, width):
    with pytest.raises(InputError, match=r"width must (not exceed 1048576|be at most)"):
        build_network(name, width=width)


@pytest.mark.parametrize("layer", [nn.Conv1d(3, 4, 5), nn.Conv3d(3, 4, 2), nn.Conv2d(3, 4, 3)])
def test_convolutions_of_every_dimension_are_drawn_anew(layer):
    before = layer.weight.detach().clone()
    glorot_initialise(layer, seed=0)
    assert not torch.equal(before, layer.weight)
    assert not layer.bias.any()
    fan = (3 + 4) * layer.weight[0, 0].numel()
    assert 0.9 < float(layer.weight.detach().abs().max()) / (6 / fan) ** 0.5 <= 1


def test_a_plan_without_units_is_refused_in_our_words():
    with pytest.raises(InputError, match="hidden must be an integer of at least 1, got 0"):
        TrainingPlan("mnist-parity", "mlp", 1, 0.1, hidden=(0,)).spec.build()


def test_a_seed_beyond_torch_is_a_seed_like_any():
    first, second = (build_network("mlp", hidden=(2,), seed=10**30 + n) for n in (0, 1))
    again = build_network("mlp", hidden=(2,), seed=10**30)
    assert torch.equal(first[1].weight, again[1].weight)
    assert not torch.equal(first[1].weight, second[1].weight)
