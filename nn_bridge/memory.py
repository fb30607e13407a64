"""Memory that a measurement will need, compared with what is free before it begins."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.training.ghost_batch_norm import sample_multiple

_CHUNK_BYTES = 1 << 28


def free_memory(device: torch.device | str = "cpu") -> int:
    """Return the bytes that can be allocated on ``device`` now."""
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    fields = dict(line.split(":") for line in lines)
    free = int(fields["MemAvailable"].split()[0]) * 1024
    limit, used = (Path("/sys/fs/cgroup") / f"memory.{name}" for name in ("max", "current"))
    # A container's own limit, where there is one.
    if limit.exists() and (text := limit.read_text(encoding="ascii").strip()) != "max":
        free = min(free, int(text) - int(used.read_text(encoding="ascii")))
    return free


def require_memory(
    n_bytes: int, purpose: str, remedy: str, device: torch.device | str = "cpu"
) -> None:
    """Refuse what will not fit into the free memory of ``device``.

    Raises
    ------
    InputError
        With both sizes and the remedy.

    Examples
    --------
    >>> require_memory(8, "a number in double precision", "do without it")
    """
    free = free_memory(device)
    if n_bytes > free:
        raise InputError(
            f"{purpose} needs {n_bytes / 2**30:.1f} GiB of memory and {free / 2**30:.1f} GiB are "
            f"free; {remedy}"
        )


def activation_bytes(network: nn.Module, inputs: torch.Tensor) -> int:
    """Return the bytes of all layers' outputs for one sample, measured on a sample repeated."""
    total = 0

    def add(module: nn.Module, arguments: object, output: torch.Tensor) -> None:
        nonlocal total
        total += output.numel() * output.element_size()

    n_samples = sample_multiple(network)
    layers = [module for module in network.modules() if not list(module.children())]
    hooks = [layer.register_forward_hook(add) for layer in layers]
    try:
        with torch.no_grad():
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

    def add(module: nn.Module, arguments: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        numbers = arguments[0].numel() + n_outputs * output.numel()
        sizes.append(numbers * output.element_size())

    with_parameters = [m for m in network.modules() if list(m.parameters(recurse=False))]
    hooks = [layer.register_forward_hook(add) for layer in with_parameters]
    try:
        with torch.no_grad():
            network(inputs[:1])
    finally:
        for hook in hooks:
            hook.remove()
    return sum(sizes), max(sizes, default=0)


def chunk_size(network: nn.Module, inputs: torch.Tensor, copies: int = 1) -> int:
    """Return how many samples to pass at once, so that their activations take some 256 MiB.

    ``copies`` says how many times each is held. The size is a number of whole ghost batches.
    """
    multiple = sample_multiple(network)
    fitting = _CHUNK_BYTES // (copies * activation_bytes(network, inputs))
    return max(min(fitting, len(inputs)) // multiple, 1) * multiple
