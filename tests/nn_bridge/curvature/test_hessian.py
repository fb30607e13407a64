"""Products with the Hessian and the Gauss–Newton matrix, and their largest eigenvalues."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from curved_networks import (
    CASES,
    LABELS,
    RNG,
    SCALAR,
    brute_gauss_newton,
    brute_hessian,
    perceptron,
)
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge import memory
from nn_bridge.curvature.eigenpairs import top_eigenpairs
from nn_bridge.curvature.hessian import gauss_newton_operator, gradient_norm, hessian_operator
from nn_bridge.data.own_data import dataset_from_tensors
from nn_bridge.training import activations


def dense(operator) -> np.ndarray:
    return np.column_stack([operator.matvec(row) for row in np.eye(operator.shape[0])])


@pytest.mark.parametrize("case", CASES)
def test_both_matrices_are_those_of_brute_force(case):
    network, data, loss = CASES[case]
    hessian = dense(hessian_operator(network, data, loss))
    np.testing.assert_allclose(hessian, brute_hessian(network, data, loss), atol=1e-12)
    outer = brute_gauss_newton(network, data, loss)
    vectors = np.eye(len(outer))[::7]
    operator = gauss_newton_operator(network, data, loss)
    products = np.array([operator.matvec(vector) for vector in vectors])
    np.testing.assert_allclose(products, vectors @ outer, atol=1e-12)
    # Negative control: away from a minimum the two are not the same.
    assert np.abs(hessian - outer).max() > 1e-3


@pytest.mark.parametrize("case", CASES)
def test_products_do_not_depend_on_how_the_samples_are_split(case, monkeypatch):
    network, data, loss = CASES[case]
    vector = RNG.standard_normal(sum(p.numel() for p in network.parameters()))
    for make in (hessian_operator, gauss_newton_operator):
        whole = make(network, data, loss).matvec(vector)
        with monkeypatch.context() as patch:
            # One sample, or one ghost batch, at a time.
            patch.setattr(activations, "_CHUNK_BYTES", 1)
            split = make(network, data, loss).matvec(vector)
        np.testing.assert_allclose(split, whole, rtol=1e-10, atol=1e-13)


def test_linear_regression_has_the_covariance_of_its_inputs_as_hessian():
    x = RNG.standard_normal((40, 6))
    data = dataset_from_tensors("linear", torch.from_numpy(x), torch.zeros(40, 1).double())
    network = nn.Linear(6, 1, bias=False).double()
    for operator in (hessian_operator(network, data), gauss_newton_operator(network, data)):
        np.testing.assert_allclose(dense(operator), x.T @ x / 40, rtol=1e-13, atol=1e-14)
        pairs = top_eigenpairs(operator, 3)
        expected = np.linalg.svd(x, compute_uv=False)[:3] ** 2 / 40
        np.testing.assert_allclose(pairs.values, expected, rtol=1e-12)
    gradient = x.T @ (x @ network.weight.detach().numpy().T) / 40
    assert gradient_norm(network, data) == pytest.approx(float(np.linalg.norm(gradient)))


@pytest.mark.parametrize("case", CASES)
def test_top_eigenpairs_are_those_of_a_dense_solver_within_their_residuals(case):
    network, data, loss = CASES[case]
    operator = hessian_operator(network, data, loss)
    pairs = top_eigenpairs(operator, 8)
    expected = np.linalg.eigvalsh(brute_hessian(network, data, loss))[::-1][:8]
    # Weyl: each value is within its residual of an eigenvalue; rounding of the dense solver apart.
    assert np.all(np.abs(pairs.values - expected) <= pairs.residuals + 1e-13 * expected[0])
    assert pairs.residuals.max() < 1e-8 * expected[0]
    np.testing.assert_allclose(pairs.vectors.T @ pairs.vectors, np.eye(8), atol=1e-12)


def test_sizes_that_cannot_be_are_refused(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda device="cpu": 1000)
    with pytest.raises(InputError, match="a product with the Hessian of 107 parameters needs"):
        hessian_operator(perceptron(1), SCALAR)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize("case", ["perceptron, mean-square", "perceptron, cross-entropy"])
@pytest.mark.oracle
def test_curvlinops_gives_the_same_products(case):
    curvlinops = pytest.importorskip("curvlinops", reason="the extra nn-oracles is not installed")
    network, data, loss = CASES[case]
    # Its mean-square loss averages over outputs too and has no factor 1/2.
    factor = 1.5 if loss == "mean-square" else 1.0
    function = nn.MSELoss() if loss == "mean-square" else nn.CrossEntropyLoss()
    targets = data.targets if loss == "mean-square" else LABELS
    parameters = list(network.parameters())
    vector = RNG.standard_normal(sum(p.numel() for p in parameters))
    pairs = [(data.inputs, targets)]
    for ours, name in (
        (hessian_operator(network, data, loss), "HessianLinearOperator"),
        (gauss_newton_operator(network, data, loss), "GGNLinearOperator"),
    ):
        theirs = getattr(curvlinops, name)(network, function, parameters, pairs)
        product = factor * (theirs @ torch.from_numpy(vector)).detach().numpy()
        np.testing.assert_allclose(ours.matvec(vector), product, rtol=1e-10, atol=1e-12)


def test_the_module_keeps_nothing_of_the_network_in_single_precision():
    network = perceptron(1).float()
    data = SCALAR.to(dtype=torch.float32)
    assert hessian_operator(network, data).dtype == np.float64
    assert network[1].weight.dtype == torch.float32
