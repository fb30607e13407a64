"""Layer-wise per-sample gradients against loops over samples, and what has no rule."""

from __future__ import annotations

import pytest
import torch
from small_networks import LOSSES, NETWORKS, per_sample_gradients, problem
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.gradients.layerwise import LayerwisePass, check_samples_are_independent
from nn_bridge.training.ghost_batch_norm import GhostBatchNorm


def layers_of(network, inputs, targets, loss):
    record = LayerwisePass(network, inputs)
    return record.factors(loss(record.outputs, targets).sum())


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", NETWORKS)
def test_norms_and_sums_equal_a_loop_over_samples(name, loss):
    network, inputs, targets = problem(name)
    gradients = per_sample_gradients(network, inputs, targets, LOSSES[loss])
    layers = layers_of(network, inputs, targets, LOSSES[loss])
    norms, sums = zip(*(layer.norms_and_sum() for layer in layers), strict=True)
    torch.testing.assert_close(sum(norms), gradients.square().sum(1), rtol=1e-10, atol=1e-12)
    # The order of the entries differs between the two, the sum of squares does not.
    summed = sum(layer.square().sum() for layer in sums)
    torch.testing.assert_close(summed, gradients.sum(0).square().sum(), rtol=1e-10, atol=1e-12)


def test_a_frozen_layer_is_no_part_of_theta():
    network, inputs, targets = problem("fully connected")
    network[1].requires_grad_(False)
    layers = layers_of(network, inputs, targets, LOSSES["mean-square"])
    norms = sum(layer.norms_and_sum()[0] for layer in layers)
    gradients = per_sample_gradients(network, inputs, targets, LOSSES["mean-square"])
    torch.testing.assert_close(norms, gradients.square().sum(1), rtol=1e-10, atol=1e-12)


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        return self.layer(self.layer(x))


def tied():
    network = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    network[1].weight = network[0].weight
    return network


def frozen_in_part():
    layer = nn.Linear(4, 4)
    layer.bias.requires_grad_(False)
    return layer


REFUSED = [
    (lambda: nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)), r"layer 1 \(BatchNorm1d\)"),
    (lambda: nn.Sequential(nn.Linear(4, 4), GhostBatchNorm(4, 2)), r"layer 1 \(GhostBatchNorm\)"),
    (lambda: nn.LayerNorm(4), "LayerNorm"),
    (Twice, "layer layer is used twice"),
    (tied, "layer 1 shares"),
    (frozen_in_part, "frozen in part"),
    (lambda: nn.Linear(4, 4).requires_grad_(False), "no trainable parameters"),
    (lambda: nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True)), "inplace=False"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_a_layer_without_a_rule_is_named(make, message):
    with pytest.raises(InputError, match=message) as caught:
        layers_of(make(), torch.randn(6, 4), torch.zeros(6, 4), LOSSES["mean-square"])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 4, 1, groups=2),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular"),
        nn.Conv2d(4, 4, 3, padding="same"),
    ],
)
def test_a_convolution_without_a_rule_is_refused(layer):
    with pytest.raises(InputError, match="layer Conv2d"):
        LayerwisePass(layer, torch.randn(2, 4, 5, 5))


class HalfUsed(Twice):
    def __init__(self):
        super().__init__()
        self.idle = nn.Linear(4, 1)


def test_an_unused_layer_is_named():
    network = HalfUsed()
    network.forward = lambda x: network.layer(x)
    with pytest.raises(InputError, match="idle took no part"):
        LayerwisePass(network, torch.randn(2, 4))


@pytest.mark.parametrize(
    "layer", [nn.BatchNorm1d(4, affine=False, track_running_stats=False), nn.Dropout(0.5)]
)
def test_samples_that_depend_on_one_another_are_refused(layer):
    # Neither layer has parameters, so only the comparison of outputs can tell.
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 4), layer)
    with pytest.raises(InputError, match="mini-batch estimator"):
        check_samples_are_independent(network, torch.randn(6, 4))


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_that_treat_samples_one_by_one_are_accepted(name):
    network, inputs, _ = problem(name)
    check_samples_are_independent(network, inputs)
    check_samples_are_independent(network.float(), inputs.float())
