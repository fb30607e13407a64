"""The cases of a study, one after the other; whatever stops it, what is finished is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from landscape_sim.comparison.refusals import named_case
from landscape_sim.validation import InputError

Answer = TypeVar("Answer")
#: Told how many cases are finished, how many there are, and the name of the next one.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class StudyCase(Generic[Answer]):
    """One case: its name, for progress and refusals, and what computes its answer."""

    name: str
    compute: Callable[[], Answer]


@dataclass(frozen=True)
class FinishedCases(Generic[Answer]):
    """What came of a sequence of cases.

    Attributes
    ----------
    answers : list
        Of the first cases, all of them where ``is_complete``.
    is_complete : bool
        False if the run was interrupted, or a case was refused.
    refusal : str or None
        Which case could not be run, and why.
    """

    answers: list[Answer]
    is_complete: bool
    refusal: str | None = None


def run_cases(
    cases: Sequence[StudyCase[Answer]],
    progress: Progress | None = None,
    keep: Callable[[int, str, Answer], None] | None = None,
) -> FinishedCases[Answer]:
    """Run every case; on Ctrl-C, or where one is refused, return what is finished.

    Parameters
    ----------
    cases : sequence of StudyCase
    progress : callable, optional
        See :data:`Progress`.
    keep : callable, optional
        Given number, name and answer of each case as soon as it is finished.

    Raises
    ------
    InputError
        If the first case is refused: there is nothing to keep.
    KeyboardInterrupt
        Before the first case is finished, likewise.
    """
    answers: list[Answer] = []
    try:
        for case in cases:
            if progress is not None:
                progress(len(answers), len(cases), case.name)
            with named_case(case.name):
                answers.append(case.compute())
            if keep is not None:
                keep(len(answers), case.name, answers[-1])
    except KeyboardInterrupt:
        if not answers:
            raise
        return FinishedCases(answers, is_complete=False)
    except InputError as refusal:
        if not answers:
            raise
        return FinishedCases(answers, is_complete=False, refusal=str(refusal))
    if progress is not None:
        progress(len(cases), len(cases), "finished")
    return FinishedCases(answers, is_complete=True)
