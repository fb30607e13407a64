"""The cases of a study, answered by workers.

A worker computes the answers to one case and sends them; this process writes the store. Workers
need no disk in common with it, and a case has its answers written whole or not at all, as ever.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from landscape_sim.comparison.case_key import code_digest
from landscape_sim.comparison.case_report import CaseReport
from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.cases import FinishedCases, Progress
from landscape_sim.comparison.escapes import worker_start
from landscape_sim.comparison.escapes.answers import Answered, CaseResult, run_case
from landscape_sim.comparison.escapes.case import Case
from landscape_sim.comparison.escapes.case_order import CODE, CaseOrder, perform
from landscape_sim.comparison.escapes.expected_work import expected_path_steps
from landscape_sim.comparison.escapes.found_answers import Search, found_result
from landscape_sim.comparison.packed_answer import PackedAnswer, Question
from landscape_sim.validation import InputError
from landscape_sim.workers.crew import Crew
from landscape_sim.workers.workers import Workers

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class _Delivered:
    """Has the answers that a worker brought; where one is missing, the worker's reason."""

    known: Mapping[str, PackedAnswer]
    failure: str | None
    disk: CaseStore | None

    def answer(self, question: Question, compute: Callable[[], Answer]) -> Answer:
        if question.key in self.known:
            found: Answer = self.known[question.key].unpacked(question.kinds)
            return found
        reason = self.failure or "the worker brought no answer"
        missing: Any = Answered(None, reason, 0.0, is_final=False)
        return missing  # type: ignore[no-any-return]  # every answer to a case is an Answered

    def reader(self, question: Question) -> Callable[[], Any] | None:
        return None if self.disk is None else self.disk.reader(question)


@dataclass
class _Spread:
    """What is known of every case, by its number."""

    pending: Sequence[Case]
    store: CaseStore | None
    results: dict[int, CaseResult] = field(default_factory=dict)
    known: dict[int, dict[str, PackedAnswer]] = field(default_factory=dict)

    def look(self) -> None:
        """Find the cases that are answered; note of the others what is there."""
        for number, case in enumerate(self.pending):
            search = Search(self.store)
            found = found_result(case, search)
            if found is None:
                self.known[number] = search.known
            else:
                self.results[number] = found

    def missing(self) -> list[int]:
        """Return what is to be done, the longest cases first: the last ones to end are short."""
        return sorted(self.known, key=self._work, reverse=True)

    def _work(self, number: int) -> float:
        steps = expected_path_steps(self.pending[number])
        return math.inf if steps is None else steps

    def accept(self, number: int, report: CaseReport) -> None:
        """Keep what a worker brings; what it does not bring has the reason in its place."""
        report.require_same_code()
        if self.store is not None:
            for packed in report.computed:
                self.store.keep(packed)
        known = self.known[number] | {packed.key: packed for packed in report.computed}
        delivered = _Delivered(known, report.failure, self.store)
        self.results[number] = run_case(self.pending[number], store=delivered)


def run_on_workers(
    pending: Sequence[Case],
    workers: Workers,
    store: CaseStore | None,
    n_threads: int | None,
    progress: Progress | None,
) -> FinishedCases[CaseResult]:
    """Let workers answer what is missing; on Ctrl-C return what is finished.

    Parameters
    ----------
    pending : sequence of Case
    workers : Workers
    store : CaseStore or None
    n_threads : int or None
        Of each worker, by default one.
    progress : callable or None
        Told how many cases are finished, how many there are, and how fast it goes.

    Raises
    ------
    InputError
        If the workers cannot be had, or the disk refuses, before a case is finished.
    KeyboardInterrupt
        Before the first case is finished.
    """
    spread = _Spread(pending, store)
    spread.look()
    refusal = None
    try:
        if spread.known:
            folder = None if store is None else Path(store.folder)
            with workers.at_work(folder, worker_start.__name__) as crew:
                _fill(spread, crew, n_threads or 1, progress)
    except KeyboardInterrupt:
        if not spread.results:
            raise
    except InputError as error:
        if not spread.results:
            raise
        refusal = str(error)
    answers = [spread.results[number] for number in sorted(spread.results)]
    return FinishedCases(answers, len(answers) == len(pending), refusal)


def _fill(spread: _Spread, crew: Crew, n_threads: int, progress: Progress | None) -> None:
    missing, began = spread.missing(), time.monotonic()
    n_there = len(spread.results)

    def report() -> None:
        if progress is not None:
            done = len(spread.results)
            rate = 60.0 * (done - n_there) / max(time.monotonic() - began, 1e-9)
            progress(done, len(spread.pending), f"{crew.n_workers} workers, {rate:.3g} cases/min")

    orders = [
        CaseOrder(
            spread.pending[number].alone().model_dump_json(),
            spread.known[number],
            n_threads,
            code_digest(CODE),
        )
        for number in missing
    ]
    for outcome in crew.outcomes(perform, orders, report):
        failed = CaseReport((), outcome.failure)
        spread.accept(missing[outcome.task], outcome.answer or failed)
