"""Networks in evaluation: looked at without leaving a trace, and which layers forbid that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from landscape_sim.validation import InputError


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Let the block apply ``network`` in evaluation mode, without gradients.

    Running statistics, modes and random numbers are afterwards what they were.
    """
    modes = [(module, module.training) for module in network.modules()]
    devices = {p.device.index for p in network.parameters() if p.device.type == "cuda"}
    network.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng(sorted(devices)):
            yield
    finally:
        for module, was_training in modes:
            module.training = was_training


def require_evaluation(network: nn.Module) -> None:
    """Refuse a network whose loss is no function of its weights: dropout, batch normalisation.

    Ghost batch normalisation is one of the order of the samples, and is allowed.

    Raises
    ------
    InputError
        With the first layer that draws random numbers, or normalises by the batch at hand.
    """
    for name, layer in network.named_modules():
        if _is_random(layer) or (isinstance(layer, _BatchNorm) and layer.training):
            raise InputError(
                f"layer {name or type(layer).__name__} ({type(layer).__name__}) is in training "
                "mode, where the loss is no function of the weights; call network.eval(), or "
                "leave the layer out"
            )
        if isinstance(layer, _BatchNorm) and layer.running_mean is None:
            raise InputError(
                f"layer {name or type(layer).__name__} ({type(layer).__name__}) has no running "
                "statistics; build it with track_running_stats=True"
            )


def _is_random(layer: nn.Module) -> bool:
    if isinstance(layer, _DropoutNd):
        return layer.training and layer.p > 0
    if isinstance(layer, nn.RNNBase | nn.MultiheadAttention):
        dropout: float = layer.dropout
        return layer.training and dropout > 0
    return False
