"""Bars on stderr, where stderr is a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Bar:
    """One bar of a known or unknown length, with a note behind it."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def advance(self) -> None:
        """Move on by one."""
        self._progress.advance(self._task)

    def describe(self, text: str) -> None:
        """Say what goes on."""
        self._progress.update(self._task, description=text)

    def note(self, text: str) -> None:
        """Show ``text`` behind the bar."""
        self._progress.update(self._task, note=text)


@contextmanager
def live_bar(description: str, total: float | None, unit: str) -> Iterator[Bar]:
    """Show a bar with elapsed and remaining time while the block runs."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TextColumn("remaining"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        yield Bar(progress, progress.add_task(description, total=total, note=""))
