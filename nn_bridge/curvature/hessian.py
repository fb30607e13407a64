"""Hessian and Gauss–Newton matrix as linear operators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nn_bridge.data.datasets import Dataset
from nn_bridge.memory import require_memory
from nn_bridge.training.activations import activation_bytes, chunk_size
from nn_bridge.training.evaluation import differentiable_attention, double_copy
from nn_bridge.training.losses import PerSampleLoss, find_loss
from nn_bridge.training.networks import count_parameters
from nn_bridge.training.problem import check_problem, require_fit

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

Tensors = Sequence[torch.Tensor]

# Activations, their gradients and both once more for the second derivative.
_COPIES_OF_ACTIVATIONS = 6


class Problem:
    """Network and data in double precision, in chunks that fit; the parameters as one vector."""

    def __init__(self, network: nn.Module, dataset: Dataset, loss: str) -> None:
        check_problem(network, dataset, loss)
        self.per_sample: PerSampleLoss = find_loss(loss, dataset.targets)
        self.network = double_copy(network)
        self.parameters = [p for p in self.network.parameters() if p.requires_grad]
        self.dimension = count_parameters(self.network)
        self._data = dataset.to(dtype=torch.float64)
        require_fit(self.network, self._data)
        self._chunk = chunk_size(self.network, self._data.inputs, _COPIES_OF_ACTIVATIONS)
        per_sample = activation_bytes(self.network, self._data.inputs)
        require_memory(
            self._chunk * _COPIES_OF_ACTIVATIONS * per_sample + 8 * 6 * self.dimension,
            f"a product with the Hessian of {self.dimension} parameters",
            "choose a smaller network",
            dataset.inputs.device,
        )

    def chunks(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield inputs and targets."""
        yield from self._data.chunks(self._chunk)

    def mean_loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return a chunk's part of ``L = (1/N) Σ ℓ_μ``."""
        return self.per_sample(outputs, targets).sum() / len(self._data)

    def unflatten(self, vector: NDArray[np.float64]) -> list[torch.Tensor]:
        """Return ``vector`` in the shapes of the parameters."""
        device = self._data.inputs.device
        pieces = torch.from_numpy(np.ascontiguousarray(vector.reshape(-1))).to(device)
        parts = torch.split(pieces, [p.numel() for p in self.parameters])
        return [part.view_as(p) for part, p in zip(parts, self.parameters, strict=True)]


def hessian_operator(
    network: nn.Module, dataset: Dataset, loss: str = "mean-square"
) -> LinearOperator:
    """Return ``v → H v``, ``H = ∇∇L(θ)`` over all samples, in double precision.

    Exact, by differentiating ``v·∇L``. The order of the parameters is that of
    ``network.named_parameters()``. Batch normalisation by ghost batches is allowed for:
    ``L`` is then a function of the order of the samples.

    Raises
    ------
    InputError
        If network, loss and data do not fit one another.

    References
    ----------
    B. A. Pearlmutter, Neural Computation 6, 147 (1994).
    """
    problem = Problem(network, dataset, loss)
    parameters = problem.parameters

    def product(inputs: torch.Tensor, targets: torch.Tensor, direction: Tensors) -> Tensors:
        value = problem.mean_loss(problem.network(inputs), targets)
        first = torch.autograd.grad(value, parameters, create_graph=True, materialize_grads=True)
        if not any(slope.requires_grad for slope in first):
            return [torch.zeros_like(parameter) for parameter in parameters]
        # A parameter on which the slope does not depend has second derivative zero.
        return torch.autograd.grad(_inner(first, direction), parameters, materialize_grads=True)

    return _operator(problem, product)


def gauss_newton_operator(
    network: nn.Module, dataset: Dataset, loss: str = "mean-square"
) -> LinearOperator:
    """Return ``v → G v``, ``G = (1/N) Σ_μ J_μᵀ (∂²ℓ_μ/∂f²) J_μ``, in double precision.

    For the mean-square loss ``∂²ℓ/∂f²`` is one and ``G = (1/N) Σ_μ C_μ``, the matrix to which
    the paper equates the Hessian near a minimum; with one output its nonzero eigenvalues are
    those of the Gram matrix of the ``∇f_μ``, divided by ``N``.

    Raises
    ------
    InputError
        As :func:`hessian_operator` does.
    """
    problem = Problem(network, dataset, loss)
    parameters = problem.parameters

    def product(inputs: torch.Tensor, targets: torch.Tensor, direction: Tensors) -> Tensors:
        outputs = problem.network(inputs)
        tangent = jacobian_product(outputs, parameters, direction)
        at = outputs.detach().requires_grad_()
        (slope,) = torch.autograd.grad(problem.mean_loss(at, targets), at, create_graph=True)
        (curved,) = torch.autograd.grad(slope, at, tangent)
        return torch.autograd.grad(outputs, parameters, curved, materialize_grads=True)

    return _operator(problem, product)


def loss_and_gradient(
    network: nn.Module, dataset: Dataset, loss: str = "mean-square"
) -> tuple[float, NDArray[np.float64]]:
    """Return ``L(θ)`` and ``∇L(θ)`` over all samples, in double precision.

    Raises
    ------
    InputError
        As :func:`hessian_operator` does.
    """
    problem = Problem(network, dataset, loss)
    value, total = 0.0, [torch.zeros_like(parameter) for parameter in problem.parameters]
    for inputs, targets in problem.chunks():
        part = problem.mean_loss(problem.network(inputs), targets)
        slope = torch.autograd.grad(part, problem.parameters, materialize_grads=True)
        value += part.item()
        total = [t + s for t, s in zip(total, slope, strict=True)]
    return value, _flatten(total)


def gradient_norm(network: nn.Module, dataset: Dataset, loss: str = "mean-square") -> float:
    """Return ``|∇L(θ)|`` over all samples, in double precision.

    Raises
    ------
    InputError
        As :func:`hessian_operator` does.
    """
    return float(np.linalg.norm(loss_and_gradient(network, dataset, loss)[1]))


def jacobian_product(
    outputs: torch.Tensor, parameters: list[nn.Parameter], direction: Tensors
) -> torch.Tensor:
    """Return ``J v``: ``u → Jᵀ u`` is linear, so its transpose is had by differentiating again.

    The graph of the outputs is kept, for the next direction.
    """
    dual = torch.zeros_like(outputs, requires_grad=True)
    gradients = torch.autograd.grad(
        outputs, parameters, dual, create_graph=True, materialize_grads=True
    )
    (tangent,) = torch.autograd.grad(_inner(gradients, direction), dual)
    return tangent


def _operator(problem: Problem, product: Callable[..., Tensors]) -> LinearOperator:
    """Return the matrix whose product with a direction is the sum of those of the chunks."""
    from scipy.sparse.linalg import LinearOperator

    def multiply(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        direction = problem.unflatten(vector)
        total: Tensors = [torch.zeros_like(parameter) for parameter in problem.parameters]
        for inputs, targets in problem.chunks():
            with differentiable_attention():
                part = product(inputs, targets, direction)
            total = [t + p for t, p in zip(total, part, strict=True)]
        return _flatten(total)

    dimension = problem.dimension
    return LinearOperator((dimension, dimension), matvec=multiply, dtype=np.float64)


def _inner(first: Tensors, second: Tensors) -> torch.Tensor:
    return torch.stack([(a * b).sum() for a, b in zip(first, second, strict=True)]).sum()


def _flatten(parts: Tensors) -> NDArray[np.float64]:
    vector: NDArray[np.float64] = torch.cat([p.reshape(-1) for p in parts]).cpu().numpy()
    return vector
