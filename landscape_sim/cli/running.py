"""Run a study with a live bar and leave its results folder behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from landscape_sim.comparison.case_files import CaseFiles
from landscape_sim.comparison.cases import Progress
from landscape_sim.comparison.saving import StudyResult, store_result
from landscape_sim.console.progress import live_bar
from landscape_sim.result_files import NamedStudy, results_folder

Study = TypeVar("Study", bound=NamedStudy)
Result = TypeVar("Result", bound=StudyResult)


def run_and_store(
    run: Callable[[Study, Progress, CaseFiles], Result],
    study: Study,
    out: Path | None,
    unit: str = "cases",
) -> tuple[Result, Path, dict[str, Any]]:
    """Run ``study``; return its result, its folder, and how the ``--json`` document begins.

    The folder is made before the run, and has every case as soon as it is finished. The bar
    counts in ``unit``.

    Raises
    ------
    InputError
        If the folder cannot be made, or the study is refused; then the folder is gone again.
    KeyboardInterrupt
        Before the first case is finished, or while the figures are drawn.
    """
    with results_folder(study, out) as results:
        with live_bar("starting", None, unit) as bar:
            result = run(study, bar.report, CaseFiles(results.path))
        store_result(result, results)
    document = {
        "study": study.model_dump(mode="json"),
        "folder": str(results.path),
        "is_complete": result.is_complete,
        "refusal": result.refusal,
    }
    return result, results.path, document
