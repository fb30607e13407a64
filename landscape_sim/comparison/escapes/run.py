"""Run a study case by case; an interrupted study keeps the cases that were finished."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.cases import FinishedCases, Progress, StudyCase, run_cases
from landscape_sim.comparison.escapes import worker_start
from landscape_sim.comparison.escapes.answers import CaseResult, run_case
from landscape_sim.comparison.escapes.case import Case
from landscape_sim.comparison.escapes.case_table import case_columns
from landscape_sim.comparison.escapes.compile_ahead import compiling_ahead, is_of_package
from landscape_sim.comparison.escapes.exact_ahead import answering_ahead
from landscape_sim.comparison.escapes.plan import StudyPlan, plan_study
from landscape_sim.comparison.escapes.result import StudyResult
from landscape_sim.comparison.escapes.spread import run_on_workers
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.comparison.study_file import require_study
from landscape_sim.memory import require_memory
from landscape_sim.validation import InputError
from landscape_sim.workers.workers import Workers

#: Its time and its flag, once with its case and once among all others, and while both are made.
_BYTES_OF_A_PATH = 40


def run_study(
    study: Study | StudyPlan,
    progress: Progress | None = None,
    store: CaseStore | None = None,
    n_threads: int | None = None,
    workers: Workers | None = None,
) -> StudyResult:
    """Run every case; on Ctrl-C return what is finished.

    A case that is refused is a row with the reason.

    Parameters
    ----------
    study : Study or StudyPlan
        Landscapes, settings, loss ratios, methods and effort; a plan is run as it is.
    progress : callable, optional
        Told how many paths are done, how many there are in all cases, and the case at hand.
    store : CaseStore, optional
        Answers that it has are not computed again, and others are kept there as soon as they are
        known: a run that was killed is gone on with, to the same bits.
    n_threads : int, optional
        Of simulations, by default all cores, and one for each worker; no number depends on it.
    workers : Workers, optional
        Who answers the cases, by default this process; no number depends on it. Then
        ``progress`` is told of cases in place of paths.

    Raises
    ------
    InputError
        If it is no study, or none of its cases can be run. With a store also if noise or a method
        is your own: what its numbers depend on cannot be told.

    Examples
    --------
    >>> from landscape_sim import Study, run_study
    >>> study = Study(
    ...     name="example",
    ...     landscapes=[{"landscape": "quartic", "barrier": 0.25}],
    ...     learning_rates=[0.1],
    ...     batch_sizes=[1],
    ...     loss_ratios=[2, 3],
    ...     methods=["formula", "exact"],
    ... )
    >>> result = run_study(study)
    >>> result.table()[["loss_ratio", "rate_formula", "rate_exact"]].round(4)
       loss_ratio  rate_formula  rate_exact
    0         2.0        0.0050      0.0047
    1         3.0        0.0005      0.0005
    """
    if workers is not None:
        workers.begin_imports(worker_start.__name__)
    if isinstance(study, StudyPlan):
        plan, study = study, study.study
    else:
        require_study(study, Study)
        plan = plan_study(study, _before_the_first(study, progress), n_threads)
    case_columns(study)  # refuses names that would be given twice
    pending, refused = plan.cases, plan.refused
    if store is not None or workers is not None:
        _require_known_code(study, pending)
    n_paths = [case.study.n_paths for case in pending if case.simulation == "simulate"]
    if n_paths:
        # With a store, passages are left on the disk once their case is done.
        held = sum(n_paths) if store is None else max(n_paths)
        require_memory(
            _BYTES_OF_A_PATH * held,
            f"a study of {study.n_cases} cases with {sum(n_paths):,} paths in all",
            "lower n_paths" if store is not None else "lower n_paths, or give it a store",
        )

    if workers is None:
        finished = _run_here(study, pending, progress, store, n_threads)
    else:
        finished = run_on_workers(pending, workers, store, n_threads, progress)
    failure = _failure(finished.answers)
    return StudyResult(
        study,
        tuple(finished.answers),
        finished.is_complete and failure is None,
        finished.refusal or failure,
        refused,
    )


def _before_the_first(study: Study, progress: Progress | None) -> Progress | None:
    """Return how planning is told: nothing of the study is done by then."""
    if progress is None:
        return None
    total = study.n_paths * study.n_cases
    return lambda done, n_cases, what: progress(0, total, f"{what}, {done} of {n_cases} cases")


def _run_here(
    study: Study,
    pending: Sequence[Case],
    progress: Progress | None,
    store: CaseStore | None,
    n_threads: int | None,
) -> FinishedCases[CaseResult]:
    """Run one case after the other in this process."""

    def report(case: int, paths: int = 0) -> None:
        if progress is not None and case < len(pending):
            done, total = (study.n_paths * number for number in (case, len(pending)))
            # A landscape may have its own number of paths: the bar has the study's.
            share = study.n_paths * paths // pending[case].study.n_paths
            progress(done + share, total, pending[case].name)

    with (
        compiling_ahead(pending),
        answering_ahead(pending, store, n_threads) as find_exact,
    ):

        def compute(number: int, case: Case) -> CaseResult:
            told = partial(report, number)
            return run_case(case, told, store=store, n_threads=n_threads, find_exact=find_exact)

        return run_cases(
            [StudyCase(c.name, partial(compute, number, c)) for number, c in enumerate(pending)],
            lambda done, total, name: report(done),
        )


def _failure(results: Sequence[CaseResult]) -> str | None:
    """Return which cases were not finished, and why."""
    failed = [result for result in results if result.failure is not None]
    if not failed:
        return None
    more = f" (and {len(failed) - 1} more cases failed)" if len(failed) > 1 else ""
    return f"{failed[0].case.name}: {failed[0].failure}{more}"


def _require_known_code(study: Study, pending: Sequence[Case]) -> None:
    """Refuse to keep answers of code that is not the package's: it may change unseen."""
    own = [f"the method {name!r}" for name in study.own_methods]
    own += [
        f"the noise {case.escape.noise.name!r}"
        for case in pending
        if not is_of_package(case.escape.noise)
    ]
    if own:
        raise InputError(
            f"{own[0]} is not of the package, and its answers cannot be kept by what they depend "
            "on; run the study without a store and without workers"
        )
