"""The tangent model of a network at its weights: Jacobian rows along leading directions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from landscape_sim.validation import InputError, require_count
from nn_bridge.curvature.eigenpairs import top_eigenpairs
from nn_bridge.curvature.hessian import (
    Problem,
    gauss_newton_operator,
    jacobian_product,
)
from nn_bridge.data.datasets import Dataset
from nn_bridge.training.evaluation import differentiable_attention
from nn_bridge.training.ghost_batch_norm import sample_multiple
from nn_bridge.training.networks import count_parameters


def has_tangent_model(network: nn.Module, dataset: Dataset, loss: str) -> bool:
    """Return whether SGD on the network is near some weights a linear regression.

    That takes the mean-square loss of one output, and predictions that do not depend on the other
    samples of a batch.
    """
    return (
        loss == "mean-square"
        and dataset.targets.shape[1:] == (1,)
        and sample_multiple(network) == 1
    )


def tangent_features(
    network: nn.Module,
    dataset: Dataset,
    n_directions: int,
    *,
    seed: int = 0,
    after_product: Callable[[], None] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``ψ_μi = v_i·∇f_μ`` and the residuals ``f_μ − y_μ``, in double precision.

    Parameters
    ----------
    network : torch.nn.Module
        With one output; not changed.
    dataset : Dataset
    n_directions : int
        The ``v_i`` are so many leading eigenvectors of the Gauss–Newton matrix; with as many
        parameters or fewer, an orthonormal basis of all directions.
    seed : int
        Of the start vectors.
    after_product : callable, optional
        Called after each product, for a progress bar.

    Returns
    -------
    features : ndarray, shape (n, N)
    residuals : ndarray, shape (N,)

    Raises
    ------
    InputError
        If there is no such model, or as :func:`top_eigenpairs` does.
    """
    require_count("n_directions", n_directions)
    if not has_tangent_model(network, dataset, "mean-square"):
        raise InputError("a tangent model takes one output, and samples that are independent")
    dimension = count_parameters(network)
    if n_directions >= dimension:
        directions = np.eye(dimension)
    else:
        operator = gauss_newton_operator(network, dataset)
        pairs = top_eigenpairs(operator, n_directions, seed=seed, after_product=after_product)
        directions = pairs.vectors
    problem = Problem(network, dataset, "mean-square")
    features, residuals = [], []
    for inputs, targets in problem.chunks():
        with differentiable_attention():
            outputs = problem.network(inputs)
            columns = [
                jacobian_product(outputs, problem.parameters, problem.unflatten(direction))
                for direction in directions.T
            ]
        features.append(torch.cat(columns, dim=1).detach())
        residuals.append((outputs - targets).detach()[:, 0])
    return torch.cat(features).T.cpu().numpy(), torch.cat(residuals).cpu().numpy()
