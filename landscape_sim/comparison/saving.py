"""A result of a study in a folder of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from landscape_sim.result_files import NamedStudy, results_folder


class StudyResult(Protocol):
    """What can be saved."""

    @property
    def study(self) -> NamedStudy:
        """What was asked for."""

    @property
    def is_complete(self) -> bool:
        """Whether every case was finished."""

    @property
    def refusal(self) -> str | None:
        """Which case could not be run, and why."""

    def write(self, folder: Path) -> None:
        """Write tables, dataset and figures into a folder that exists."""


def save_result(result: StudyResult, folder: Path | str | None = None) -> Path:
    """Create ``folder``, by default ``results/<study>-<time>``, and fill it.

    It holds the files that the command of this study writes.

    Raises
    ------
    InputError
        If the folder exists already or cannot be created.
    """
    with results_folder(result.study, folder) as results:
        result.write(results.path)
        results.is_complete = result.is_complete
    return results.path
