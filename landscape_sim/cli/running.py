"""Run a study with a live bar and leave its results folder behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.cases import Progress
from landscape_sim.comparison.resuming import alone_in, reopened_folder
from landscape_sim.comparison.saving import StudyResult, store_result
from landscape_sim.comparison.study_file import WrittenStudy
from landscape_sim.console.progress import Bar, live_bar
from landscape_sim.result_files import NamedStudy, ResultsFolder, results_folder
from landscape_sim.validation import InputError

Study = TypeVar("Study", bound=NamedStudy)
Written = TypeVar("Written", bound=WrittenStudy)
Result = TypeVar("Result", bound=StudyResult)


@dataclass(frozen=True)
class Place:
    """Where a run stores what it finds: in a new folder, or in that of an earlier run.

    Attributes
    ----------
    out : Path or None
        A new folder.
    resume : Path or None
        The folder of an earlier run, which is gone on with.

    Raises
    ------
    InputError
        If both are given.
    """

    out: Path | None = None
    resume: Path | None = None

    def __post_init__(self) -> None:
        if self.out is not None and self.resume is not None:
            raise InputError("--resume goes on in its own folder; leave --out out")

    def require_none(self, option: str) -> None:
        """Refuse a place beside an option that writes nothing."""
        if self.out is not None or self.resume is not None:
            raise InputError(f"{option} writes nothing and begins anew; leave out --out, --resume")

    def study(
        self, kind: type[Written], given: Path | None, default: Callable[[], Written]
    ) -> Written:
        """Return the study in the file that is given, that of the earlier run, or the default.

        Raises
        ------
        InputError
            If one cannot be read, or they have two names: a study that has changed keeps its own.
        """
        earlier = None if self.resume is None else kind.of_folder(self.resume)
        if given is None:
            return default() if earlier is None else earlier
        study = kind.load(given)
        if earlier is not None and study.name != earlier.name:
            raise InputError(
                f"{self.resume} is of the study {earlier.name!r}, and {given} is {study.name!r}; "
                "give it that name if it is to go on there, or leave --resume out"
            )
        return study

    @contextmanager
    def opened(self, study: NamedStudy) -> Iterator[ResultsFolder]:
        """Let the block fill the folder, alone."""
        if self.resume is not None:
            with reopened_folder(study, self.resume) as results:
                yield results
        else:
            with results_folder(study, self.out) as results, alone_in(results.path):
                yield results


def run_and_store(
    run: Callable[[Study, Bar, CaseStore], Result],
    study: Study,
    place: Place,
    unit: str = "cases",
) -> tuple[Result, Path, dict[str, Any]]:
    """Run ``study``; return its result, its folder, and how the ``--json`` document begins.

    The folder is there before the run, and has every answer as soon as it is known. The bar
    counts in ``unit``.

    Raises
    ------
    InputError
        If the folder cannot be made, or the study is refused; then a new folder is gone again.
    KeyboardInterrupt
        Before the first case is finished, or while the figures are drawn.
    """
    with place.opened(study) as results:
        store = CaseStore(results.path)
        with live_bar("starting", None, unit) as bar:
            result = run(study, bar, store)
        store_result(result, results)
    document = {
        "study": study.model_dump(mode="json"),
        "folder": str(results.path),
        "is_complete": result.is_complete,
        "refusal": result.refusal,
        "answers_found": store.n_found,
        "answers_computed": store.n_computed,
    }
    return result, results.path, document


def with_bar(
    run: Callable[[Study, Progress, CaseStore], Result],
) -> Callable[[Study, Bar, CaseStore], Result]:
    """Return ``run`` for :func:`run_and_store`, where the bar is all that it tells."""
    return lambda study, bar, store: run(study, bar.report, store)


def reused(document: dict[str, Any]) -> list[str]:
    """Return what is printed of the answers that a run has found in its folder, if any."""
    found, computed = document["answers_found"], document["answers_computed"]
    return [f"{found} answers were there already; {computed} were computed."] if found else []


def show_report(folder: Path) -> None:
    """Open the report of a folder in the user's browser.

    Raises
    ------
    InputError
        If there is none that can be started.
    """
    import webbrowser

    path = (folder / "report.html").resolve()
    if not webbrowser.open(path.as_uri()):
        raise InputError(f"no browser can be started here; open {path} in one")
