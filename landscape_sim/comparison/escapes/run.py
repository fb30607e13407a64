"""Run a study case by case; an interrupted study keeps the cases that were finished."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple, Protocol

import numpy as np

from landscape_sim.comparison.escapes.case import Case, CaseResult, Escape, compare, prepare
from landscape_sim.comparison.escapes.compile_ahead import compiling_ahead
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.escape.problem import EscapeProblem, state_problem


class CaseIndex(NamedTuple):
    """Where a case stands on the three axes of its study."""

    landscape: int
    setting: int
    loss_ratio: int


@dataclass
class StudyResult:
    """The finished cases of a study.

    Attributes
    ----------
    study : Study
        What was asked for.
    results : dict of CaseIndex to CaseResult
        In the order in which the cases were run.
    is_complete : bool
        False if the run was interrupted.
    """

    study: Study
    results: dict[CaseIndex, CaseResult] = field(default_factory=dict)
    is_complete: bool = False


class StudyProgress(Protocol):
    """What a run reports."""

    def case_started(self, label: str) -> None:
        """Take note of the case that begins."""

    def paths_ended(self, n_paths: int) -> None:
        """Take note of how many paths of this case have ended."""

    def case_finished(self) -> None:
        """Take note that the case has ended."""


def cases(study: Study) -> Iterator[tuple[CaseIndex, Case]]:
    """Yield every case of ``study``, each with a seed of its own."""
    axes = (study.landscapes, study.settings, study.loss_ratios)
    indices = product(*(range(len(axis)) for axis in axes))
    for number, index in enumerate(CaseIndex(*i) for i in indices):
        stream = np.random.SeedSequence(study.seed, spawn_key=(number,))
        yield (
            index,
            Case(
                problem=_problem(study, index),
                n_paths=study.n_paths,
                relaxation_time_step=study.relaxation_time_step,
                max_mean_times=study.max_mean_times,
                confidence_level=study.confidence_level,
                seed=int(stream.generate_state(1, np.uint64)[0]),
                methods=study.methods,
                max_direct_steps=study.max_direct_steps,
                splitting_error=study.splitting_error,
            ),
        )


def _problem(study: Study, index: CaseIndex) -> EscapeProblem:
    family, setting = study.landscapes[index.landscape], study.settings[index.setting]
    start, target = family.wells()
    return state_problem(
        family.at(study.loss_ratios[index.loss_ratio]),
        learning_rate=setting.learning_rate,
        batch_size=setting.batch_size,
        noise=setting.noise,
        start=start,
        target=target,
        target_radius=study.target_radius,
        n_outliers=family.n_outliers,
    )


def prepared(study: Study) -> list[tuple[CaseIndex, Escape]]:
    """Return every case, checked.

    Raises
    ------
    InputError
        If any of them cannot be run.
    """
    return [(index, prepare(case)) for index, case in cases(study)]


def run_study(study: Study, progress: StudyProgress | None = None) -> StudyResult:
    """Run every case; on Ctrl-C return what is finished, marked incomplete.

    Raises
    ------
    InputError
        If any case cannot be run; all are checked before the first is begun.
    """
    result = StudyResult(study)
    pending = prepared(study)
    try:
        with compiling_ahead(study, [escape for _, escape in pending]) as wait_for_kernels:
            for index, escape in pending:
                if progress is not None:
                    progress.case_started(describe(study, index))
                wait_for_kernels(escape)
                ended = None if progress is None else progress.paths_ended
                result.results[index] = compare(escape, ended)
                if progress is not None:
                    progress.case_finished()
    except KeyboardInterrupt:
        return result
    result.is_complete = True
    return result


def describe(study: Study, index: CaseIndex) -> str:
    """Return a short name of the case, for progress and messages."""
    setting = study.settings[index.setting]
    return (
        f"{study.landscapes[index.landscape].landscape}, {setting.noise}, "
        f"B/η = {setting.batch_size / setting.learning_rate:g}, "
        f"L^s/L* = {study.loss_ratios[index.loss_ratio]:g}"
    )
