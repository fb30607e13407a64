"""Memory that a measurement will need, compared with what is free before it begins."""

from __future__ import annotations

import torch

from landscape_sim import memory


def free_memory(device: torch.device | str = "cpu") -> int:
    """Return the bytes that can be allocated on ``device`` now."""
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return memory.free_memory()


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
    memory.require_free(n_bytes, free_memory(device), purpose, remedy)
