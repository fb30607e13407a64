"""A case that is given to a worker, and what the worker does with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from landscape_sim.comparison.case_report import CaseReport
from landscape_sim.comparison.packed_answer import PackedAnswer, Question
from landscape_sim.validation import InputError
from nn_bridge.cases.case import Case
from nn_bridge.cases.threads import OF_A_WORKER, threads_here


@dataclass(frozen=True)
class CaseOrder:
    """What a worker has to know.

    Attributes
    ----------
    plan : str
        JSON of which it makes the case.
    key : str
        What its answer is to be called.
    needed : tuple of PackedAnswer
        The answers that it needs.
    """

    plan: str
    key: str
    needed: tuple[PackedAnswer, ...]


def performed(order: CaseOrder, case: Case) -> CaseReport:
    """Return what comes of the case that a worker has made of its order."""
    threads = threads_here()
    if threads != OF_A_WORKER:
        raise InputError(f"the worker has {threads}; start it with OMP_NUM_THREADS=1")
    question = case.question([packed.key for packed in order.needed], threads)
    if question.key != order.key:
        return CaseReport((), is_other_code=True)
    return answered(case, question, order.needed)


def answered(case: Case, question: Question, needed: Sequence[PackedAnswer]) -> CaseReport:
    """Compute a case; a refusal is its failure."""
    try:
        answer = case.compute(*(packed.unpacked(case.kinds) for packed in needed))
    except InputError as refusal:
        return CaseReport((), str(refusal))
    return CaseReport((PackedAnswer.of(question, answer),))
