"""Memory that a run will need, compared with what is free before it begins."""

from __future__ import annotations

from pathlib import Path

from landscape_sim.validation import InputError


def free_memory() -> int:
    """Return the bytes that can be allocated now."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    fields = dict(line.split(":") for line in lines)
    free = int(fields["MemAvailable"].split()[0]) * 1024
    limit, used = (Path("/sys/fs/cgroup") / f"memory.{name}" for name in ("max", "current"))
    # A container's own limit, where there is one.
    if limit.exists() and (text := limit.read_text(encoding="ascii").strip()) != "max":
        free = min(free, int(text) - int(used.read_text(encoding="ascii")))
    return free


class MemoryShortage(InputError):
    """What would not fit into the memory that was free then: another time it may."""


def require_free(n_bytes: float, free: int, purpose: str, remedy: str) -> None:
    """Refuse what needs more than the ``free`` bytes.

    Raises
    ------
    MemoryShortage
        With both sizes and the remedy.

    Examples
    --------
    >>> require_free(8, free_memory(), "a number in double precision", "do without it")
    """
    if n_bytes > free:
        raise MemoryShortage(
            f"{purpose} needs {n_bytes / 2**30:,.1f} GiB of memory and {free / 2**30:.1f} GiB are "
            f"free; {remedy}"
        )


def require_memory(n_bytes: float, purpose: str, remedy: str) -> None:
    """Refuse what will not fit into the free memory.

    Raises
    ------
    MemoryShortage
        With both sizes and the remedy.
    """
    require_free(n_bytes, free_memory(), purpose, remedy)
