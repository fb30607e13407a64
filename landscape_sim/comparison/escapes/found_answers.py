"""Cases whose answers are looked for, and never computed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.escapes.answers import CaseResult, run_case
from landscape_sim.comparison.escapes.case import Case
from landscape_sim.comparison.packed_answer import DAMAGED, PackedAnswer, Question

Answer = TypeVar("Answer")


class _MissingError(Exception):
    """An answer is not there."""


@dataclass
class Search:
    """Looks for the answers to one case.

    Attributes
    ----------
    store : CaseStore or None
        Where.
    known : dict
        What was found, by name.
    """

    store: CaseStore | None
    known: dict[str, PackedAnswer] = field(default_factory=dict)

    def answer(self, question: Question, compute: Callable[[], Answer]) -> Answer:
        """Return the answer that is there."""
        if self.store is not None:
            with suppress(*DAMAGED):
                packed = self.store.found(question.key)
                answer: Answer = packed.unpacked(question.kinds)
                self.known[question.key] = packed
                self.store.n_found += 1
                return answer
        raise _MissingError

    def reader(self, question: Question) -> Callable[[], Any] | None:
        """Return what reads an answer again."""
        return None if self.store is None else self.store.reader(question)


def found_result(case: Case, search: Search) -> CaseResult | None:
    """Return a case with the answers that are there, None where one is missing."""
    try:
        return run_case(case, store=search)
    except _MissingError:
        return None
