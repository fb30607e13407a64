"""Cases one after the other: what stops them, and what is kept."""

from __future__ import annotations

import pytest

from landscape_sim.comparison.cases import StudyCase, run_cases
from landscape_sim.validation import InputError


def cases(*answers):
    """Return cases that answer, or raise where the answer is an exception."""

    def compute(answer):
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return [
        StudyCase(f"case {i}", lambda answer=answer: compute(answer))
        for i, answer in enumerate(answers)
    ]


def test_every_case_is_run_and_announced():
    told = []
    finished = run_cases(cases(1, 2), lambda *what: told.append(what))
    assert (finished.answers, finished.is_complete, finished.refusal) == ([1, 2], True, None)
    assert told == [(0, 2, "case 0"), (1, 2, "case 1"), (2, 2, "finished")]


def test_an_interruption_and_a_late_refusal_keep_what_is_finished():
    cut = run_cases(cases(1, KeyboardInterrupt(), 3))
    assert (cut.answers, cut.is_complete, cut.refusal) == ([1], False, None)
    refused = run_cases(cases(1, InputError("too rare"), 3))
    assert (refused.answers, refused.is_complete) == ([1], False)
    assert refused.refusal == "case 1: too rare"


def test_an_interruption_with_nothing_to_keep_is_raised():
    with pytest.raises(KeyboardInterrupt):
        run_cases(cases(KeyboardInterrupt(), 2))


def test_a_refusal_with_nothing_to_keep_and_an_error_are_raised():
    with pytest.raises(InputError, match=r"^case 0: too rare$"):
        run_cases(cases(InputError("too rare"), 2))
    with pytest.raises(ZeroDivisionError):
        run_cases(cases(1, ZeroDivisionError()))
