"""Alignment of noise and curvature against matrices over the parameters."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_networks import LOSSES, NETWORKS, output_jacobian, per_sample_gradients, problem

from landscape_sim.validation import InputError
from nn_bridge import memory
from nn_bridge.gradients import alignment
from nn_bridge.gradients.alignment import alignment_samples, noise_alignment
from nn_bridge.gradients.gram import OutputGradients, gram_bytes, output_gradients
from nn_bridge.gradients.noise_strength import layerwise_noise_strength
from nn_bridge.training.networks import count_parameters


def gauss_newton(network, inputs, loss):
    """Return H over the parameters; the curvature of the loss in closed form."""
    outputs = network(inputs).detach()
    if loss == "mean-square":
        curvature = torch.eye(3, dtype=torch.float64).expand(len(inputs), 3, 3)
    else:
        p = outputs.softmax(1)
        curvature = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
    jacobian = output_jacobian(network, inputs).reshape(len(inputs), 3, -1)
    return torch.einsum("nkp,nkl,nlq->pq", jacobian, curvature, jacobian) / len(inputs)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", NETWORKS)
def test_alignment_equals_that_of_the_matrices_over_the_parameters(name, loss):
    network, inputs, targets = problem(name)
    n_parameters = count_parameters(network)
    g = per_sample_gradients(network, inputs, targets, LOSSES[loss])
    g = g - g.mean(0)
    noise, curvature = g.T @ g / len(g), gauss_newton(network, inputs, loss)
    values, vectors = torch.linalg.eigh(curvature)
    leading = vectors.flip(1)[:, :3]
    along = (leading.T @ noise @ leading).diagonal()
    found = noise_alignment(
        output_gradients(network, inputs), targets, LOSSES[loss],
        n_parameters=n_parameters, n_directions=3,
    )  # fmt: skip
    norms = torch.linalg.norm(noise), torch.linalg.norm(curvature)
    cosine = (noise * curvature).sum() / norms[0] / norms[1]
    assert found.cosine == pytest.approx(float(cosine), rel=1e-10)
    expected = curvature.trace() / norms[1] / n_parameters**0.5
    assert found.isotropic_cosine == pytest.approx(float(expected), rel=1e-10)
    assert found.curvature_trace == pytest.approx(float(curvature.trace()), rel=1e-10)
    np.testing.assert_allclose(found.curvatures, values.flip(0)[:3], rtol=1e-10)
    # A linear network has each eigenvalue three times, once an output: only sums are defined.
    np.testing.assert_allclose(found.noise_along.sum(), along.sum(), rtol=1e-10)
    if name != "linear" or loss != "mean-square":
        np.testing.assert_allclose(found.noise_along, along, rtol=1e-10)
    exact = layerwise_noise_strength(network, inputs, targets, LOSSES[loss])
    assert found.noise_strength == pytest.approx(exact.noise_strength, rel=1e-10)
    assert found.loss == pytest.approx(exact.loss, rel=1e-10)


def test_independent_residuals_align_and_large_ones_on_one_side_do_not():
    # f = θᵀx with residuals drawn apart from x: Σ = 2 L H up to sampling.
    rng = np.random.default_rng(5)
    x = rng.normal(size=(1500, 4)) * [2.0, 1.5, 1.0, 0.5]
    gradients = OutputGradients(np.zeros((1500, 1)), x @ x.T)
    residuals = torch.as_tensor(rng.normal(size=(1500, 1)))
    found = noise_alignment(
        gradients, residuals, LOSSES["mean-square"], n_parameters=4, n_directions=3
    )
    assert found.cosine > 0.99
    # The ratio averages r² x² / (⟨r²⟩⟨x²⟩): its standard error is at most sqrt(3·3 − 1)/sqrt(N).
    assert np.abs(found.direction_ratios - 1).max() < 4.4 * np.sqrt(8 / 1500)
    # Negative control: residuals along one coordinate tie the losses to the gradients.
    tied = noise_alignment(
        gradients, torch.as_tensor(x[:, :1]) * residuals, LOSSES["mean-square"],
        n_parameters=4, n_directions=3,
    )  # fmt: skip
    assert np.abs(tied.direction_ratios - 1).max() > 4.4 * np.sqrt(8 / 1500)


def test_how_many_samples_are_taken_is_decided_beforehand(monkeypatch):
    network, inputs, _ = problem("fully connected", n_samples=900)
    assert alignment_samples(network, inputs, 3, None) == 666
    assert alignment_samples(network, inputs, 1, None) == 900
    assert alignment_samples(network, inputs, 3, 5) == 5
    for asked in (1, 901):
        with pytest.raises(InputError, match=f"alignment samples {asked} must be 2 to 900"):
            alignment_samples(network, inputs, 3, asked)
    needed = gram_bytes(network, inputs[:333], 4)
    for module in (alignment, memory):
        monkeypatch.setattr(module, "free_memory", lambda device: 2 * needed)
    assert alignment_samples(network, inputs, 3, None) == 333
    with pytest.raises(InputError, match="lower alignment_samples"):
        alignment_samples(network, inputs, 3, 900)


def test_what_does_not_fit_is_refused():
    gradients = OutputGradients(np.zeros((3, 1)), np.eye(3))
    with pytest.raises(InputError, match="3 rows"):
        noise_alignment(gradients, torch.zeros(2, 1), LOSSES["mean-square"], n_parameters=3)
    with pytest.raises(InputError, match="n_directions"):
        noise_alignment(
            gradients, torch.zeros(3, 1), LOSSES["mean-square"], n_parameters=3, n_directions=3
        )
