"""Network and data as a problem that can be trained on or measured, checked before either."""

from __future__ import annotations

import math

import torch
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.data.datasets import Dataset
from nn_bridge.training.evaluation import (
    evaluating,
    require_evaluation,
    require_repeatable,
)
from nn_bridge.training.ghost_batch_norm import sample_multiple
from nn_bridge.training.losses import require_losses_of_samples

_DTYPES = (torch.float32, torch.float64)
#: Samples on which network and loss are tried.
_TRIED = 3


def check_problem(
    network: nn.Module, dataset: Dataset, loss: str = "mean-square", *, is_trained: bool = False
) -> None:
    """Refuse what can be neither trained nor measured, before either begins.

    Parameters
    ----------
    network : torch.nn.Module
        Of float32 or float64, with something to train, finite weights, and an output of shape
        ``(N, K)``; it is not changed.
    dataset : Dataset
        At least one sample, all finite, in the precision of the network; inputs may be integers.
    loss : str
        Name of the loss, which must be one number a sample.
    is_trained : bool
        Whether the network is trained and no more: then dropout and batch normalisation are
        allowed. What is measured must be a function of the weights.

    Raises
    ------
    InputError
        With the first thing that is wrong, and what to do.
    """
    if not isinstance(network, nn.Module):
        raise InputError(f"network must be a torch.nn.Module, got {type(network).__name__}")
    if not torch.is_grad_enabled():
        raise InputError("gradients are switched off; call this outside of torch.no_grad()")
    _require_samples(dataset)
    _require_one_precision(network, dataset)
    if not is_trained:
        require_evaluation(network)
    outputs, targets = require_fit(network, dataset)
    if not is_trained:
        require_repeatable(network, tried_samples(network, dataset.inputs))
    require_losses_of_samples(loss, outputs, targets)


def tried_samples(network: nn.Module, values: torch.Tensor) -> torch.Tensor:
    """Return some samples from all over ``values``, as many as ``network`` takes at once."""
    multiple = sample_multiple(network)
    n_tried = math.ceil(min(_TRIED, len(values)) / multiple) * multiple
    return values[torch.linspace(0, len(values) - 1, n_tried).long().to(values.device)]


def _require_samples(dataset: Dataset) -> None:
    if not len(dataset):
        raise InputError(f"{dataset.name} has no samples; give one at least")
    for what, values in (("inputs", dataset.inputs), ("targets", dataset.targets)):
        if not values.isfinite().all():
            raise InputError(f"the {what} of {dataset.name} are not all finite; leave those out")
    if dataset.targets.dtype == torch.bool or dataset.targets.is_complex():
        raise InputError(
            f"the targets of {dataset.name} are {dataset.targets.dtype}; give real numbers"
        )


def _require_one_precision(network: nn.Module, dataset: Dataset) -> None:
    parameters = list(network.parameters())
    if not parameters:
        raise InputError("the network has no parameters; give one that can be trained")
    if not any(p.requires_grad for p in parameters):
        raise InputError("the network has no trainable parameters; unfreeze a layer")
    for name, weight in network.named_parameters():
        if not weight.isfinite().all():
            raise InputError(f"{name} of the network is not finite; use weights from before that")
    dtype = parameters[0].dtype
    if dtype not in _DTYPES:
        raise InputError(f"the network is in {dtype}; convert it with network.float()")
    if others := [p.dtype for p in parameters if p.dtype != dtype]:
        raise InputError(f"the network is in {dtype} and {others[0]}; convert it to one of them")
    for values in (dataset.inputs, dataset.targets):
        if values.is_floating_point() and values.dtype != dtype:
            raise InputError(
                f"the network is in {dtype} and {dataset.name} in {values.dtype}; convert one, "
                "e.g. with network.double()"
            )


def require_fit(network: nn.Module, dataset: Dataset) -> tuple[torch.Tensor, torch.Tensor]:
    """Refuse a network that does not take the inputs of ``dataset`` to its number of outputs.

    Returns
    -------
    outputs, targets : Tensor, shape (n, K)
        Of the samples that were tried.

    Raises
    ------
    InputError
        If the network cannot be applied, its output is no tensor of shape ``(N, K)`` or not
        finite, or ``K`` is not the number of targets.
    """
    inputs, targets = (tried_samples(network, v) for v in (dataset.inputs, dataset.targets))
    try:
        with evaluating(network):
            output = network(inputs)
    except (RuntimeError, IndexError, ValueError, TypeError) as error:
        remedy = "choose another network or data set"
        if isinstance(error, TypeError):
            remedy = "give what its forward takes, of several inputs as ((x1, x2), targets)"
        shapes = [tuple(inputs.shape[1:])] if dataset.parts is None else dataset.parts.shapes
        raise InputError(
            f"the network does not take inputs of shape {' and '.join(map(str, shapes))} of "
            f"{dataset.name} ({str(error).splitlines()[0]}); {remedy}"
        ) from error
    if not isinstance(output, torch.Tensor):
        raise InputError(
            f"the network must return a tensor of shape (N, K), one row a sample, got "
            f"{type(output).__name__}"
        )
    if output.ndim != 2 or len(output) != len(inputs):
        raise InputError(
            f"the network must return a tensor of shape (N, K), one row a sample, got "
            f"{tuple(output.shape)} for N = {len(inputs)}; e.g. end it with "
            "outputs.reshape(len(inputs), -1)"
        )
    if (n_outputs := output.shape[1]) != targets.shape[1]:
        raise InputError(
            f"the network has {n_outputs} outputs and {dataset.name} {targets.shape[1]} "
            "targets a sample; choose another network or data set"
        )
    if not output.isfinite().all():
        raise InputError("the network's output is not finite; look at its weights and inputs")
    return output, targets
