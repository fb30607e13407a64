"""The one live bar, on stderr where that is a terminal."""

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
    """A bar of a known or unknown length, with a description before it and a note behind it."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def move_to(self, done: float, total: float | None = None) -> None:
        """Stand at ``done``; ``total`` replaces the length, where the work is planned anew."""
        self._progress.update(self._task, completed=done, total=total)

    def report(self, done: int, total: int, what: str) -> None:
        """Stand at ``done`` of ``total`` and say what is next: how a study tells its progress."""
        self._progress.update(self._task, completed=done, total=total, description=what)

    def note(self, text: str) -> None:
        """Show ``text`` behind the bar."""
        self._progress.update(self._task, note=text)


@contextmanager
def live_bar(description: str, total: float | None, unit: str) -> Iterator[Bar]:
    """Show a bar with elapsed and remaining time while the block runs.

    Parameters
    ----------
    description : str
        What goes on; :meth:`Bar.report` replaces it.
    total : float or None
        How much there is to do, None where nobody knows.
    unit : str
        Of what, in the plural.
    """
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TextColumn("remaining"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        yield Bar(progress, progress.add_task(description, total=total, note=""))
