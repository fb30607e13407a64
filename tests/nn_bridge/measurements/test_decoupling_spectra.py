"""Both spectra against matrices over the parameters, and what the distances mean."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_networks import convolutional, fully_connected, output_jacobian
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge import memory
from nn_bridge.gradients.gram import OutputGradients, output_gradients
from nn_bridge.measurements.decoupling_spectra import (
    DecouplingSpectra,
    LeadingRanks,
    decoupling_spectra,
)
from nn_bridge.training.losses import mean_square


def one_output(make, shape, n_samples=11):
    torch.manual_seed(1)
    network = nn.Sequential(make(), nn.ReLU(), nn.Linear(3, 1)).double()
    inputs = torch.randn(n_samples, *shape, dtype=torch.float64)
    return network, inputs, torch.sign(torch.randn(n_samples, 1, dtype=torch.float64))


@pytest.mark.parametrize(
    ("make", "shape"), [(fully_connected, (6,)), (convolutional, (2, 8, 8))], ids=["fc", "cnn"]
)
def test_spectra_are_those_of_the_matrices_over_the_parameters(make, shape):
    network, inputs, targets = one_output(make, shape)
    losses = mean_square(network(inputs), targets).detach().numpy()
    jacobian = output_jacobian(network, inputs).numpy()
    c = jacobian[:, :, None] * jacobian[:, None, :]
    exact = np.linalg.eigvalsh((losses[:, None, None] * c).mean(0))[::-1][:11]
    decoupled = np.linalg.eigvalsh(losses.mean() * c.mean(0))[::-1][:11]
    found = decoupling_spectra(output_gradients(network, inputs), losses)
    np.testing.assert_allclose(found.exact, exact, rtol=1e-10, atol=1e-13 * exact[0])
    np.testing.assert_allclose(found.decoupled, decoupled, rtol=1e-10, atol=1e-13 * exact[0])
    assert found.loss == pytest.approx(losses.mean())
    assert found.trace_ratio == pytest.approx(exact.sum() / decoupled.sum(), rel=1e-10)


def synthetic(losses, seed=0, n_parameters=300):
    jacobian = np.random.default_rng(seed).normal(size=(losses.size, n_parameters))
    return OutputGradients(np.zeros((losses.size, 1)), jacobian @ jacobian.T)


def test_trace_ratio_error_covers_and_sees_a_correlation():
    # Independent losses and gradients: the ratio is 1. False alarm 1e-5 at 4.4 errors.
    rng = np.random.default_rng(2)
    scores = []
    for seed in range(50):
        losses = rng.exponential(size=200)
        found = decoupling_spectra(synthetic(losses, seed), losses)
        scores.append((found.trace_ratio - 1) / found.trace_ratio_error)
    assert abs(np.mean(scores)) < 4.4 / np.sqrt(50)
    assert 0.6 < np.std(scores) < 1.5
    # Negative control: gradients that grow with the loss are no longer decoupled from it.
    losses = rng.exponential(size=200)
    gradients = synthetic(losses)
    scaled = gradients.gram * np.sqrt(losses[:, None] * losses)
    coupled = decoupling_spectra(OutputGradients(gradients.outputs, scaled), losses)
    assert (coupled.trace_ratio - 1) / coupled.trace_ratio_error > 4.4
    assert coupled.trace_weighted_distance > 0.3


def test_distances_weigh_the_large_eigenvalues_and_leave_out_the_unresolved():
    spectra = DecouplingSpectra(
        loss=1.0,
        exact=np.array([8.0, 1.0, 3e-3, 1e-20]),
        decoupled=np.array([8.0, 0.999, 1e-3, 2e-20]),
        trace_ratio=1.0,
        trace_ratio_error=0.1,
    )
    np.testing.assert_allclose(spectra.ratios, [1.0, 1 / 0.999, 3.0, np.nan])
    assert spectra.trace_weighted_distance == pytest.approx((1e-3 + 2e-3) / 9)
    assert spectra.leading(0.5) == LeadingRanks(0.5, 1, 1.0, 1.0)
    assert spectra.leading(0.99) == LeadingRanks(0.99, 2, 1.0, pytest.approx(1 / 0.999))
    assert spectra.leading(1.0).high == pytest.approx(3.0)
    # Two of four ranks: the unresolved one counts as outside.
    assert spectra.share_within(0.1) == 0.5


def test_where_the_exact_spectrum_falls_off_for_good():
    spectra = DecouplingSpectra(
        loss=1.0,
        exact=np.array([8.0, 0.5, 1.0, 0.2, 0.01, 1e-20]),
        decoupled=np.array([8.0, 1.0, 0.5, 0.3, 0.2, 1e-20]),
        trace_ratio=1.0,
        trace_ratio_error=0.1,
    )
    # Rank 2 is low, but rank 3 is not.
    fallen = spectra.fallen(0.9)
    assert fallen.first_rank == 4
    assert fallen.relative_eigenvalue == pytest.approx(0.3 / 8)
    assert fallen.trace_share == pytest.approx(0.5 / 10)
    assert spectra.fallen(0.1).first_rank == 5
    assert spectra.fallen(0.01).first_rank is None


def test_what_cannot_be_decoupled_is_refused(monkeypatch):
    several = OutputGradients(np.zeros((2, 3)), np.eye(6))
    with pytest.raises(InputError, match="3 outputs"):
        decoupling_spectra(several, np.ones(2))
    one = OutputGradients(np.zeros((2, 1)), np.eye(2))
    for losses in (np.ones(3), np.array([1.0, -1.0]), np.zeros(2)):
        with pytest.raises(InputError, match="losses must be"):
            decoupling_spectra(one, losses)
    monkeypatch.setattr(memory, "free_memory", lambda device: 8)
    with pytest.raises(InputError, match="use fewer samples"):
        decoupling_spectra(one, np.ones(2))
