"""The answers of a study in files of their own: what is killed is gone on with, not begun again."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from landscape_sim.comparison.case_key import case_key
from landscape_sim.comparison.stored_values import Arrays, decoded, encoded
from landscape_sim.files import write_atomically
from landscape_sim.validation import InputError

Answer = TypeVar("Answer")
#: What comes of a file that is damaged; its case is run again.
_DAMAGED = (OSError, ValueError, LookupError, TypeError, EOFError, zipfile.BadZipFile)


@dataclass(frozen=True)
class Question:
    """What is to be answered.

    Attributes
    ----------
    case : str
        Of which case, for people.
    depends_on : mapping
        All that the answer depends on, the code apart.
    module : str
        Of the package: it answers.
    kinds : tuple of type
        The dataclasses of which answers are made.
    """

    case: str
    depends_on: Mapping[str, Any]
    module: str
    kinds: tuple[type, ...] = ()


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
        key = case_key(question.depends_on, question.module)
        with suppress(*_DAMAGED):
            found: Answer = self._read(key, question.kinds)
            self.n_found += 1
            return found
        answer = compute()
        self._write(key, question, answer)
        self.n_computed += 1
        return answer

    @property
    def _place(self) -> Path:
        return Path(self.folder) / "cases"

    def _read(self, key: str, kinds: Iterable[type]) -> Any:
        content = json.loads((self._place / f"{key}.json").read_text(encoding="utf-8"))
        arrays: Arrays = {}
        if content["has_arrays"]:
            # What is no archive would be left open by its name.
            with (
                (self._place / f"{key}.npz").open("rb") as raw,
                np.load(raw) as file,
            ):
                arrays = {name: file[name] for name in file.files}
        return decoded(content["answer"], arrays, kinds)

    def _write(self, key: str, question: Question, answer: Any) -> None:
        arrays: Arrays = {}
        content = {
            "case": question.case,
            "depends_on": encoded(question.depends_on, {}),
            "answer": encoded(answer, arrays),
            "has_arrays": bool(arrays),
        }
        try:
            self._place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot create {self._place}: {error.strerror}") from error
        if arrays:
            packed = io.BytesIO()
            np.savez(packed, **arrays)  # type: ignore[arg-type]  # names are not its options
            write_atomically(self._place / f"{key}.npz", packed.getbuffer())
        # Last: with it the answer is there.
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        write_atomically(self._place / f"{key}.json", f"{text}\n".encode())


def stored(store: CaseStore | None, question: Question, compute: Callable[[], Answer]) -> Answer:
    """Return the answer, from the store where there is one."""
    return compute() if store is None else store.answer(question, compute)
