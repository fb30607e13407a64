"""Layer-wise per-sample gradients against loops over samples, and what is refused."""

from __future__ import annotations

import pytest
import torch
from small_networks import LOSSES, NETWORKS, per_sample_gradients, problem
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.gradients.layerwise import LayerwisePass
from nn_bridge.gradients.part_gradients import PartGradients


def layers_of(network, inputs, targets, loss):
    record = LayerwisePass(network, inputs)
    return record.gradients(loss(record.outputs, targets).sum())


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


@pytest.mark.parametrize("name", NETWORKS)
def test_formed_gradients_are_those_of_a_loop_over_samples(name):
    network, inputs, targets = problem(name)
    expected = per_sample_gradients(network, inputs, targets, LOSSES["mean-square"])
    formed = {}
    for layer in layers_of(network, inputs, targets, LOSSES["mean-square"]):
        formed |= layer.formed()
    found = torch.cat([formed[n].flatten(1) for n, _ in network.named_parameters()], dim=1)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 4, 1, groups=2),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular"),
        nn.Conv2d(4, 4, 3, padding="same"),
        nn.LayerNorm(5),
    ],
)
def test_layers_without_a_quick_rule_have_the_general_one(layer):
    record = LayerwisePass(layer, torch.randn(2, 4, 5, 5))
    (found,) = record.gradients(record.outputs.sum())
    assert isinstance(found, PartGradients)


def test_what_a_layer_saw_must_not_be_changed_afterwards():
    network = nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True))
    with pytest.raises(InputError, match="inplace=False"):
        layers_of(network, torch.randn(6, 4), torch.zeros(6, 4), LOSSES["mean-square"])


def test_samples_along_another_axis_are_refused():
    network = nn.Sequential(nn.Flatten(0), nn.Unflatten(0, (-1, 2)), nn.Linear(2, 3))
    with pytest.raises(InputError, match="layer 2 has the samples elsewhere"):
        LayerwisePass(network, torch.randn(6, 4))
