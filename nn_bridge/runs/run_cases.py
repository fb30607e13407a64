"""A run as a case: measured in a folder of its own, here or by a worker, its numbers kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from landscape_sim.comparison.case_report import CaseReport
from landscape_sim.files import write_atomically
from landscape_sim.result_files import read_dataset
from landscape_sim.validation import InputError
from landscape_sim.workers.crew import writing_files
from nn_bridge.cases.case import Case
from nn_bridge.cases.order import CaseOrder, performed
from nn_bridge.cases.place import data_key, place_again, written_place
from nn_bridge.cases.threads import threads_here
from nn_bridge.data.datasets import Dataset
from nn_bridge.results.command_line import answering
from nn_bridge.results.measurement import Measurement
from nn_bridge.results.progress import Progress, Step, silent
from nn_bridge.results.provenance import has_record, is_whole
from nn_bridge.results.run_state import remove_state
from nn_bridge.runs.studies import study_again, written_study
from nn_bridge.runs.study import Run, RunNumbers, RunsStudy
from nn_bridge.training.beginning import Place


def run_case(
    study: RunsStudy,
    run: Run,
    dataset: Dataset,
    place: Place,
    folder: Path | None,
    progress: Progress = silent,
) -> Case:
    """Return the case of a run; with ``folder``, its results are left in ``runs`` there."""
    plan = {
        "command": study.command,
        "settings": written_study(study.alone(run)),
        "place": written_place(place),
        "folder": None if folder is None else str(folder.resolve()),
    }
    measuring = _Measuring(study, run, dataset, place, progress)
    case = Case(
        run.name,
        measuring.anywhere,
        {"run": run.depends_on, "data": data_key(dataset)},
        type(study).__module__,
        json.dumps(plan),
        kinds=(RunNumbers,),
    )
    if folder is None:
        return case
    key = case.question([], threads_here()).key
    return replace(case, compute=partial(measuring.inside, folder, key))


def perform(order: CaseOrder) -> CaseReport:
    """Measure a run, in a worker."""
    plan = json.loads(order.plan)
    study = study_again(plan["command"], plan["settings"])
    (run,) = study.runs()
    place = place_again(plan["place"])
    folder = None if plan["folder"] is None else Path(plan["folder"])
    if folder is not None and not has_record(folder):
        raise InputError(f"the worker does not see {folder}; name a folder that all machines share")
    with writing_files():
        return performed(order, run_case(study, run, study.load(place), place, folder))


def results_of(folder: Path, run: Run) -> Path:
    """Return where the results of a run are in the folder of its study."""
    return folder / "runs" / run.name


@dataclass(frozen=True)
class _Measuring:
    """One run, to be measured."""

    study: RunsStudy
    run: Run
    dataset: Dataset
    place: Place
    progress: Progress

    def anywhere(self) -> RunNumbers:
        """Measure it and leave nothing."""
        with answering(()):
            return self._numbers(self._from_scratch(None))

    def inside(self, folder: Path, key: str) -> RunNumbers:
        """Measure it in the folder of its study, or go on there with what was begun as ``key``."""
        place = results_of(folder, self.run)
        with _begun(folder, self.run, key), answering(()):
            if not place.exists():
                return self._numbers(self._from_scratch(place))
            if not has_record(place):  # killed before the first file
                shutil.rmtree(place)
                return self._numbers(self._from_scratch(place))
            if is_whole(place):  # killed before its numbers were kept
                remove_state(place)
                return self.study.numbers(read_dataset(place))
            told = self._told
            return self._numbers(self.study.resume(self.run, place, self.dataset, self.place, told))

    def _from_scratch(self, out: Path | None) -> Measurement:
        return self.study.measure(self.run, self.dataset, self.place, out=out, progress=self._told)

    def _numbers(self, found: Measurement) -> RunNumbers:
        if not found.is_complete:
            raise KeyboardInterrupt
        return self.study.numbers(found.dataset())

    def _told(self, step: Step) -> None:
        """Say of which run a part is."""
        self.progress(replace(step, part=f"{self.run.name}, {step.part}"))


@contextmanager
def _begun(folder: Path, run: Run, key: str) -> Iterator[None]:
    """Let the block fill the results of a run, which say under which name they were begun.

    Raises
    ------
    InputError
        If they were begun under another: go on with that code, or its threads, and no other.
    """
    mark, results = folder / "cases" / f"{run.name}.begun", results_of(folder, run)
    if results.exists():
        if not mark.exists() or mark.read_text(encoding="utf-8") != key:
            raise InputError(
                f"{results} was begun with other sources, libraries, threads or data; go on with "
                "those, or begin anew in another folder"
            )
    else:
        mark.parent.mkdir(exist_ok=True)
        write_atomically(mark, key.encode())
    try:
        yield
    finally:
        if not results.exists():
            mark.unlink()
