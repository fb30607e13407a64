"""A case that is given to a worker, and what the worker does with it."""

from __future__ import annotations

from dataclasses import dataclass

from landscape_sim.comparison.case_key import code_digest
from landscape_sim.comparison.case_report import CaseReport
from landscape_sim.comparison.case_store import AnswersAtHand
from landscape_sim.comparison.escapes import answers
from landscape_sim.comparison.escapes.case import cases
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.comparison.packed_answer import PackedAnswer
from landscape_sim.workers.crew import is_given_up

#: Of what answers, and of all that it imports.
CODE = answers.__name__


@dataclass(frozen=True)
class CaseOrder:
    """What a worker has to know; a worker on another machine sees no folder of this one.

    Attributes
    ----------
    study : str
        JSON of a study of one case.
    known : dict
        The answers to it that are there, by their names.
    n_threads : int
        Of simulations.
    code : str
        See :func:`landscape_sim.comparison.case_key.code_digest`.
    """

    study: str
    known: dict[str, PackedAnswer]
    n_threads: int
    code: str


class GivenUpError(Exception):
    """Nobody waits for the answer any longer."""


def perform(order: CaseOrder) -> CaseReport:
    """Answer a case, in a worker."""
    if code_digest(CODE) != order.code:
        return CaseReport((), is_other_code=True)
    (case,) = cases(Study.model_validate_json(order.study))
    at_hand = AnswersAtHand(dict(order.known))
    result = answers.run_case(case, _stop_if_given_up, store=at_hand, n_threads=order.n_threads)
    return CaseReport(tuple(at_hand.computed), result.failure)


def _stop_if_given_up(paths: int) -> None:
    if is_given_up():
        raise GivenUpError
