"""A part of a measurement that is answered by itself, and the name of its answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from landscape_sim.comparison.case_key import code_digest
from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.packed_answer import DAMAGED, Question
from landscape_sim.validation import InputError
from nn_bridge.cases.threads import OF_A_WORKER, Threads

#: Key of what gives an answer, in all that it depends on.
_BY = "by"


@dataclass(frozen=True)
class Case:
    """A part of a measurement.

    Attributes
    ----------
    name : str
        For people, and for the cases that need it.
    compute : callable
        Given the answers of the cases that it needs, in their order; returns what
        :func:`landscape_sim.comparison.stored_values.encoded` knows.
    depends_on : mapping
        All that its answer depends on; but for other cases, code, libraries and threads.
    code : str
        Module that computes it, with all that it imports.
    plan : str
        JSON of which a worker makes the same case.
    needs : tuple of str
        Names of cases before it.
    kinds : tuple of type
        See :class:`~landscape_sim.comparison.packed_answer.Question`.
    """

    name: str
    compute: Callable[..., Any]
    depends_on: Mapping[str, Any]
    code: str
    plan: str
    needs: tuple[str, ...] = ()
    kinds: tuple[type, ...] = ()

    def question(self, needed: Sequence[str], threads: Threads) -> Question:
        """Return what is asked, after the answers of these names."""
        code = hashlib.sha256(code_digest(self.code).encode()).hexdigest()[:16]
        by = {"code": code, "torch": torch.__version__, "threads": asdict(threads)}
        depends_on = {**self.depends_on, "needs": list(needed), _BY: by}
        return Question(self.name, depends_on, self.code, self.kinds)


def questions(cases: Sequence[Case], threads: Threads) -> dict[str, Question]:
    """Return what is asked in every case, by its name; those that are needed come first."""
    asked: dict[str, Question] = {}
    for case in cases:
        asked[case.name] = case.question([asked[name].key for name in case.needs], threads)
    return asked


def require_of_use(store: CaseStore, asked: Mapping[str, Question], threads: Threads) -> None:
    """Refuse a store with nothing but answers that others have given, or as others would.

    Raises
    ------
    InputError
        If it is one, with what differs.
    """
    wanted, others = [question.depends_on[_BY] for question in asked.values()], []
    for by in _given_by(store):
        if by in wanted:
            return
        others.append(by)
    if not others:
        return
    begun = Threads(**others[0]["threads"])
    if begun == threads:
        raise InputError(
            f"the answers in {store.folder} are of other sources or libraries than these; go on "
            "with those, or begin anew in another folder"
        )
    if begun == OF_A_WORKER:
        remedy = "go on with --workers"
    elif threads == OF_A_WORKER:
        remedy = "go on without --workers"
    else:
        remedy = f"go on with as many, e.g. OMP_NUM_THREADS={begun.numpy}"
    raise InputError(
        f"the answers in {store.folder} are those of {begun}, and here are {threads}, whose last "
        f"digits are others; {remedy}"
    )


def _given_by(store: CaseStore) -> Iterator[dict[str, Any]]:
    """Yield by which code and threads every answer was given that is not damaged."""
    for path in sorted((Path(store.folder) / "cases").glob("*.json")):
        with suppress(*DAMAGED):
            by = store.found(path.stem).depends_on(_BY)
            yield {**by, "threads": asdict(Threads(**by["threads"]))}
