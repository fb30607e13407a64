"""An answer as bytes, under the name of what was asked: in a file, or on its way from a worker."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from landscape_sim.comparison.case_key import case_key
from landscape_sim.comparison.stored_values import Arrays, decoded, encoded

#: What comes of bytes that are damaged.
DAMAGED = (OSError, ValueError, LookupError, TypeError, EOFError, zipfile.BadZipFile)

#: Of all else in the JSON, its name and the arrays beside it.
_CHECKSUM = "sha256"


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

    @property
    def key(self) -> str:
        """The name of its answer."""
        return case_key(self.depends_on, self.module)


@dataclass(frozen=True)
class PackedAnswer:
    """An answer.

    Attributes
    ----------
    key : str
        Its name.
    text : bytes
        JSON.
    arrays : bytes or None
        Of NumPy, where it has some.
    """

    key: str
    text: bytes
    arrays: bytes | None

    @classmethod
    def of(cls, question: Question, answer: Any) -> Self:
        """Pack the answer to a question."""
        arrays: Arrays = {}
        content = {
            "case": question.case,
            "depends_on": encoded(question.depends_on, {}),
            "answer": encoded(answer, arrays),
        }
        packed = io.BytesIO()
        if arrays:
            np.savez(packed, **arrays)  # type: ignore[arg-type]  # names are not its options
        stored = packed.getvalue() or None
        content[_CHECKSUM] = _checksum(question.key, content, stored)
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        return cls(question.key, f"{text}\n".encode(), stored)

    def depends_on(self, name: str) -> Any:
        """Return what it depends on under this name, of JSON.

        Raises
        ------
        Exception
            One of :data:`DAMAGED`, also if there is no such name.
        """
        pairs = self._content()["depends_on"]["of"]
        return decoded(dict(pairs)[name], {}, ())

    def unpacked(self, kinds: Iterable[type]) -> Any:
        """Return the answer.

        Raises
        ------
        Exception
            One of :data:`DAMAGED`.
        """
        content = self._content()
        arrays: Arrays = {}
        if self.arrays is not None:
            with np.load(io.BytesIO(self.arrays)) as file:
                arrays = {name: file[name] for name in file.files}
        return decoded(content["answer"], arrays, kinds)

    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.text)
        if content.pop(_CHECKSUM) != _checksum(self.key, content, self.arrays):
            raise ValueError("it is not what was written under this name")
        return content


def _checksum(key: str, content: Mapping[str, Any], arrays: bytes | None) -> str:
    text = json.dumps(content, ensure_ascii=False, allow_nan=False)
    found = hashlib.sha256(f"{key}\n{text}\n".encode())
    found.update(arrays or b"")
    return found.hexdigest()
