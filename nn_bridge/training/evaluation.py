"""Networks in evaluation: looked at without leaving a trace, and which layers forbid that."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from landscape_sim.validation import InputError


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Let the block apply ``network`` in evaluation mode, without gradients.

    Buffers, modes and random numbers are afterwards what they were.
    """
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        with torch.no_grad(), _leaving_no_trace(network):
            yield
    finally:
        for module, was_training in modes:
            module.training = was_training


@contextmanager
def _leaving_no_trace(network: nn.Module) -> Iterator[None]:
    """Undo what the block changes of torch's global generators and the network's buffers."""
    devices = {p.device.index for p in network.parameters() if p.device.type == "cuda"}
    before = [(buffer, buffer.clone()) for buffer in network.buffers()]
    with torch.random.fork_rng(sorted(devices)):
        try:
            yield
        finally:
            for buffer, value in before:
                buffer.copy_(value)


@contextmanager
def differentiable_attention() -> Iterator[None]:
    """Let attention in the block be computed by plain products.

    The fused kernels have no second derivative, and no gradient for one sample of many.
    """
    with sdpa_kernel(SDPBackend.MATH):
        yield


def double_copy(network: nn.Module) -> nn.Module:
    """Return ``network`` again in double precision, sharing nothing with it."""
    memo: dict[int, torch.Tensor] = {}
    for module in network.modules():
        for value in vars(module).values():
            # Weights that a hook derives from others are no leaves, which deepcopy refuses.
            if isinstance(value, torch.Tensor) and value.grad_fn is not None:
                memo[id(value)] = value.detach().clone()
    return copy.deepcopy(network, memo).double()


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


def require_repeatable(network: nn.Module, inputs: torch.Tensor) -> None:
    """Refuse a network that gives another answer the second time, whatever makes it do so.

    Raises
    ------
    InputError
        If it draws random numbers, changes a buffer of its own, or two passes differ in a bit.
    """
    before = {name: buffer.clone() for name, buffer in network.named_buffers()}
    version = inputs._version
    with torch.no_grad(), _leaving_no_trace(network):
        generator = torch.get_rng_state()
        outputs = [network(inputs) for _ in range(2)]
        is_random = not torch.equal(generator, torch.get_rng_state())
        changed = [n for n, b in network.named_buffers() if not torch.equal(b, before[n])]
    if inputs._version != version:
        raise InputError("the network changes its inputs in place; use inplace=False there")
    if changed:
        raise InputError(
            f"the network changes its own {changed[0]} whenever it is applied, so the loss is no "
            "function of the weights; call network.eval()"
        )
    if is_random or not torch.equal(*outputs):
        raise InputError(
            "the network draws random numbers whenever it is applied, or two passes over the same "
            "samples differ, so the loss is no function of the weights; switch that off, e.g. "
            "F.dropout(x, training=self.training) and network.eval()"
        )


def _is_random(layer: nn.Module) -> bool:
    if isinstance(layer, _DropoutNd):
        return layer.training and layer.p > 0
    if isinstance(layer, nn.RNNBase | nn.MultiheadAttention):
        dropout: float = layer.dropout
        return layer.training and dropout > 0
    return False
