"""The one live bar, on stderr where that is a terminal; else a plain line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

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

from landscape_sim.waiting import hearing_of_waits

#: Seconds between two plain lines, and before the first.
_QUIET = 10.0


class Bar:
    """A bar of a known or unknown length, with a description before it and a note behind it."""

    def __init__(self, progress: Progress, task: TaskID, unit: str = "") -> None:
        self._progress, self._task, self._unit = progress, task, unit
        self._note = ""
        self._began = self._said = time.monotonic()

    def move_to(self, done: float, total: float | None = None) -> None:
        """Stand at ``done``; ``total`` replaces the length, where the work is planned anew."""
        self._update(completed=done, total=total)

    def report(self, done: int, total: int, what: str) -> None:
        """Stand at ``done`` of ``total`` and say what is next: how a study tells its progress."""
        self._update(completed=done, total=total, description=what)

    def prepare(self, done: int, total: int, what: str) -> None:
        """Stand where it is and say how much is done of what comes before the work."""
        self._update(description=f"{what}, {done} of {total}")

    def note(self, text: str) -> None:
        """Show ``text`` behind the bar."""
        self._note = text
        self._update(note=text)

    def wait_for(self, what: str | None) -> None:
        """Show in the note's place what all else waits for, and the note again after it."""
        self._update(note=self._note if what is None else what)

    def say(self, text: str | None) -> None:
        """Print a line of its own, at once; nothing for None."""
        if text is None:
            return
        if self._progress.disable:
            self._print(text)
        else:
            self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _update(self, **fields: Any) -> None:
        self._progress.update(self._task, **fields)
        if self._progress.disable and time.monotonic() - self._said >= _QUIET:
            task = self._progress.tasks[self._task]
            whole = "" if task.total is None else f" of {task.total:g}"
            note = f", {task.fields['note']}" if task.fields["note"] else ""
            self._print(f"{task.description}: {task.completed:g}{whole} {self._unit}{note}")

    def _print(self, text: str) -> None:
        self._said = time.monotonic()
        minutes, seconds = divmod(int(self._said - self._began), 60)
        # Whoever has closed stderr wants no lines.
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(f"[{minutes}:{seconds:02d}] {text}\n")
            sys.stderr.flush()


@contextmanager
def live_bar(description: str, total: float | None, unit: str) -> Iterator[Bar]:
    """Show a bar with elapsed and remaining time while the block runs.

    Where stderr is no terminal, a line every ten seconds takes its place.

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
        bar = Bar(progress, progress.add_task(description, total=total, note=""), unit)
        with hearing_of_waits(bar.wait_for):
            yield bar
