"""Small networks with their Hessian and Gauss–Newton matrix by brute force."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.func import functional_call

from nn_bridge.data.datasets import Dataset
from nn_bridge.data.own_data import dataset_from_tensors
from nn_bridge.training.ghost_batch_norm import GhostBatchNorm
from nn_bridge.training.losses import find_loss
from nn_bridge.training.networks import glorot_initialise

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
