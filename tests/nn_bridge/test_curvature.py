from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse.linalg import aslinearoperator
from torch import nn
from torch.func import functional_call

from landscape_sim.validation import InputError
from nn_bridge import curvature, memory
from nn_bridge.curvature import gauss_newton_operator, hessian_operator, top_eigenpairs
from nn_bridge.curvature_study import CurvatureSettings, gradient_norm, study_curvature
from nn_bridge.data import Dataset, dataset_from_tensors
from nn_bridge.ghost_batch_norm import GhostBatchNorm
from nn_bridge.gram import output_gradients
from nn_bridge.losses import find_loss
from nn_bridge.networks import glorot_initialise
from nn_bridge.spectral_density import spectral_density

RNG = np.random.default_rng(3)
N_SAMPLES = 24
IMAGES = torch.from_numpy(RNG.random((N_SAMPLES, 1, 4, 4)))
LABELS = torch.from_numpy(RNG.integers(0, 3, N_SAMPLES))
CLASSES = dataset_from_tensors("classes", IMAGES, nn.functional.one_hot(LABELS, 3).double())
SCALAR = dataset_from_tensors("scalar", IMAGES, torch.from_numpy(RNG.standard_normal((24, 1))))


def perceptron(n_outputs: int) -> nn.Sequential:
    layers = nn.Flatten(), nn.Linear(16, 5), nn.ReLU(), nn.Linear(5, 3), nn.ReLU()
    return initialised(nn.Sequential(*layers, nn.Linear(3, n_outputs)))


def convolutional(ghost_batch_size: int | None = None) -> nn.Sequential:
    ghost = [] if ghost_batch_size is None else [GhostBatchNorm(2, ghost_batch_size)]
    layers = nn.Conv2d(1, 2, 3, padding=1), *ghost, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()
    return initialised(nn.Sequential(*layers, nn.Linear(8, 3)))


def initialised(network: nn.Sequential) -> nn.Sequential:
    glorot_initialise(network, seed=1)
    return network.double()


CASES = {
    "perceptron, mean-square": (perceptron(3), CLASSES, "mean-square"),
    "perceptron, one output": (perceptron(1), SCALAR, "mean-square"),
    "perceptron, cross-entropy": (perceptron(3), CLASSES, "cross-entropy"),
    "convolutional": (convolutional(), CLASSES, "mean-square"),
    "ghost batch norm": (convolutional(4), CLASSES, "cross-entropy"),
}


def dense(operator) -> np.ndarray:
    return np.column_stack([operator.matvec(row) for row in np.eye(operator.shape[0])])


def outputs_of_vector(network: nn.Module, data: Dataset):
    """Return the outputs as a function of one vector of parameters, and the vector."""
    names, values = zip(*network.named_parameters(), strict=True)

    def outputs(vector: torch.Tensor) -> torch.Tensor:
        parts = vector.split([v.numel() for v in values])
        named = {n: p.view_as(v) for n, p, v in zip(names, parts, values, strict=True)}
        return functional_call(network, named, (data.inputs,))

    return outputs, nn.utils.parameters_to_vector(values).detach()


def brute_hessian(network: nn.Module, data: Dataset, loss: str) -> np.ndarray:
    outputs, at = outputs_of_vector(network, data)
    per_sample = find_loss(loss, data.targets)
    matrix = torch.autograd.functional.hessian(
        lambda v: per_sample(outputs(v), data.targets).mean(), at
    )
    return matrix.numpy()


def brute_gauss_newton(network: nn.Module, data: Dataset, loss: str) -> np.ndarray:
    outputs, at = outputs_of_vector(network, data)
    jacobian = torch.autograd.functional.jacobian(outputs, at).numpy()
    logits = outputs(at).detach().numpy()
    total = np.zeros((at.numel(), at.numel()))
    for j, f in zip(jacobian, logits, strict=True):
        p = np.exp(f) / np.exp(f).sum()
        inner = np.eye(f.size) if loss == "mean-square" else np.diag(p) - np.outer(p, p)
        total += j.T @ inner @ j
    return total / len(data)


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
            patch.setattr(memory, "_CHUNK_BYTES", 1)
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


def test_gauss_newton_outliers_are_those_of_the_gram_matrix():
    network, data, loss = CASES["perceptron, one output"]
    gram = output_gradients(network, data.inputs).gram
    expected = np.linalg.eigvalsh(gram)[::-1][:6] / len(data)
    pairs = top_eigenpairs(gauss_newton_operator(network, data, loss), 6)
    np.testing.assert_allclose(pairs.values, expected, rtol=1e-9)


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
    with pytest.raises(InputError, match="a product with the Hessian of 107 parameters needs"):
        hessian_operator(perceptron(1), SCALAR)


def test_arpack_without_convergence_is_one_line(monkeypatch):
    import scipy.sparse.linalg

    def give_up(*arguments, **options):
        raise scipy.sparse.linalg.ArpackNoConvergence("no", np.ones(2), np.ones((10, 2)))

    monkeypatch.setattr(scipy.sparse.linalg, "eigsh", give_up)
    with pytest.raises(InputError, match="only 2 of 4 eigenvalues converged"):
        top_eigenpairs(aslinearoperator(np.eye(10)), 4)


@pytest.mark.parametrize("case", ["perceptron, mean-square", "convolutional"])
def test_spectrum_of_a_network_against_the_dense_one(case):
    network, data, loss = CASES[case]
    settings = CurvatureSettings(0.1, 2, loss, n_eigenvalues=5, n_probes=20, n_steps=20, seed=1)
    study = study_curvature(network, data, settings)
    exact = np.linalg.eigvalsh(brute_hessian(network, data, loss))
    for (estimate, error), moment in (
        (study.density.trace, exact.sum()),
        (study.density.trace_of_square, (exact**2).sum()),
    ):
        # Five standard errors of 20 probes: Student's t fails once in 12,000; the seed is fixed.
        assert abs(estimate - moment) < 5 * error
    dataset = study.to_dataset()
    assert dataset.attrs["dimension"] == exact.size
    assert float(dataset["density"].integrate("grid")) == pytest.approx(1, abs=0.02)
    row = study.rule_rows()[0]
    temperature = 0.1 * row["h*"] / 2
    assert row["exponent"] == pytest.approx(1 / temperature + 1 - row["n"] / 2)
    assert study.exponent_range[0] <= row["exponent"] <= study.exponent_range[1]


def test_quadrature_is_exact_with_as_many_steps_as_eigenvalues():
    matrix = RNG.standard_normal((30, 30))
    matrix = matrix @ matrix.T
    known = top_eigenpairs(aslinearoperator(matrix), 4)
    result = spectral_density(aslinearoperator(matrix), known, n_probes=2, n_steps=26, seed=5)
    rest = np.linalg.eigvalsh(matrix)[:-4]
    assert result.lowest_node == pytest.approx(rest[0], abs=1e-9 * known.values[0])
    for nodes in result.nodes:
        np.testing.assert_allclose(np.sort(nodes), rest, atol=1e-9 * known.values[0])
    generator = np.random.default_rng(5)
    expected = []
    for _ in range(2):
        signs = generator.choice([-1.0, 1.0], size=30)
        signs -= known.vectors @ (known.vectors.T @ signs)
        expected.append(signs @ matrix @ matrix @ signs)
    total = np.mean(expected) + np.sum(known.values**2)
    assert result.trace_of_square[0] == pytest.approx(total, rel=1e-9)
    with pytest.raises(InputError, match="n_steps 27 is beyond the 26 unknown"):
        spectral_density(aslinearoperator(matrix), known, n_steps=27)


def test_an_invariant_subspace_ends_the_iteration():
    matrix = np.diag(np.repeat([5.0, 1.0, 0.0], [2, 10, 18]))
    known = top_eigenpairs(aslinearoperator(matrix), 2)
    result = spectral_density(aslinearoperator(matrix), known, n_steps=20)
    assert result.trace == (pytest.approx(20.0), pytest.approx(0.0, abs=1e-9))


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize("case", ["perceptron, mean-square", "perceptron, cross-entropy"])
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
    assert curvature.hessian_operator(network, data).dtype == np.float64
    assert network[1].weight.dtype == torch.float32
