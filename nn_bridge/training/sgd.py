"""Plain SGD, ``θ_{k+1} = θ_k − η ∇L_{B_k}(θ_k)``; its batch stream can be joined at any epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from landscape_sim.validation import InputError, require_count, require_positive, require_seed
from nn_bridge.data.datasets import Dataset
from nn_bridge.memory import require_memory
from nn_bridge.training.activations import activation_bytes, chunk_size
from nn_bridge.training.evaluation import evaluating
from nn_bridge.training.ghost_batch_norm import sample_multiple
from nn_bridge.training.losses import find_loss
from nn_bridge.training.networks import count_parameters
from nn_bridge.training.problem import check_problem

#: Called after an epoch with the number of epochs done and the mean loss of its batches.
AfterEpoch = Callable[[int, float], None]


class Diverged(InputError):
    """The loss is no longer finite."""


@dataclass(frozen=True)
class SgdSettings:
    """What SGD needs beside a network and data.

    Attributes
    ----------
    learning_rate : float
        ``η``.
    batch_size : int
        ``B``.
    loss : str
        "mean-square", "cross-entropy", or the name that
        :func:`~nn_bridge.training.losses.register_loss` gave to one of your own.
    seed : int
        Of the batch stream.
    """

    learning_rate: float
    batch_size: int
    loss: str = "mean-square"
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.loss, str):
            raise InputError(
                f"loss must be a name, got {type(self.loss).__name__}; register_loss(function) "
                "gives one"
            )
        require_positive("learning_rate", self.learning_rate)
        require_count("batch_size", self.batch_size)
        require_seed(self.seed)


def batch_indices(n_samples: int, batch_size: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the batches of one epoch, shape (⌊N/B⌋, B): a permutation, cut into pieces.

    A function of its arguments alone, so a run can be resumed at any epoch. Samples that do
    not fill a batch are left out of this epoch: every step has the noise of ``B`` samples
    drawn without replacement.

    Examples
    --------
    >>> batch_indices(5, 2, seed=0, epoch=3).shape
    (2, 2)
    """
    order = np.random.default_rng([seed, epoch]).permutation(n_samples)
    n_batches = n_samples // batch_size
    return order[: n_batches * batch_size].reshape(n_batches, batch_size)


def full_loss(network: nn.Module, dataset: Dataset, loss: str = "mean-square") -> float:
    """Return ``L(θ)``, the mean of ``ℓ_μ`` over all samples, summed in float64.

    Of the network in evaluation mode, whichever it is in.
    """
    per_sample = find_loss(loss, dataset.targets)
    total = 0.0
    with evaluating(network):
        for inputs, targets in dataset.chunks(chunk_size(network, dataset.inputs)):
            total += float(per_sample(network(inputs), targets).sum(dtype=torch.float64))
    return total / len(dataset)


def descend(
    network: nn.Module,
    dataset: Dataset,
    settings: SgdSettings,
    epochs: int,
    *,
    first_epoch: int = 0,
    after_epoch: AfterEpoch | None = None,
    after_step: Callable[[], None] | None = None,
) -> list[float]:
    """Take ``network`` from epoch ``first_epoch`` to ``epochs``, in place.

    Parameters
    ----------
    network : Module
        Of any kind; on the device and in the dtype of the data.
    dataset : Dataset
    settings : SgdSettings
    epochs : int
        Epochs done at the end, those before ``first_epoch`` included.
    first_epoch : int
        Epochs done already: the batch stream is joined there.
    after_epoch : callable, optional
        See :data:`AfterEpoch`; it may measure, and must not change the weights.
    after_step : callable, optional
        Called after each step, for a progress bar.

    Returns
    -------
    list of float
        Mean loss of the batches of each epoch, each at the weights before its step.

    Raises
    ------
    InputError
        If network, loss or batch size do not fit the data, the memory will not suffice, or the
        loss is no longer finite.
    """
    check_training(network, dataset, settings)
    per_sample = find_loss(settings.loss, dataset.targets)
    parameters = [p for p in network.parameters() if p.requires_grad]
    history = []
    for epoch in range(first_epoch, epochs):
        total = torch.zeros((), dtype=torch.float64, device=dataset.inputs.device)
        batches = batch_indices(len(dataset), settings.batch_size, settings.seed, epoch)
        for batch in torch.from_numpy(batches).to(dataset.inputs.device):
            loss = per_sample(network(dataset.inputs[batch]), dataset.targets[batch]).mean()
            gradients = torch.autograd.grad(loss, parameters)
            with torch.no_grad():
                for parameter, gradient in zip(parameters, gradients, strict=True):
                    parameter.sub_(gradient, alpha=settings.learning_rate)
            total += loss.detach()
            if after_step is not None:
                after_step()
        history.append(float(total) / len(batches))
        if not np.isfinite(history[-1]):
            raise Diverged(
                f"the loss is no longer finite in epoch {epoch + 1} at learning rate "
                f"{settings.learning_rate:g}; lower it (checkpoints before that are kept)"
            )
        if after_epoch is not None:
            after_epoch(epoch + 1, history[-1])
    return history


def require_batch(settings: SgdSettings, dataset: Dataset) -> None:
    """Refuse a batch of more samples than there are.

    Raises
    ------
    InputError
        With both numbers.
    """
    if settings.batch_size > len(dataset):
        raise InputError(
            f"batch_size {settings.batch_size} is beyond the {len(dataset)} samples of "
            f"{dataset.name}; choose a smaller one"
        )


def check_training(network: nn.Module, dataset: Dataset, settings: SgdSettings) -> None:
    """Refuse what :func:`descend` cannot do, before anything is written.

    Raises
    ------
    InputError
        If network, loss or batch size do not fit the data, or the activations of a batch,
        with their gradients, will not fit into the memory.
    """
    check_problem(network, dataset, settings.loss, is_trained=True)
    require_batch(settings, dataset)
    multiple = sample_multiple(network)
    if settings.batch_size % multiple:
        raise InputError(
            f"batch_size {settings.batch_size} is no multiple of the ghost batch size {multiple}; "
            "choose one"
        )
    element = dataset.inputs.element_size()
    activations = 2 * settings.batch_size * activation_bytes(network, dataset.inputs)
    require_memory(
        activations + 2 * count_parameters(network) * element,
        f"a step with {settings.batch_size} samples",
        "lower the batch size or the width",
        dataset.inputs.device,
    )
