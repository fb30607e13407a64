"""The tangent model beside a Jacobian row by row."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.curvature.tangent import tangent_features
from nn_bridge.data.own_data import as_dataset


def small_problem():
    torch.manual_seed(3)
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    x = torch.randn(30, 3, dtype=torch.float64)
    return network, as_dataset((x, torch.randn(30, 1, dtype=torch.float64)))


def plain_jacobian(network, dataset):
    rows = []
    for x in dataset.inputs:
        slopes = torch.autograd.grad(network(x[None])[0, 0], list(network.parameters()))
        rows.append(torch.cat([slope.reshape(-1) for slope in slopes]).numpy())
    return np.array(rows)


def test_all_directions_span_the_jacobian():
    network, dataset = small_problem()
    jacobian = plain_jacobian(network, dataset)
    features, residuals = tangent_features(network, dataset, 64)
    assert features.T @ features == pytest.approx(jacobian @ jacobian.T, abs=1e-12)
    plain = (network(dataset.inputs) - dataset.targets).detach().numpy()[:, 0]
    assert residuals == pytest.approx(plain, abs=1e-14)


def test_few_directions_are_the_leading_ones_of_the_gauss_newton_matrix():
    network, dataset = small_problem()
    jacobian = plain_jacobian(network, dataset)
    values, vectors = np.linalg.eigh(jacobian.T @ jacobian / 30)
    features, _ = tangent_features(network, dataset, 3)
    # The sign of a direction is free.
    expected = np.abs(jacobian @ vectors[:, ::-1][:, :3]).T
    assert np.abs(features) == pytest.approx(expected, abs=1e-7)
    assert np.mean(features**2, axis=1) == pytest.approx(values[::-1][:3], rel=1e-9)


def test_a_second_order_displacement_is_what_the_model_leaves_out():
    network, dataset = small_problem()
    features, residuals = tangent_features(network, dataset, 64)
    errors = []
    for step in (1e-2, 1e-3):
        moved = small_problem()[0]
        with torch.no_grad():
            for parameter in moved.parameters():
                parameter += step
        after = (moved(dataset.inputs) - dataset.targets).detach().numpy()[:, 0]
        errors.append(np.abs(after - residuals - step * features.sum(axis=0)).max())
    assert errors[1] / errors[0] == pytest.approx(0.01, rel=0.1)


def test_several_outputs_have_no_such_model():
    dataset = as_dataset((torch.randn(9, 3), torch.randn(9, 2)))
    with pytest.raises(InputError, match="one output"):
        tangent_features(nn.Linear(3, 2), dataset, 2)
