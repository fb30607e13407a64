"""What a study will cost: path-steps of every case, and seconds on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from landscape_sim.columns import Column, finite
from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.cases import Progress
from landscape_sim.comparison.escapes.case import Case, RefusedCase, planned_cases
from landscape_sim.comparison.escapes.compile_ahead import kind_of
from landscape_sim.comparison.escapes.expected_work import expected_path_steps, law_of
from landscape_sim.comparison.escapes.found_answers import Search, found_result
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.comparison.study_file import require_study
from landscape_sim.escape.methods.simulate import simulated_rate_at_step
from landscape_sim.results import rate_text
from landscape_sim.threads import require_threads
from landscape_sim.validation import InputError

#: Of a run that measures how fast this machine is.
_PATHS_OF_A_THREAD, _STEPS_OF_A_PATH = 256, 20_000
#: Seconds against which those of loading a library are few.
_LONG = 5.0

#: Of a plan in print.
PLAN_COLUMNS = (
    Column("landscape", "{landscape}"),
    Column("noise", "{noise}"),
    Column("strength", "{strength}"),
    Column("L^s/L*", "{loss_ratio:.4g}"),
    Column("rate by the law", "{expected_rate}"),
    Column("simulated by", "{simulated_by}"),
    Column("path-steps", "{path_steps:.2g}"),
    Column("seconds", "{seconds:.2g}"),
)


@dataclass(frozen=True)
class CaseCost:
    """What a case will cost.

    Attributes
    ----------
    case : Case
    path_steps : float or None
        Of its simulation, zero without one; None where nothing tells how long an escape takes.
    seconds : float or None
        Of its simulation and exact solution on this machine.
    """

    case: Case
    path_steps: float | None
    seconds: float | None

    def row(self) -> dict[str, Any]:
        """Return it as a flat mapping."""
        law = law_of(self.case)
        return {
            "landscape": self.case.family.landscape,
            "noise": self.case.setting.noise,
            "strength": self.case.setting.strength,
            "loss_ratio": self.case.loss_ratio,
            "expected_rate": None if law is None else rate_text(law.log_rate, 3),
            "simulated_by": self.case.simulation,
            "path_steps": None if self.path_steps is None else finite(float(self.path_steps)),
            "seconds": self.seconds,
        }


@dataclass(frozen=True, eq=False)
class StudyPlan:
    """The cases of a study, which of them will have no answer, and what the others will cost.

    How fast this machine is, is measured when it is first asked for.

    Attributes
    ----------
    study : Study
    cases : tuple of Case
        In the order in which they will be run.
    refused : tuple of RefusedCase
        With the reasons.
    seconds_of_planning : float
        What finding the wells and passes of all cases took, and will take again.
    n_threads : int
        Of simulations.
    progress : callable or None
        Told of measurements.
    """

    study: Study
    cases: tuple[Case, ...]
    refused: tuple[RefusedCase, ...]
    seconds_of_planning: float
    n_threads: int
    progress: Progress | None = field(default=None, repr=False)

    def left(self, store: CaseStore) -> StudyPlan:
        """Return a plan of the cases to which the store has no answers."""
        if not any(Path(store.folder).glob("cases/*.json")):
            return self
        looking = CaseStore(store.folder)
        missing = [case for case in self.cases if found_result(case, Search(looking)) is None]
        return replace(self, cases=tuple(missing))

    @cached_property
    def steps(self) -> tuple[float | None, ...]:
        """Path-steps of every case; None where nothing tells how long an escape takes."""
        return tuple(expected_path_steps(case) for case in self.cases)

    @property
    def path_steps(self) -> float:
        """Of all simulations of known cost."""
        return sum(steps or 0.0 for steps in self.steps)

    @property
    def coordinate_steps(self) -> float:
        """Those, each as often as a position has coordinates."""
        known = zip(self.cases, self.steps, strict=True)
        return sum((steps or 0.0) * case.escape.dimension for case, steps in known)

    @property
    def seconds_of_simulation(self) -> float:
        """Of all simulations of known cost, without the compilation of kernels."""
        known = zip(self.cases, self.steps, strict=True)
        return sum(steps / self._speeds[kind_of(case)] for case, steps in known if steps)

    @cached_property
    def costs(self) -> tuple[CaseCost, ...]:
        """What every case will cost."""
        costs = []
        for case, steps in zip(self.cases, self.steps, strict=True):
            seconds = self._seconds_of_exact[_table(case)] if _is_solved(case) else 0.0
            if steps:
                seconds += steps / self._speeds[kind_of(case)]
            costs.append(CaseCost(case, steps, None if steps is None else seconds))
        return tuple(costs)

    @cached_property
    def seconds(self) -> float:
        """Of everything of known cost, without figures and the compilation of kernels."""
        return self.seconds_of_planning + sum(cost.seconds or 0.0 for cost in self.costs)

    @property
    def n_unknown(self) -> int:
        """Number of cases of which nothing tells the cost."""
        return sum(steps is None for steps in self.steps)

    def rows(self) -> list[dict[str, Any]]:
        """Return one flat mapping a case."""
        return [cost.row() for cost in self.costs]

    @cached_property
    def _speeds(self) -> dict[Any, float]:
        simulated = [case for case in reversed(self.cases) if case.simulation is not None]
        return _measured(
            {kind_of(case): case for case in simulated},
            lambda case: _steps_a_second(case, self.n_threads),
            self.progress,
        )

    @cached_property
    def _seconds_of_exact(self) -> dict[Any, float]:
        solved = {_table(case): case for case in reversed(self.cases) if _is_solved(case)}
        return _measured(solved, _seconds_of_exact, self.progress)


def plan_study(
    study: Study, progress: Progress | None = None, n_threads: int | None = None
) -> StudyPlan:
    """Return the cases of ``study``, and what they will cost; nothing of it is run.

    The cost is measured when it is asked for: on every kind of kernel, which is compiled if it was
    not, and on one exact solution a landscape. Direct simulations cost what the law says of their
    rates; splitting is told by rule of thumb, to a factor of three.

    Parameters
    ----------
    study : Study
    progress : callable, optional
        Told how many cases or measurements are done, how many there are, and what goes on.
    n_threads : int, optional
        Of simulations, by default all cores.

    Raises
    ------
    InputError
        If it is no study, or none of its cases can be run.

    Examples
    --------
    >>> study = Study(
    ...     name="example",
    ...     landscapes=[{"landscape": "quartic", "barrier": 0.25}],
    ...     temperatures=[0.1, 0.2],
    ...     loss_ratios=[2, 3],
    ...     methods=["formula"],
    ... )
    >>> plan = plan_study(study)
    >>> len(plan.cases), plan.path_steps
    (4, 0.0)
    """
    require_study(study, Study)
    n_threads = require_threads(n_threads)
    began = time.perf_counter()
    sound, refused = planned_cases(study, progress)
    seconds = time.perf_counter() - began
    return StudyPlan(study, tuple(sound), tuple(refused), seconds, n_threads, progress)


def _measured(
    examples: dict[Any, Case], measure: Callable[[Case], float], progress: Progress | None
) -> dict[Any, float]:
    found = {}
    for number, (key, case) in enumerate(examples.items()):
        if progress is not None:
            progress(number, len(examples), f"measuring: {case.name}")
        found[key] = measure(case)
    return found


def _table(case: Case) -> int:
    return case.study.tables[case.index.landscape]


def _is_solved(case: Case) -> bool:
    return "exact" in case.study.methods and case.escape.dimension <= 2


def _seconds_of_exact(case: Case) -> float:
    """Return what an exact solution takes, without the libraries that the first one loads."""
    seconds = 0.0
    for _ in range(2):
        began = time.perf_counter()
        with suppress(InputError):  # what a refusal takes
            case.escape.exact()
        seconds = time.perf_counter() - began
        if seconds > _LONG:
            break
    return seconds


def _steps_a_second(case: Case, n_threads: int) -> float:
    """Return how fast a few paths go, once their kernel is compiled."""
    for n_paths, n_steps in ((1, 1), (_PATHS_OF_A_THREAD * n_threads, _STEPS_OF_A_PATH)):
        began = time.perf_counter()
        rate = simulated_rate_at_step(
            case.escape,
            relaxation_time_step=case.study.relaxation_time_step,
            n_paths=n_paths,
            max_time=n_steps * case.time_step,
            n_threads=n_threads,
        )
        seconds = time.perf_counter() - began
    return rate.path_steps / seconds
