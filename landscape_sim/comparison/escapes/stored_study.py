"""A study as its results folder has it: read, counted, drawn, put together; never computed."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.cases import Progress
from landscape_sim.comparison.escapes.answers import KINDS, CaseResult
from landscape_sim.comparison.escapes.case import Case, planned_cases
from landscape_sim.comparison.escapes.expected_work import expected_path_steps
from landscape_sim.comparison.escapes.extension import differing_keys
from landscape_sim.comparison.escapes.found_answers import Search, found_result
from landscape_sim.comparison.escapes.result import StudyResult
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.comparison.packed_answer import DAMAGED
from landscape_sim.comparison.resuming import alone_in
from landscape_sim.comparison.saving import store_result
from landscape_sim.result_files import require_parquet, results_folder
from landscape_sim.validation import InputError


@dataclass(frozen=True, eq=False)
class StoredStudy:
    """What a results folder has of its study.

    Attributes
    ----------
    result : StudyResult
        Of the cases that are answered.
    missing : tuple of Case
        The others.
    """

    result: StudyResult
    missing: tuple[Case, ...]

    @property
    def failures(self) -> list[tuple[str, str]]:
        """Name and reason of every case that has no escape, or a method that refused."""
        named = [(one.name, one.refusal) for one in self.result.refused]
        for answered in self.result.cases:
            reasons = {k: v for k, v in answered.refusals.items() if k != "formula"}
            if reasons:
                said = "; ".join(f"{method}: {reason}" for method, reason in reasons.items())
                named.append((answered.case.name, said))
        return named

    @property
    def seconds_left(self) -> float | None:
        """What the missing cases will take, as the answered ones of their kind did.

        None where there is none of a kind, or nothing tells how long an escape takes.
        """
        took, steps = defaultdict[Any, float](float), defaultdict[Any, float](float)
        for answered in self.result.cases:
            took[answered.case.simulation] += answered.wall_seconds
            steps[answered.case.simulation] += _work(answered.case)
        if any(not steps[case.simulation] for case in self.missing):
            return None
        left = sum(
            took[case.simulation] / steps[case.simulation] * _work(case) for case in self.missing
        )
        return left if math.isfinite(left) else None

    def document(self) -> dict[str, Any]:
        """Return the state of the study as JSON has it."""
        failures = self.failures
        return {
            "name": self.result.study.name,
            "n_cases": self.result.study.n_cases,
            "n_done": len(self.result.cases) + len(self.result.refused) - len(failures),
            "n_failed": len(failures),
            "n_missing": len(self.missing),
            "seconds_left": self.seconds_left,
            "failures": [{"case": name, "reason": reason} for name, reason in failures],
            "missing": [case.name for case in self.missing],
        }


def _work(case: Case) -> float:
    """Return a measure of work: path-steps, and the same for all cases without simulation."""
    steps = expected_path_steps(case)
    return math.inf if steps is None else steps or 1.0


def read_study(folder: Path | str, progress: Progress | None = None) -> StoredStudy:
    """Return what the results folder of a study has, complete or not.

    Parameters
    ----------
    folder : path
        Of ``landscape-sim compare``.
    progress : callable, optional
        Told how many cases are looked at, how many there are.

    Raises
    ------
    InputError
        If there is no study, or its answers are of other code than this.
    """
    folder = Path(folder)
    study = Study.of_folder(folder)
    sound, refused = planned_cases(study, progress)
    store = CaseStore(folder)
    found, missing = list[CaseResult](), list[Case]()
    for number, case in enumerate(sound):
        if progress is not None:
            progress(number, len(sound), "reading")
        answered = found_result(case, Search(store))
        if answered is None:
            missing.append(case)
        else:
            found.append(answered)
    if missing and not store.n_found and any((folder / "cases").glob("*.json")):
        raise InputError(
            f"the answers in {folder} are of other sources or libraries than these; read them with "
            "those, or compute them anew with --resume"
        )
    result = StudyResult(study, tuple(found), not missing, refused=tuple(refused))
    return StoredStudy(result, tuple(missing))


def draw_study(folder: Path | str, progress: Progress | None = None) -> StoredStudy:
    """Draw the figures of a results folder again, in their places.

    Raises
    ------
    InputError
        As :func:`read_study`, if nothing is answered, or another process fills the folder.
    """
    stored = read_study(folder, progress)
    _require_answers(stored.result, [folder])
    with alone_in(Path(folder)):
        stored.result.write_figures(Path(folder))
    return stored


def merge_studies(
    folders: Sequence[Path | str],
    out: Path | str | None = None,
    progress: Progress | None = None,
    *,
    parquet: bool = False,
) -> tuple[StoredStudy, Path]:
    """Put the answers of several results folders of one study together in a new one.

    Of an answer that is in several, the first that is not damaged is taken: they are the same
    bits. What is missing in all of them is computed by ``--resume``.

    Parameters
    ----------
    folders : sequence of paths
        Made with the same ``study.json``, on one machine or several.
    out : path, optional
        The new folder, by default ``results/<study>-<time>``.
    progress : callable, optional
        See :func:`read_study`.
    parquet : bool
        Write the tables as Parquet besides.

    Raises
    ------
    InputError
        If the studies differ, there is no answer, or the folder exists; and without pyarrow, if
        Parquet is asked for.
    """
    if parquet:
        require_parquet()
    study = _the_study(folders)
    with results_folder(study, out) as results:
        store = CaseStore(results.path)
        for folder in map(Path, folders):
            _copy(CaseStore(folder), sorted((folder / "cases").glob("*.json")), store)
        stored = read_study(results.path, progress)
        _require_answers(stored.result, folders)
        store_result(stored.result, results)
        if parquet:
            stored.result.write_parquet(results.path)
    return stored, results.path


def _the_study(folders: Sequence[Path | str]) -> Study:
    """Return the study of the folders, the same in all of them."""
    if not folders:
        raise InputError("name the results folders that are to be merged")
    first, *others = map(Study.of_folder, folders)
    for folder, other in zip(folders[1:], others, strict=True):
        differ = differing_keys(first, other)
        if differ:
            raise InputError(
                f"{folder} is of another study than {folders[0]}: {', '.join(differ)} differ; "
                "merge folders that were made with one study.json"
            )
    return first


def _copy(source: CaseStore, paths: Iterable[Path], store: CaseStore) -> None:
    for path in paths:
        key = path.stem
        if (Path(store.folder) / "cases" / path.name).exists():
            continue
        with suppress(*DAMAGED):
            packed = source.found(key)
            packed.unpacked(KINDS)
            store.keep(packed)


def _require_answers(result: StudyResult, folders: Sequence[Path | str]) -> None:
    if not result.cases:
        raise InputError(f"there is no finished case in {', '.join(map(str, folders))}; run some")
