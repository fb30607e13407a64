"""Run a study case by case; an interrupted study keeps the cases that were finished."""

from __future__ import annotations

from collections.abc import Callable

from landscape_sim.comparison.escapes.case import CaseResult, cases, run_case
from landscape_sim.comparison.escapes.compile_ahead import compiling_ahead
from landscape_sim.comparison.escapes.result import StudyResult
from landscape_sim.comparison.escapes.study import Study

#: Told how many paths are done, how many there are in all cases, and the name of the case at hand.
Progress = Callable[[int, int, str], None]


def run_study(study: Study, progress: Progress | None = None) -> StudyResult:
    """Run every case; on Ctrl-C return what is finished, marked incomplete.

    Parameters
    ----------
    study : Study
        Landscapes, settings, loss ratios, methods and effort.
    progress : callable, optional
        Called now and then with the paths that are done, all paths, and the case at hand.

    Raises
    ------
    InputError
        If any case cannot be run; all are checked before the first is begun.

    Examples
    --------
    >>> from landscape_sim import Study, run_study
    >>> study = Study(
    ...     name="example",
    ...     landscapes=[{"landscape": "quartic", "barrier": 0.25}],
    ...     learning_rates=[0.02],
    ...     batch_sizes=[1],
    ...     loss_ratios=[2, 3],
    ...     methods=["formula", "exact"],
    ... )
    >>> result = run_study(study)
    >>> result.table()[["loss_ratio", "rate_formula", "rate_exact"]].round(7)
       loss_ratio  rate_formula  rate_exact
    0         2.0     0.0000000   0.0000000
    """
    finished: list[CaseResult] = []
    pending = cases(study)
    total = study.n_paths * len(pending)
    try:
        with compiling_ahead(study, pending) as wait_for_kernels:
            for case in pending:
                report = _report(progress, study.n_paths * len(finished), total, case.name)
                report(0)
                wait_for_kernels(case)
                finished.append(run_case(case, report))
    except KeyboardInterrupt:
        return StudyResult(study, tuple(finished), is_complete=False)
    return StudyResult(study, tuple(finished), is_complete=True)


def _report(progress: Progress | None, before: int, total: int, name: str) -> Callable[[int], None]:
    """Return what a case tells how many of its own paths are done."""
    return lambda paths: None if progress is None else progress(before + paths, total, name)
