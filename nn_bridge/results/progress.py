"""How far a measurement is, told to whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One step of a part of a measurement.

    Attributes
    ----------
    part : str
        What goes on.
    done : int
        Units done of this part.
    total : int or None
        Units in all, where that is known beforehand.
    unit : str
        What is counted.
    note : str
        What was found so far.
    """

    part: str
    done: int
    total: int | None
    unit: str
    note: str = ""


#: Called at the start of each part and after each of its units; ``print`` will do.
Progress = Callable[[Step], None]


def silent(step: Step) -> None:
    """Say nothing."""


class Part:
    """A part of a measurement that has begun, and says so.

    Examples
    --------
    >>> part = Part(lambda step: print(step.done, step.total, step.note), "noise", 2, "epochs")
    0 2
    >>> part.advance()
    1 2
    >>> part.note("loss 0.1")
    1 2 loss 0.1
    """

    def __init__(self, progress: Progress, name: str, total: int | None, unit: str) -> None:
        self._progress, self._name, self._total, self._unit = progress, name, total, unit
        self._done, self._note = 0, ""
        self._tell()

    def advance(self) -> None:
        """Say that one more unit is done."""
        self._done += 1
        self._tell()

    def note(self, text: str) -> None:
        """Say what was found; later steps repeat it."""
        self._note = text
        self._tell()

    def _tell(self) -> None:
        self._progress(Step(self._name, self._done, self._total, self._unit, self._note))
