"""The largest eigenvalues: none lost, none counted twice, and refusals where products are wrong."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from curved_networks import brute_gauss_newton, brute_hessian
from own_networks import in_the_old_style
from scipy.sparse.linalg import LinearOperator, aslinearoperator, eigsh
from torch import nn
from torch.nn.utils import parametrizations

from landscape_sim.validation import InputError
from nn_bridge import memory
from nn_bridge.curvature.eigenpairs import top_eigenpairs
from nn_bridge.curvature.hessian import gauss_newton_operator, hessian_operator
from nn_bridge.data.own_data import dataset_from_tensors


def naive_lanczos(matrix: np.ndarray, n_steps: int) -> np.ndarray:
    """Return Ritz values of Lanczos without reorthogonalisation."""
    vector = np.random.default_rng(0).standard_normal(len(matrix))
    vector /= np.linalg.norm(vector)
    before, beta, alphas, betas = np.zeros_like(vector), 0.0, [], []
    for _ in range(n_steps):
        product = matrix @ vector - beta * before
        alphas.append(vector @ product)
        product -= alphas[-1] * vector
        beta = np.linalg.norm(product)
        before, vector = vector, product / beta
        betas.append(beta)
    return np.linalg.eigvalsh(np.diag(alphas) + np.diag(betas[:-1], 1) + np.diag(betas[:-1], -1))


def test_outliers_are_not_counted_twice():
    matrix = np.diag(np.concatenate([np.array([50.0, 40, 30, 20, 10]), np.linspace(0, 1, 295)]))
    values = top_eigenpairs(aslinearoperator(matrix), 20).values
    assert np.count_nonzero(values > 5) == 5
    # Negative control: without reorthogonalisation the same five come back as copies.
    assert np.count_nonzero(naive_lanczos(matrix, 150) > 5) > 8


def test_numbers_and_sizes_that_cannot_be_are_refused(monkeypatch):
    operator = aslinearoperator(np.eye(10))
    with pytest.raises(InputError, match="n_eigenvalues 10 must be below the 10 parameters"):
        top_eigenpairs(operator, 10)
    monkeypatch.setattr(memory, "free_memory", lambda device="cpu": 1000)
    with pytest.raises(InputError, match=r"Lanczos with 10 vectors .* ask for fewer"):
        top_eigenpairs(operator, 4)


def test_arpack_without_convergence_is_one_line(monkeypatch):
    import scipy.sparse.linalg

    def give_up(*arguments, **options):
        raise scipy.sparse.linalg.ArpackNoConvergence("no", np.ones(2), np.ones((10, 2)))

    monkeypatch.setattr(scipy.sparse.linalg, "eigsh", give_up)
    with pytest.raises(InputError, match="only 2 of 4 eigenvalues converged"):
        top_eigenpairs(aslinearoperator(np.eye(10)), 4)


def alike(n_outputs):
    """Return a linear layer with outputs that are all alike, and data."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(60, 8, generator=generator).double() * torch.arange(1, 9)
    y = torch.randn(60, 1, generator=generator).double().expand(-1, n_outputs)
    return nn.Linear(8, n_outputs).double(), dataset_from_tensors("alike", x, y.contiguous())


@pytest.mark.parametrize("loss", ["mean-square", "cross-entropy"])
def test_copies_of_an_eigenvalue_are_all_found(loss):
    network, data = alike(10)
    if loss == "cross-entropy":
        data = dataset_from_tensors(
            "alike", data.inputs, torch.full((60, 10), 0.1, dtype=torch.float64)
        )
        nn.init.zeros_(network.weight), nn.init.zeros_(network.bias)
    for make, brute in (
        (hessian_operator, brute_hessian), (gauss_newton_operator, brute_gauss_newton)
    ):  # fmt: skip
        expected = np.linalg.eigvalsh(brute(network, data, loss))[::-1][:25]
        operator = make(network, data, loss)
        np.testing.assert_allclose(top_eigenpairs(operator, 25).values, expected, rtol=1e-8)
        n_copies = 10 if loss == "mean-square" else 9
        assert np.ptp(expected[:n_copies]) < 1e-9 * expected[0]
        if loss == "mean-square":
            # Negative control: one start vector misses some of the copies.
            start = np.random.default_rng(0).standard_normal(operator.shape[0])
            alone = np.sort(eigsh(operator, 25, which="LA", v0=start, tol=1e-9)[0])[::-1]
            assert np.abs(alone - expected).max() > 1e-3 * expected[0]


@pytest.mark.parametrize("rank", [1, 2, 5])
def test_few_eigenvalues_that_are_not_zero(rank):
    values = np.zeros(60)
    values[:rank] = 3.0
    found = top_eigenpairs(aslinearoperator(np.diag(values)), 8)
    np.testing.assert_allclose(found.values, np.sort(values)[::-1][:8], atol=1e-12)
    np.testing.assert_allclose(found.vectors.T @ found.vectors, np.eye(8), atol=1e-9)


def test_a_hessian_that_is_zero_has_eigenvalues_of_zero():
    network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1, bias=False)).double()
    nn.init.constant_(network[0].bias, -100.0)
    data = dataset_from_tensors("dead", torch.rand(9, 3).double(), torch.rand(9, 1).double())
    for operator in (hessian_operator(network, data), gauss_newton_operator(network, data)):
        found = top_eigenpairs(operator, 4)
        assert not found.values.any()
        assert not found.residuals.any()
        np.testing.assert_allclose(found.vectors.T @ found.vectors, np.eye(4), atol=1e-12)


@pytest.mark.parametrize("make", [nn.utils.weight_norm, parametrizations.weight_norm])
def test_second_derivatives_that_torch_gets_wrong_are_refused(make):
    torch.manual_seed(0)
    network = in_the_old_style(make).double()
    x, y = torch.randn(2, 9, 4).double()
    operator = hessian_operator(network, dataset_from_tensors("own", x, y))
    with pytest.raises(InputError, match=r"not symmetric, vᵀHw = .*weight_norm"):
        top_eigenpairs(operator, 4)


def wrong(make):
    matrix = np.diag(np.arange(1.0, 41.0))
    return LinearOperator((40, 40), matvec=lambda v: make(matrix @ v), dtype=float)


def test_products_that_cannot_be_relied_on_are_refused():
    generator = np.random.default_rng(0)
    noisy = wrong(lambda v: v + 0.1 * generator.standard_normal(40))
    for operator, message in (
        (noisy, "differs the second time"),
        (wrong(lambda v: v * np.nan), "not finite"),
        (wrong(lambda v: np.roll(v, 1)), "not symmetric"),
    ):
        with pytest.raises(InputError, match=message) as refusal:
            top_eigenpairs(operator, 3)
        assert len(str(refusal.value).splitlines()) == 1


def test_residuals_beyond_what_was_asked_for_are_refused():
    # Inexact only after the first three products, which are looked at.
    counter = iter(range(10**6))
    shift = np.linspace(-1, 1, 40)
    drifting = wrong(lambda v: v + (1e-3 * np.linalg.norm(v) * shift if next(counter) > 40 else 0))
    with pytest.raises(InputError, match=r"residual .* too inexact|converged|Lanczos failed"):
        top_eigenpairs(drifting, 3)


def test_the_same_seed_has_the_same_bits():
    network, data = alike(3)
    first, second = (top_eigenpairs(hessian_operator(network, data), 5) for _ in range(2))
    assert first.values.tobytes() == second.values.tobytes()
    assert first.vectors.tobytes() == second.vectors.tobytes()
