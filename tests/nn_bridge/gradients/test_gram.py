"""Gram matrices against Jacobians formed row by row, and against peers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_networks import NETWORKS, output_jacobian, problem

from landscape_sim.validation import InputError
from nn_bridge import memory
from nn_bridge.gradients import gram
from nn_bridge.gradients.gram import gram_bytes, output_gradients
from nn_bridge.gradients.layerwise import LayerwisePass


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("chunk", [500, 4])
def test_gram_matrix_equals_that_of_the_jacobian(name, chunk, monkeypatch):
    monkeypatch.setattr(gram, "_CHUNK", chunk)
    monkeypatch.setattr(gram, "_SLICE_BYTES", 20_000)
    network, inputs, _ = problem(name)
    jacobian = output_jacobian(network, inputs)
    found = output_gradients(network, inputs)
    expected = (jacobian @ jacobian.T).numpy()
    np.testing.assert_allclose(found.gram, expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(found.gram, found.gram.T)
    np.testing.assert_allclose(found.outputs, network(inputs).detach().numpy(), rtol=1e-12)


def test_single_precision_networks_are_measured_in_double_and_left_alone():
    network, inputs, _ = problem("fully connected")
    single = network.float()
    found = output_gradients(single, inputs.float())
    assert found.gram.dtype == np.float64
    assert next(single.parameters()).dtype == torch.float32


def test_a_matrix_beyond_the_memory_is_refused_before_it_is_made(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda device: 1000)
    network, inputs, _ = problem("fully connected")
    with pytest.raises(InputError, match="use fewer samples"):
        output_gradients(network, inputs)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_factors_that_are_kept_count_in_the_memory_that_is_predicted(name, monkeypatch):
    network, inputs, _ = problem(name)
    record = LayerwisePass(network, inputs)
    n_outputs = record.outputs.shape[1]
    layers = record.gradients(record.outputs.sum())
    kept = sum(8 * (f.inputs.numel() + n_outputs * f.gradients.numel()) for f in layers)
    rows = len(inputs) * n_outputs
    assert gram_bytes(network, inputs) > kept + 8 * rows**2
    assert gram_bytes(network.float(), inputs.float()) == gram_bytes(network.double(), inputs)
    more = gram_bytes(network, inputs, 3) - gram_bytes(network, inputs)
    assert more == pytest.approx(1.1 * 2 * 8 * rows**2, abs=2)
    # The matrix alone would fit.
    monkeypatch.setattr(memory, "free_memory", lambda device: 8 * rows**2 + kept)
    with pytest.raises(InputError, match="Gram matrix of 13 samples"):
        output_gradients(network, inputs)


@pytest.mark.oracle
def test_nngeometry_agrees():
    pytest.importorskip("nngeometry", reason="nngeometry is not installed")
    from nngeometry.backend.torch_hooks.torch_hooks import TorchHooksJacobianBackend
    from nngeometry.object.fspace import FMatDense

    network, inputs, targets = problem("fully connected")
    samples = torch.utils.data.TensorDataset(inputs, targets)
    backend = TorchHooksJacobianBackend(network, function=lambda x, _: network(x))
    dense = FMatDense(backend, examples=torch.utils.data.DataLoader(samples, batch_size=13))
    expected = dense.data.permute(1, 0, 3, 2).reshape(39, 39).detach().numpy()
    np.testing.assert_allclose(output_gradients(network, inputs).gram, expected, rtol=1e-8)
