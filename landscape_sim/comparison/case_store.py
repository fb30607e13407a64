"""The answers of a study in files of their own: what is killed is gone on with, not begun again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from landscape_sim.comparison.packed_answer import DAMAGED, PackedAnswer, Question
from landscape_sim.files import write_atomically
from landscape_sim.validation import InputError

Answer = TypeVar("Answer")


class AnswerStore(Protocol):
    """Where answers may be already."""

    def answer(self, question: Question, compute: Callable[[], Answer]) -> Answer:
        """Return the answer that is there, or compute it and keep it."""

    def reader(self, question: Question) -> Callable[[], Any] | None:
        """Return what reads an answer again that was given, None if it is on no disk."""


@dataclass
class CaseStore:
    """The folder ``cases`` in a results folder.

    An answer is a JSON file named by its key, with its arrays beside it. It is whole or not
    there; what is not there is computed.

    Attributes
    ----------
    folder : Path
        Of the results.
    n_found, n_computed : int
        Answers so far that were there, and that were not.
    """

    folder: Path | str
    n_found: int = 0
    n_computed: int = 0

    def answer(self, question: Question, compute: Callable[[], Answer]) -> Answer:
        """Return the answer that is there, or compute it and keep it.

        Raises
        ------
        InputError
            If the disk refuses, or ``compute`` does.
        """
        with suppress(*DAMAGED):
            found: Answer = self.known(question)
            return found
        answer = compute()
        self.keep(PackedAnswer.of(question, answer))
        return answer

    def known(self, question: Question) -> Any:
        """Return the answer that is there.

        Raises
        ------
        Exception
            One of :data:`~landscape_sim.comparison.packed_answer.DAMAGED`, if none is.
        """
        answer = self.found(question.key).unpacked(question.kinds)
        self.n_found += 1
        return answer

    def reader(self, question: Question) -> Callable[[], Any]:
        """Return what reads an answer again that is there.

        It raises an InputError if it cannot.
        """

        def read() -> Any:
            try:
                return self.found(question.key).unpacked(question.kinds)
            except DAMAGED as error:
                raise InputError(
                    f"cannot read {self._place / question.key}.json again; resume the study"
                ) from error

        return read

    def found(self, key: str) -> PackedAnswer:
        """Return the answer of this name, which may be damaged.

        Raises
        ------
        OSError
            If it is not there.
        """
        text = (self._place / f"{key}.json").read_bytes()
        arrays = self._place / f"{key}.npz"
        return PackedAnswer(key, text, arrays.read_bytes() if arrays.exists() else None)

    def has(self, key: str) -> bool:
        """Return whether an answer of this name is there, whole or damaged."""
        return (self._place / f"{key}.json").exists()

    def keep(self, packed: PackedAnswer) -> None:
        """Write an answer that was not there.

        Raises
        ------
        InputError
            If the disk refuses.
        """
        try:
            self._place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot create {self._place}: {error.strerror}") from error
        if packed.arrays is not None:
            write_atomically(self._place / f"{packed.key}.npz", packed.arrays)
        # Last: with it the answer is there.
        write_atomically(self._place / f"{packed.key}.json", packed.text)
        self.n_computed += 1

    @property
    def _place(self) -> Path:
        return Path(self.folder) / "cases"


@dataclass
class AnswersAtHand:
    """Answers in memory: those that a worker is given, and those that it brings back.

    Attributes
    ----------
    known : dict
        By name.
    computed : list of PackedAnswer
        What was not known.
    """

    known: dict[str, PackedAnswer] = field(default_factory=dict)
    computed: list[PackedAnswer] = field(default_factory=list)

    def reader(self, question: Question) -> None:
        """Return None: they are on no disk."""

    def answer(self, question: Question, compute: Callable[[], Answer]) -> Answer:
        """Return the answer that is known, or compute it."""
        if question.key in self.known:
            found: Answer = self.known[question.key].unpacked(question.kinds)
            return found
        answer = compute()
        self.computed.append(PackedAnswer.of(question, answer))
        return answer


def stored(store: AnswerStore | None, question: Question, compute: Callable[[], Answer]) -> Answer:
    """Return the answer, from the store where there is one."""
    return compute() if store is None else store.answer(question, compute)
