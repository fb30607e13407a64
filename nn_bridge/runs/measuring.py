"""Measure several runs into one folder, and go on where that was stopped, or with more of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.validation import InputError
from landscape_sim.workers.workers import Workers
from nn_bridge.cases.answering import answer_cases
from nn_bridge.cases.threads import OF_A_WORKER
from nn_bridge.results.progress import Part, Progress, silent
from nn_bridge.results.provenance import (
    Provenance,
    provenance_of,
    read_provenance,
    settings_again,
)
from nn_bridge.results.storing import Keeper, measure_and_store, resume_and_store
from nn_bridge.runs.run_cases import perform, run_case
from nn_bridge.runs.runs_tables import RunsMeasurement
from nn_bridge.runs.studies import study_again, written_study
from nn_bridge.runs.study import RunNumbers, RunsStudy
from nn_bridge.training.beginning import Place

#: Of a study, in the settings of its record.
_STUDY = "several_runs"


def measure_runs(
    study: RunsStudy,
    place: Place = Place(),  # noqa: B008 (frozen)
    *,
    out: Path | str | None = None,
    progress: Progress = silent,
    workers: Workers | None = None,
) -> RunsMeasurement:
    """Measure every run of a study, and return their numbers with the mean between them.

    Parameters
    ----------
    study : RunsStudy
        E.g. :class:`~nn_bridge.runs.at_checkpoints.CurvatureRuns` of some checkpoints.
    place : Place
        Where to find the data, and where to compute.
    out : path, optional
        Folder to create. The results of each run are under ``runs`` in it, as its command leaves
        them, and :func:`resume_runs` goes on with what is missing.
    progress : callable, optional
        See :data:`~nn_bridge.results.progress.Progress`.
    workers : Workers, optional
        Who measures the runs, each with one thread; by default this process, with its own.

    Returns
    -------
    RunsMeasurement
        On Ctrl-C, of the runs that were finished.

    Raises
    ------
    InputError
        If a run is refused, once the others are done; data or checkpoints are not there or do not
        belong together, or workers cannot be had.
    """
    maker = _Maker(study, place, progress, workers)
    return measure_and_store(maker.provenance, out, maker.measure)


def resume_runs(
    folder: Path | str,
    place: Place = Place(),  # noqa: B008 (frozen)
    *,
    n_runs: int | None = None,
    further: tuple[Path, ...] = (),
    progress: Progress = silent,
    workers: Workers | None = None,
) -> RunsMeasurement:
    """Go on with the study in ``folder``: runs that are done stay, one that was begun goes on.

    Parameters
    ----------
    folder : path
        That :func:`measure_runs` was given as ``out``.
    n_runs : int, optional
        How many there are to be in all, of runs from scratch.
    further : tuple of Path
        More checkpoints, where it is of some.
    place, progress, workers
        As for :func:`measure_runs`.

    Raises
    ------
    InputError
        If the folder holds no such study, another process fills it, data or checkpoints are others
        than before, a run that it has would be left out, or its runs are of other code or of other
        numbers of threads.
    """
    folder = Path(folder)
    begun = read_provenance(folder)
    if not is_of_several(begun):
        raise InputError(f"{folder} is of one run of nn-bridge {begun.command}; resume that alone")
    with settings_again(folder):
        study = study_again(begun.command, begun.settings[_STUDY])
    study = _extended(study, begun, n_runs, further)
    maker = _Maker(study, place, progress, workers)
    again = maker.provenance
    for name in begun.settings["runs"]:
        if name not in again.settings["runs"] and (folder / "runs" / name).exists():
            raise InputError(
                f"{name} of {folder} would be left out of the means; ask for more runs"
            )
    if again.data != begun.data:
        raise InputError(
            "the data are not those of the study (sha256, number or scaling differs); name the "
            "same copy"
        )
    now = {one.path: one.sha256 for one in again.checkpoints}
    for known in begun.checkpoints:
        if now.get(known.path) != known.sha256:
            raise InputError(f"{known.path} is not the checkpoint of the study any more")
    return resume_and_store(again, folder, maker.measure)


def is_of_several(begun: Provenance) -> bool:
    """Return whether a record is of several runs."""
    return _STUDY in begun.settings


def _extended(
    study: RunsStudy, begun: Provenance, n_runs: int | None, further: tuple[Path, ...]
) -> RunsStudy:
    """Return the study with what is to be added to it."""
    changes: dict[str, Any] = {}
    if n_runs is not None:
        changes["n_runs"] = n_runs
    known = tuple(Path(one.path) for one in begun.checkpoints)
    if known or further:
        more = {path.resolve() for path in further} - {*known}
        changes["checkpoints"] = (*known, *sorted(more))
    for name in changes.keys() - {field.name for field in dataclasses.fields(study)}:
        raise InputError(f"a study of nn-bridge {study.command} has no {name}; leave it out")
    return dataclasses.replace(study, **changes)


class _Maker:
    """A study on its data, with the provenance of its result."""

    def __init__(
        self, study: RunsStudy, place: Place, progress: Progress, workers: Workers | None
    ) -> None:
        self._study, self._place = study, place
        self._progress, self._workers = progress, workers
        self._runs = study.runs()
        self._dataset = study.load(place)
        provenance = provenance_of(
            study.command,
            {_STUDY: written_study(study), "runs": [run.name for run in self._runs]},
            self._dataset,
            seeds={},
            origins=study.origins(),
        )
        seeds = {run.name: run.seed for run in self._runs}
        threads = None if workers is None else OF_A_WORKER.torch
        self.provenance: Provenance = provenance.model_copy(
            update={"threads": threads, "seeds": seeds}
        )

    def measure(self, keeper: Keeper) -> RunsMeasurement:
        """Return the measurement to its end; every run is kept at once."""
        store = None if keeper.folder is None else CaseStore(keeper.folder)
        cases = [
            run_case(self._study, run, self._dataset, self._place, keeper.folder, self._progress)
            for run in self._runs
        ]

        def keep(done: dict[str, Any], is_new: bool) -> None:
            keeper.keep(self._measured(done), is_new=is_new)

        told = Part(self._progress, "runs", len(cases), "runs")
        done = answer_cases(cases, store, told, keep, workers=self._workers, perform=perform)
        return self._measured(done)

    def _measured(self, done: Mapping[str, RunNumbers]) -> RunsMeasurement:
        return RunsMeasurement(
            found=tuple((run, done[run.name]) for run in self._runs if run.name in done),
            headline=self._study.headline,
            provenance=self.provenance,
            is_complete=len(done) == len(self._runs),
        )
