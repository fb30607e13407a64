"""The Hessian's blocks of the layers, against those of the dense matrix."""

from __future__ import annotations

import numpy as np
import pytest
from curved_networks import CASES, brute_hessian
from own_networks import Autoencoder
from torch import nn

from nn_bridge.curvature import layer_blocks
from nn_bridge.curvature.layer_blocks import layer_block, parameters_by_layer


def nothing() -> None:
    """Tell nobody."""


def dense_blocks(case):
    """Return the dense block of every layer."""
    network, data, loss = CASES[case]
    matrix, blocks, begin = brute_hessian(network, data, loss), {}, 0
    for layer, names in parameters_by_layer(network).items():
        end = begin + sum(network.get_parameter(name).numel() for name in names)
        blocks[layer] = matrix[begin:end, begin:end]
        begin = end
    assert begin == len(matrix)
    return blocks


@pytest.mark.parametrize("largest_whole", [10_000, 0], ids=["whole", "Lanczos"])
@pytest.mark.parametrize("case", ["perceptron, mean-square", "convolutional"])
def test_blocks_of_the_layers_are_those_of_the_dense_matrix(case, largest_whole, monkeypatch):
    monkeypatch.setattr(layer_blocks, "_LARGEST_WHOLE", largest_whole)
    network, data, loss = CASES[case]
    before = [p.requires_grad for p in network.parameters()]
    blocks = dense_blocks(case)
    assert len(blocks) > 1
    values = {}
    for layer, block in blocks.items():
        found = layer_block(network, data, loss, layer, n_eigenvalues=2, n_probes=8, seed=3,
                            after_product=nothing)  # fmt: skip
        exact = np.linalg.eigvalsh(block)[::-1]
        values[layer] = exact[0]
        assert found.dimension == len(block)
        np.testing.assert_allclose(found.values, exact[:2], atol=1e-6 * abs(exact).max())
        # Five standard errors of 8 probes, Student's: once in 600 for each of some ten; the seed
        # is fixed.
        assert abs(found.trace - exact.sum()) <= 5 * found.trace_error + 1e-9 * abs(exact).sum()
    assert [p.requires_grad for p in network.parameters()] == before
    # The blocks of different layers are told apart.
    assert len({round(value, 6) for value in values.values()}) == len(values)


def test_a_weight_belongs_to_the_layer_that_owns_it_first():
    assert parameters_by_layer(Autoencoder()) == {"a": ["a.weight", "a.bias"]}
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    network[0].requires_grad_(False)
    network.scale = nn.Parameter(network[1].bias.detach().clone())
    assert parameters_by_layer(network) == {"network": ["scale"], "1": ["1.weight", "1.bias"]}
    network[1] = nn.utils.parametrizations.orthogonal(nn.Linear(2, 2))
    assert list(parameters_by_layer(network)) == ["network", "1"]
