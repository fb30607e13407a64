"""Noise strength: exact against loops and peers, estimated against exact, with controls."""

from __future__ import annotations

import math

import pytest
import torch
from small_networks import LOSSES, NETWORKS, flat_gradient, per_sample_gradients, problem
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.gradients import noise_strength
from nn_bridge.gradients.noise_strength import layerwise_noise_strength, minibatch_noise_strength
from nn_bridge.training.ghost_batch_norm import GhostBatchNorm


def brute_force(network, inputs, targets, loss):
    gradients = per_sample_gradients(network, inputs, targets, loss)
    return float((gradients - gradients.mean(0)).square().sum(1).mean())


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", NETWORKS)
def test_exact_strength_equals_a_loop_over_samples(name, loss, monkeypatch):
    network, inputs, targets = problem(name)
    expected = brute_force(network, inputs, targets, LOSSES[loss])
    for chunk in (13, 4):
        monkeypatch.setattr(noise_strength, "chunk_size", lambda *_, chunk=chunk: chunk)
        found = layerwise_noise_strength(network, inputs, targets, LOSSES[loss])
        assert found.noise_strength == pytest.approx(expected, rel=1e-10)
        assert found.loss == pytest.approx(
            LOSSES[loss](network(inputs), targets).mean().item(), rel=1e-12
        )
        assert found.n_samples == 13


def test_a_linear_network_has_the_strength_of_its_closed_form():
    # ∇ℓ_μ = (f − y) x for every output: no network code in the expected value.
    network, inputs, targets = problem("linear")
    with torch.no_grad():
        residuals = inputs @ network.weight.T + network.bias - targets
    extended = torch.hstack([inputs, torch.ones(13, 1, dtype=torch.float64)])
    norms = residuals.square().sum(1) * extended.square().sum(1)
    gradient = residuals.T @ extended / 13
    found = layerwise_noise_strength(network, inputs, targets, LOSSES["mean-square"])
    assert found.noise_strength == pytest.approx(
        float(norms.mean() - gradient.square().sum()), rel=1e-12
    )
    assert found.squared_gradient == pytest.approx(float(gradient.square().sum()), rel=1e-12)


def z_score_of_batches(n_samples, batch_size, expected, repeats=200):
    """Return how many standard errors the mini-batch estimates are off, on average."""
    network, inputs, targets = problem("fully connected", n_samples=n_samples)
    generator = torch.Generator().manual_seed(7)
    values = torch.tensor(
        [
            minibatch_noise_strength(
                network, inputs, targets, LOSSES["mean-square"],
                batch_size=batch_size, generator=generator,
            ).noise_strength
            for _ in range(repeats)
        ],
        dtype=torch.float64,
    )  # fmt: skip
    return float((values.mean() - expected) / (values.std() / math.sqrt(repeats)))


@pytest.mark.parametrize("batch_size", [1, 4, 8])
def test_batches_estimate_the_exact_strength_without_bias(batch_size):
    network, inputs, targets = problem("fully connected", n_samples=24)
    expected = brute_force(network, inputs, targets, LOSSES["mean-square"])
    if batch_size == 1:
        one = minibatch_noise_strength(
            network, inputs, targets, LOSSES["mean-square"],
            batch_size=1, generator=torch.Generator(),
        )  # fmt: skip
        assert one.noise_strength == pytest.approx(expected, rel=1e-10)
        return
    # False alarm: 1e-5 at |z| = 4.4; the seed is fixed.
    assert abs(z_score_of_batches(24, batch_size, expected)) < 4.4
    # Negative control: without (N − B)/(N − 1) the estimate would be too small.
    wrong = expected * (24 - 1) / (24 - batch_size)
    assert abs(z_score_of_batches(24, batch_size, wrong)) > 4.4


def test_samples_beyond_the_last_whole_batch_do_not_bias():
    network, inputs, targets = problem("fully connected", n_samples=23)
    # For a random subset of 20, the mean of 𝒩 is N−1 over N scaled: (19/20)/(22/23) of the full.
    full = brute_force(network, inputs, targets, LOSSES["mean-square"])
    expected = full * (19 / 20) / (22 / 23)
    assert abs(z_score_of_batches(23, 4, expected)) < 4.4


def test_standard_error_covers_the_strength_of_the_population():
    network, inputs, targets = problem("fully connected", n_samples=20000)
    loss = LOSSES["mean-square"]
    exact = layerwise_noise_strength(network, inputs, targets, loss).noise_strength
    generator = torch.Generator().manual_seed(3)
    scores = []
    for _ in range(100):
        drawn = torch.randint(20000, (1000,), generator=generator)
        found = minibatch_noise_strength(
            network, inputs[drawn], targets[drawn], loss, batch_size=10, generator=generator
        )
        scores.append(abs(found.noise_strength - exact) / found.standard_error)
    # 95.4 ± 2.1 of 100 lie within two errors; 86 is 4.4 standard errors below (false alarm 1e-5).
    assert sum(score < 2 for score in scores) >= 86
    # Negative control: errors half as large.
    assert sum(score < 1 for score in scores) < 86


def test_ghost_batch_normalisation_has_the_mini_batch_estimator_only(monkeypatch):
    monkeypatch.setattr(noise_strength, "_BLOCK", 7)  # of 26 and fewer numbers
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 5), GhostBatchNorm(5, 5), nn.ReLU(), nn.Linear(5, 1))
    network = network.double()
    inputs = torch.randn(20, 4, dtype=torch.float64)
    targets = torch.randn(20, 1, dtype=torch.float64)
    loss = LOSSES["mean-square"]
    with pytest.raises(InputError, match="layer 1"):
        layerwise_noise_strength(network, inputs, targets, loss)
    found = minibatch_noise_strength(
        network, inputs, targets, loss, batch_size=5, generator=torch.Generator().manual_seed(1)
    )
    order = torch.randperm(20, generator=torch.Generator().manual_seed(1))
    gradients = torch.stack(
        [flat_gradient(loss(network(inputs[b]), targets[b]).mean(), network)
         for b in torch.split(order, 5)]
    )  # fmt: skip
    scatter = (gradients - gradients.mean(0)).square().sum(1).mean()
    assert found.noise_strength == pytest.approx(float(5 * 19 / 15 * scatter), rel=1e-10)


@pytest.mark.parametrize("batch_size", [0, 5, 1.5])
def test_unusable_batch_sizes_are_refused(batch_size):
    network, inputs, targets = problem("linear")
    with pytest.raises(InputError, match="batch_size"):
        minibatch_noise_strength(
            network, inputs, targets, LOSSES["mean-square"],
            batch_size=batch_size, generator=torch.Generator(),
        )  # fmt: skip


@pytest.mark.oracle
def test_backpack_agrees():
    backpack = pytest.importorskip("backpack", reason="backpack-for-pytorch is not installed")
    from backpack.extensions import BatchL2Grad

    network, inputs, targets = problem("convolutional")
    # BackPACK's hooks want a gradient at the input, or they warn.
    inputs.requires_grad_()
    extended = backpack.extend(network)
    criterion = backpack.extend(nn.MSELoss(reduction="sum"))
    with backpack.backpack(BatchL2Grad()):
        (0.5 * criterion(extended(inputs), targets)).backward()
    norms = sum(p.batch_l2 for p in network.parameters())
    gradient = sum((p.grad / 13).square().sum() for p in network.parameters())
    plain = problem("convolutional")[0]
    found = layerwise_noise_strength(plain, inputs.detach(), targets, LOSSES["mean-square"])
    assert found.noise_strength == pytest.approx(float(norms.mean() - gradient), rel=1e-8)
