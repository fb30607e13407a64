"""Minima by a second-order method: closed forms, and points that are none."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.curvature.minimum import find_minimum


def noisy_step(n=200):
    torch.manual_seed(0)
    x = torch.rand(n, 1, dtype=torch.float64) * 4 - 2
    return x, torch.tanh(2 * x - 0.5) + 0.3 * torch.randn(n, 1, dtype=torch.float64)


def test_linear_regression_ends_at_least_squares():
    x, y = noisy_step()
    network = nn.Linear(1, 1)
    before = network.weight.detach().clone()
    found = find_minimum(network, (x.float(), y.float()))
    design = np.hstack([x.float().double().numpy(), np.ones((200, 1))])
    best, (rest,), *_ = np.linalg.lstsq(design, y.float().double().numpy(), rcond=None)
    assert found.network.weight.item() == pytest.approx(best[0, 0], abs=1e-9)
    assert found.loss == pytest.approx(rest / 400, rel=1e-9)
    assert found.eigenvalues == pytest.approx(np.linalg.eigvalsh(design.T @ design / 200))
    assert torch.equal(network.weight, before)


def test_a_network_ends_at_a_true_minimum():
    torch.manual_seed(2)
    data = noisy_step()
    network = nn.Sequential(nn.Linear(1, 1), nn.Tanh(), nn.Linear(1, 1)).double()
    found = find_minimum(network, data)
    assert found.gradient_norm < 1e-9
    assert found.eigenvalues[0] > 0

    def loss_at(step):
        """Return the loss after a random displacement, by nothing of ours."""
        torch.manual_seed(1)
        with torch.no_grad():
            weights = [p + step * torch.randn_like(p) for p in found.network.parameters()]
            (a, b, c, d), (x, y) = weights, data
            return 0.5 * ((torch.tanh(x @ a.T + b) @ c.T + d - y) ** 2).mean().item()

    assert loss_at(0.0) == pytest.approx(found.loss, rel=1e-12)
    rises = [loss_at(step) - found.loss for step in (-0.02, -0.01, 0.01, 0.02)]
    assert min(rises) > 0
    # Quadratic: a fourth of the rise at half the distance, but for the third order.
    assert (rises[1] + rises[2]) / (rises[0] + rises[3]) == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    ("network", "data", "named"),
    [
        (nn.Linear(2, 1), (torch.tensor([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [5.0, 0.0]]),
                           torch.tensor([1.0, 2.0, 4.0, 3.0])), "isolated"),
        (nn.Linear(9, 1), (torch.randn(10, 9), torch.randn(10)), "not fewer"),
        (nn.Linear(2001, 1), (torch.randn(3, 2001), torch.randn(3)), "more than 2000"),
    ],
)  # fmt: skip
def test_what_has_no_minimum_is_refused(network, data, named):
    with pytest.raises(InputError, match=named):
        find_minimum(network, data)


def test_a_tolerance_below_rounding_is_refused_with_what_was_reached():
    with pytest.raises(InputError, match="not below the tolerance 1e-30"):
        find_minimum(nn.Linear(1, 1).double(), noisy_step(), tolerance=1e-30)
