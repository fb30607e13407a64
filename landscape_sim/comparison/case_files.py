"""The finished cases of a run in files of their own, until its tables have them all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landscape_sim.files import write_atomically
from landscape_sim.validation import InputError

#: Tables by the names of their files, and the rows of one case in each.
CaseTables = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class CaseFiles:
    """The folder ``cases`` in a results folder: what a run that is killed leaves.

    Attributes
    ----------
    folder : Path
        Of the results.
    """

    folder: Path

    @property
    def _place(self) -> Path:
        return self.folder / "cases"

    def keep(self, number: int, name: str, tables: CaseTables) -> None:
        """Write what the tables will say of one case.

        Raises
        ------
        InputError
            If the disk refuses.
        """
        try:
            self._place.mkdir(exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot create {self._place}: {error.strerror}") from error
        text = json.dumps({"case": name, **tables}, indent=2, ensure_ascii=False)
        write_atomically(self._place / f"{number:04d}.json", f"{text}\n".encode())

    def clear(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self._place, ignore_errors=True)
