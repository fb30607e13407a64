"""Answer cases one after the other here, or let workers do it: the same answers by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from landscape_sim.comparison.case_report import CaseReport
from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.packed_answer import DAMAGED, PackedAnswer, Question
from landscape_sim.validation import InputError
from landscape_sim.workers.crew import Crew
from landscape_sim.workers.workers import Workers
from nn_bridge.cases.case import Case, questions, require_of_use
from nn_bridge.cases.order import CaseOrder, answered
from nn_bridge.cases.threads import OF_A_WORKER, threads_here
from nn_bridge.results.progress import Part

#: Told the answers so far, by the names of their cases and in the order of these, and whether one
#: of them was computed: at first they are those that were there.
AfterCase = Callable[[dict[str, Any], bool], None]


def answer_cases(
    cases: Sequence[Case],
    store: CaseStore | None,
    told: Part,
    after_case: AfterCase,
    *,
    workers: Workers | None = None,
    perform: Callable[[CaseOrder], CaseReport],
) -> dict[str, Any]:
    """Return the answer of every case by its name.

    Parameters
    ----------
    cases : sequence of Case
        Those that others need before them.
    store : CaseStore or None
        Answers that it has are not computed again; others are kept there at once.
    told : Part
        Advanced by every case.
    after_case : callable
        See :data:`AfterCase`.
    workers : Workers, optional
        By default this process answers. Every worker has one thread, whoever they are, so that no
        bit depends on them.
    perform : callable
        Of a module: makes the case of an order, and answers it.

    Raises
    ------
    InputError
        If a case is refused or its workers died, once all others are done that do without it; if
        the store has answers of other code, or of other numbers of threads; or workers cannot be
        had.
    KeyboardInterrupt
        Once what goes on is stopped.
    """
    threads = threads_here() if workers is None else OF_A_WORKER
    answers = _Answers(cases, questions(cases, threads), store, told, after_case)
    if store is not None:
        require_of_use(store, answers.asked, threads)
    answers.look()
    if workers is None:
        answers.fill_here()
    elif answers.ready():
        with workers.at_work(None if store is None else Path(store.folder)) as crew:
            answers.fill_by(crew, perform)
    answers.require_all()
    return answers.in_order()


@dataclass
class _Answers:
    """Cases, and what is known of them."""

    cases: Sequence[Case]
    asked: Mapping[str, Question]
    store: CaseStore | None
    told: Part
    after_case: AfterCase
    known: dict[str, PackedAnswer] = field(default_factory=dict)
    done: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    looked_for: set[str] = field(default_factory=set)

    def look(self) -> None:
        """Find the answers that are there, and tell of them."""
        self._find()
        if self.done:
            self.after_case(self.in_order(), False)

    def _find(self) -> None:
        """Look once for the answer of each case whose needs are known."""
        for case in self.cases:
            if self.store is None or case.name in self.looked_for or not self._can_begin(case):
                continue
            self.looked_for.add(case.name)
            with suppress(*DAMAGED):
                self._take(case, self.store.found(self.asked[case.name].key))
                self.store.n_found += 1
                self.told.advance()

    def fill_here(self) -> None:
        """Compute the others, one after the other."""
        while ready := self.ready():
            case = ready[0]
            self.told.note(case.name)
            self._accept(case, answered(case, self.asked[case.name], self._needed(case)))

    def fill_by(self, crew: Crew, perform: Callable[[CaseOrder], CaseReport]) -> None:
        """Let the crew answer the others, first those that need no other, and so on."""
        while ready := self.ready():
            orders = [
                CaseOrder(case.plan, self.asked[case.name].key, self._needed(case))
                for case in ready
            ]
            for outcome in crew.outcomes(perform, orders, lambda: self._say(crew)):
                report = outcome.answer or CaseReport((), outcome.failure)
                report.require_same_code()
                self._accept(ready[outcome.task], report)

    def ready(self) -> list[Case]:
        """Return the cases that can be answered now."""
        self._find()
        return [case for case in self.cases if self._can_begin(case)]

    def _can_begin(self, case: Case) -> bool:
        is_over = case.name in self.done or case.name in self.refused
        return not is_over and all(name in self.done for name in case.needs)

    def in_order(self) -> dict[str, Any]:
        """Return the answers so far in the order of the cases."""
        return {case.name: self.done[case.name] for case in self.cases if case.name in self.done}

    def require_all(self) -> None:
        """Refuse if a case was refused, naming the first."""
        for name, reason in self.refused.items():
            n_more = len(self.refused) - 1
            more = f" (and {n_more} more parts failed)" if n_more else ""
            raise InputError(f"{name}: {reason}{more}")

    def _needed(self, case: Case) -> tuple[PackedAnswer, ...]:
        return tuple(self.known[name] for name in case.needs)

    def _accept(self, case: Case, report: CaseReport) -> None:
        if report.failure is not None:
            self.refused[case.name] = report.failure
        for packed in report.computed:
            if self.store is not None:
                self.store.keep(packed)
            self._take(case, packed)
            self.after_case(self.in_order(), True)
            self.told.advance()

    def _take(self, case: Case, packed: PackedAnswer) -> None:
        self.done[case.name] = packed.unpacked(case.kinds)
        self.known[case.name] = packed

    def _say(self, crew: Crew) -> None:
        self.told.note(f"{crew.n_workers} workers")
