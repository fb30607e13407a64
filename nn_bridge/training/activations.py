"""Bytes that the outputs of a network's layers take, and how many samples hence fit at once."""

from __future__ import annotations

import torch
from torch import nn
from torch.utils._pytree import tree_leaves

from nn_bridge.training.evaluation import evaluating
from nn_bridge.training.ghost_batch_norm import sample_multiple

_CHUNK_BYTES = 1 << 28


def activation_bytes(network: nn.Module, inputs: torch.Tensor) -> int:
    """Return the bytes of all layers' outputs for one sample, measured on a sample repeated."""
    total = 0

    def add(module: nn.Module, arguments: object, output: object) -> None:
        nonlocal total
        total += sum(part.numel() * part.element_size() for part in tensors_in(output))

    n_samples = sample_multiple(network)
    layers = [m for m in network.modules() if not list(m.children()) or _has_parameters(m)]
    hooks = [layer.register_forward_hook(add) for layer in layers]
    try:
        with evaluating(network):
            network(inputs[:1].expand(n_samples, *inputs.shape[1:]))
    finally:
        for hook in hooks:
            hook.remove()
    return max(total // n_samples, 1)


def layer_bytes(network: nn.Module, inputs: torch.Tensor, n_outputs: int) -> tuple[int, int]:
    """Return the bytes that layer-wise factors take for one sample: of all layers, of the largest.

    A layer with parameters keeps its input and, for each of ``n_outputs``, a gradient of the
    size of its output.
    """
    sizes = []

    def add(module: nn.Module, arguments: object, output: object) -> None:
        inside, outside = (list(tensors_in(values)) for values in (arguments, output))
        numbers = sum(a.numel() for a in inside) + n_outputs * sum(s.numel() for s in outside)
        sizes.append(numbers * max((s.element_size() for s in outside), default=0))

    with_parameters = [m for m in network.modules() if _has_parameters(m)]
    hooks = [layer.register_forward_hook(add) for layer in with_parameters]
    try:
        with evaluating(network):
            network(inputs[:1])
    finally:
        for hook in hooks:
            hook.remove()
    return sum(sizes), max(sizes, default=0)


def tensors_in(values: object) -> list[torch.Tensor]:
    """Return the tensors among what a layer takes or returns, in order."""
    return [part for part in tree_leaves(values) if isinstance(part, torch.Tensor)]


def _has_parameters(module: nn.Module) -> bool:
    return bool(list(module.parameters(recurse=False)))


def chunk_size(network: nn.Module, inputs: torch.Tensor, copies: int = 1) -> int:
    """Return how many samples to pass at once, so that their activations take some 256 MiB.

    ``copies`` says how many times each is held. The size is a number of whole ghost batches.
    """
    multiple = sample_multiple(network)
    fitting = _CHUNK_BYTES // (copies * activation_bytes(network, inputs))
    return max(min(fitting, len(inputs)) // multiple, 1) * multiple
