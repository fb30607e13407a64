"""Memory that a measurement will need, compared with what is free before it begins."""

from __future__ import annotations

from pathlib import Path

import torch

from landscape_sim.validation import InputError


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
