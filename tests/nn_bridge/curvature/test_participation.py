"""The paper's n and h*, and the learning rates at which a minimum is left."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.func import functional_call, jacrev, vmap

from landscape_sim.validation import InputError
from nn_bridge.curvature.linear_stability import (
    critical_learning_rate,
    learning_rate_limits,
    lyapunov_limit,
)
from nn_bridge.curvature.participation import OutlierSpectrum, gram_of_outputs, outlier_spectrum
from nn_bridge.data.own_data import as_dataset
from nn_bridge.training.networks import build_network


def spectrum_of(values):
    values = np.asarray(values, dtype=float)
    return OutlierSpectrum(values, values.sum(), (values**2).sum(), values.size)


def test_the_spectrum_is_that_of_the_matrix_itself():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(30, 4, generator=generator, dtype=torch.float64)
    dataset = as_dataset((x, x[:, :1]))
    network = build_network("mlp", hidden=(3,), n_inputs=4, dtype=torch.float64)
    found = outlier_spectrum(gram_of_outputs(network, dataset), network)

    weights = {name: p.detach() for name, p in network.named_parameters()}
    one = lambda w, row: functional_call(network, w, (row[None],))[0, 0]  # noqa: E731
    jacobian = vmap(jacrev(one), in_dims=(None, 0))(weights, x)
    rows = torch.cat([part.flatten(1) for part in jacobian.values()], dim=1)
    values = torch.linalg.eigvalsh(rows.T @ rows / 30).flip(0).numpy()

    assert found.dimension == values.size == 19
    np.testing.assert_allclose(found.values[:10], values[:10], rtol=1e-9)
    assert found.largest == pytest.approx(values[0], rel=1e-12)
    p = values / values.sum()
    assert found.participation == pytest.approx(1 / (p**2).sum(), rel=1e-12)


def test_equal_eigenvalues_are_counted_one_by_one():
    assert spectrum_of([3.0] * 5 + [0.0] * 20).participation == pytest.approx(5)


def test_several_outputs_and_too_few_samples_are_refused():
    network = build_network("mlp", hidden=(3,), n_inputs=4, n_outputs=2)
    with pytest.raises(InputError, match="one output, got 2"):
        gram_of_outputs(network, as_dataset((torch.zeros(3, 4), torch.zeros(3, 2))))
    network = build_network("mlp", hidden=(3,), n_inputs=4)
    with pytest.raises(InputError, match="three samples"):
        gram_of_outputs(network, as_dataset((torch.zeros(2, 4), torch.zeros(2, 1))))


def test_the_limit_of_eq_18_is_where_the_critical_dimension_is_n():
    eta = critical_learning_rate(12.7, 95.6, 10)
    assert 2 * (10 / (eta * 95.6) + 1) == pytest.approx(12.7)
    assert critical_learning_rate(2.0, 95.6, 10) == math.inf


def test_the_linear_chain_of_independent_samples():
    # One sample a batch and no overlap: u_i → (1 − η g_i) u_i once an epoch, so the limit is 2/g.
    gram = np.diag([8.0, 3.0, 1.0, 0.5])
    limits = learning_rate_limits(outlier_spectrum(gram, torch.nn.Linear(3, 1)), gram, 1)
    assert limits.descent == pytest.approx(2 / (8.0 / 4))
    # Twelve bisections of three decades: 0.2 %.
    assert limits.lyapunov == pytest.approx(2 / 8.0, rel=2e-3)
    assert limits.mean_square == pytest.approx(2 / (12.5 / 4))


def test_batches_of_all_samples_have_the_limit_of_descent():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((12, 5))
    gram = rows @ rows.T
    descent = 2 / (np.linalg.eigvalsh(gram)[-1] / 12)
    assert lyapunov_limit(gram, 12, highest=2 * descent) == pytest.approx(descent, rel=3e-3)
