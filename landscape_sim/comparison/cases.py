"""The cases of a study, one after the other; whatever stops it, what is finished is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Generic, TypeVar

from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.packed_answer import Question
from landscape_sim.comparison.refusals import named_case
from landscape_sim.validation import InputError

Answer = TypeVar("Answer")
#: Told how many cases are finished, how many there are, and the name of the next one.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class StudyCase(Generic[Answer]):
    """One case.

    Attributes
    ----------
    name : str
        For progress and refusals.
    compute : callable
        Computes its answer.
    depends_on : mapping
        What that depends on, where it is to be kept in a store; see :class:`Question`.
    """

    name: str
    compute: Callable[[], Answer]
    depends_on: Mapping[str, Any] = field(default_factory=dict)


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


def through_store(
    cases: Sequence[StudyCase[Answer]],
    store: CaseStore | None,
    module: str,
    kinds: tuple[type, ...] = (),
) -> Sequence[StudyCase[Answer]]:
    """Return cases that look for their answers in the store, and keep them there.

    Parameters
    ----------
    cases : sequence of StudyCase
    store : CaseStore or None
        Without one, the cases are as they are.
    module, kinds
        See :class:`Question`.
    """
    if store is None:
        return cases
    return [
        replace(
            case,
            compute=partial(
                store.answer, Question(case.name, case.depends_on, module, kinds), case.compute
            ),
        )
        for case in cases
    ]


def run_cases(
    cases: Sequence[StudyCase[Answer]],
    progress: Progress | None = None,
) -> FinishedCases[Answer]:
    """Run every case; on Ctrl-C, or where one is refused, return what is finished.

    Parameters
    ----------
    cases : sequence of StudyCase
    progress : callable, optional
        See :data:`Progress`.

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
