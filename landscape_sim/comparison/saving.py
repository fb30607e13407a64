"""A result of a study in a folder of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from landscape_sim.report.report import Report
from landscape_sim.report.writing import write_report
from landscape_sim.result_files import NamedStudy, ResultsFolder, results_folder
from landscape_sim.signals import held_signals


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

    def write_numbers(self, folder: Path) -> None:
        """Write tables and dataset into a folder that exists."""

    def write_figures(self, folder: Path) -> None:
        """Draw and write the figures into a folder that exists."""

    def report(self) -> Report:
        """Return what its report says."""


def save_result(result: StudyResult, folder: Path | str | None = None) -> Path:
    """Create ``folder``, by default ``results/<study>-<time>``, and fill it.

    It holds the files that the command of this study writes.

    Raises
    ------
    InputError
        If the folder exists already or cannot be created or written.
    """
    with results_folder(result.study, folder) as results:
        store_result(result, results)
    return results.path


def store_result(result: StudyResult, results: ResultsFolder) -> None:
    """Fill a folder: an interruption waits for the numbers, and leaves out figures and report.

    Raises
    ------
    InputError
        If the disk refuses.
    """
    with held_signals():
        result.write_numbers(results.path)
        results.is_complete = result.is_complete
    result.write_figures(results.path)
    write_report(result.report(), results.path)
