"""Noise strength: exact against loops and peers, estimated against exact, with controls."""

from __future__ import annotations

import itertools
import math
import statistics

import numpy as np
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


@pytest.mark.parametrize(("n_samples", "batch_size"), [(4, 2), (5, 2), (5, 1)])
def test_batches_estimate_the_exact_strength_without_bias(n_samples, batch_size, monkeypatch):
    network, inputs, targets = problem("linear", n_samples=n_samples)
    monkeypatch.setattr(noise_strength, "_ENOUGH_BATCHES", 1)
    monkeypatch.setattr(noise_strength, "_FEWEST_BATCHES", 2)
    monkeypatch.setattr(noise_strength, "student_error", lambda values: 0.0)
    found = []
    # Over all orders of the samples: the very mean, without any scatter.
    for order in itertools.permutations(range(n_samples)):
        monkeypatch.setattr(torch, "randperm", lambda *_, order=order, **__: torch.tensor(order))
        one = minibatch_noise_strength(
            network, inputs, targets, LOSSES["mean-square"],
            batch_size=batch_size, generator=torch.Generator(),
        )  # fmt: skip
        found.append((one.noise_strength, one.squared_gradient, one.loss))
    exact = layerwise_noise_strength(network, inputs, targets, LOSSES["mean-square"])
    expected = exact.noise_strength, exact.squared_gradient, exact.loss
    assert tuple(map(statistics.mean, zip(*found, strict=True))) == pytest.approx(expected, 1e-9)


def scores(n_samples, repeats=200):
    """Return errors over standard errors as an estimate of a population's noise strength."""
    network, inputs, targets = problem("linear", n_samples=4000)
    loss = LOSSES["mean-square"]
    exact = layerwise_noise_strength(network, inputs, targets, loss).noise_strength
    generator = torch.Generator().manual_seed(3)
    for _ in range(repeats):
        drawn = torch.randint(4000, (n_samples,), generator=generator)
        found = minibatch_noise_strength(
            network, inputs[drawn], targets[drawn], loss, batch_size=100, generator=generator
        )
        yield (found.noise_strength - exact) / found.standard_error


@pytest.mark.parametrize("n_samples", [131])
def test_standard_errors_are_as_large_as_the_errors(n_samples):
    squares = np.array(list(scores(n_samples))) ** 2
    # Mean one; z of the mean of so many: false alarm 1e-5 at 4.4.
    error = squares.std(ddof=1) / math.sqrt(squares.size)
    assert abs(squares.mean() - 1) < 4.4 * error
    # Negative control: errors half as large.
    assert abs(4 * squares.mean() - 1) > 4.4 * 4 * error


def test_ghost_batch_normalisation_has_the_mini_batch_estimator_only(monkeypatch):
    monkeypatch.setattr(noise_strength, "_BLOCK", 7)  # of 26 and fewer numbers
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 5), GhostBatchNorm(5, 5), nn.ReLU(), nn.Linear(5, 1))
    network = network.double()
    inputs = torch.randn(40, 4, dtype=torch.float64)
    targets = torch.randn(40, 1, dtype=torch.float64)
    loss = LOSSES["mean-square"]
    with pytest.raises(InputError, match="mini-batch estimator"):
        layerwise_noise_strength(network, inputs, targets, loss)
    found = minibatch_noise_strength(
        network, inputs, targets, loss, batch_size=5, generator=torch.Generator().manual_seed(1)
    )
    order = torch.randperm(40, generator=torch.Generator().manual_seed(1))
    gradients = torch.stack(
        [flat_gradient(loss(network(inputs[b]), targets[b]).mean(), network)
         for b in torch.split(order, 5)]
    )  # fmt: skip
    scatter = (gradients - gradients.mean(0)).square().sum(1).mean()
    assert found.noise_strength == pytest.approx(float(5 * 39 / 35 * scatter), rel=1e-10)


@pytest.mark.parametrize("batch_size", [0, 1.5])
def test_unusable_batch_sizes_are_refused(batch_size):
    network, inputs, targets = problem("linear")
    with pytest.raises(InputError, match="batch_size"):
        minibatch_noise_strength(
            network, inputs, targets, LOSSES["mean-square"],
            batch_size=batch_size, generator=torch.Generator(),
        )  # fmt: skip


def test_too_few_ghost_batches_for_an_error_are_refused():
    network = nn.Sequential(nn.Linear(4, 5), GhostBatchNorm(5, 5))
    with pytest.raises(InputError, match=r"39 samples make 7 batches of 5; .* needs 8"):
        minibatch_noise_strength(
            network, torch.randn(39, 4), torch.randn(39, 5), LOSSES["mean-square"],
            batch_size=20, generator=torch.Generator(),
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
