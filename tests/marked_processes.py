"""Processes that were started with a mark in their environment, and all that these started."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path


def processes_with(mark: str) -> list[str]:
    """Return the commands of the processes that have ``mark``, zombies apart."""
    found = []
    for folder in _folders_with(mark):
        try:
            found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def cpu_seconds(process: int) -> float:
    """Return the seconds of CPU of a process; zero once nothing is left of it."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_seconds_of(mark: str) -> float:
    """Return the seconds of CPU of the processes that have ``mark`` and run."""
    return sum(cpu_seconds(int(folder.name)) for folder in _folders_with(mark))


def check_nobody_is_left(mark: str, seconds: float = 10.0) -> None:
    """Wait some seconds for every process to end."""
    deadline = time.monotonic() + seconds
    while left := processes_with(mark):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def _folders_with(mark: str) -> Iterator[Path]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                yield folder
        except OSError:
            continue
