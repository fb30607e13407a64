"""The answers to one case of a study, side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from landscape_sim.comparison.escapes.case import Case
from landscape_sim.escape.methods.simulate import FixedStep, simulated_rate_at_step
from landscape_sim.escape.methods.splitting import splitting_rate_at_step
from landscape_sim.exact.line.passage import PassageTime
from landscape_sim.rare_events.splitting_detail import SplittingDetail
from landscape_sim.results import Detail, FirstPassageSample, Rate
from landscape_sim.validation import InputError


@dataclass(frozen=True, eq=False)
class CaseResult:
    """The answers to a case, beside its two laws.

    Attributes
    ----------
    case : Case
        What was asked.
    exact : Rate or None
        In one and two dimensions, where it was wanted.
    simulated : Rate or None
        Direct or by splitting, at the study's time step.
    own : mapping of str to Rate
        By methods of your own, by name.
    refusals : mapping of str to str
        Why a method that was wanted has no answer, by its name.
    wall_seconds : float
        Time that the answers took.
    """

    case: Case
    exact: Rate[PassageTime] | None
    simulated: Rate[FixedStep | SplittingDetail] | None
    own: Mapping[str, Rate[Any]]
    refusals: Mapping[str, str]
    wall_seconds: float

    @property
    def direct(self) -> FixedStep | None:
        """What a direct simulation rests on, where there was one."""
        detail = None if self.simulated is None else self.simulated.detail
        return detail if isinstance(detail, FixedStep) else None

    @property
    def sample(self) -> FirstPassageSample | None:
        """The passages of a direct simulation."""
        return None if self.direct is None else self.direct.sample


def run_case(case: Case, progress: Callable[[int], None] | None = None) -> CaseResult:
    """Return the rates of ``case``: exact (in one and two dimensions), simulated, and your own.

    The rate is one over the mean first-passage time from the minimum to the other
    minimum; in more dimensions, to a ball around it.

    Parameters
    ----------
    case : Case
        What is asked.
    progress : callable, optional
        Called now and then with how many of the study's ``n_paths`` are done.
    """
    began = time.perf_counter()
    study, refusals = case.study, dict(case.refusals)
    exact: Rate[PassageTime] | None = None
    if "exact" in study.methods and case.escape.dimension <= 2:
        exact = _attempt(refusals, "exact", partial(_exact, case))
    simulated: Rate[FixedStep | SplittingDetail] | None = None
    if case.simulation == "simulate":
        simulated = _simulate(case, exact, progress)
    elif case.simulation == "splitting":
        simulated = _split(case, progress)
    own: dict[str, Rate[Any]] = {}
    for name in study.own_methods:
        answer = _attempt(refusals, name, partial(_by_own_method, case, name))
        if answer is not None:
            own[name] = answer
    return CaseResult(case, exact, simulated, own, refusals, time.perf_counter() - began)


def _attempt(
    refusals: dict[str, str], method: str, answer: Callable[[], Rate[Detail]]
) -> Rate[Detail] | None:
    """Return the answer; where the method refuses, None, and the reason joins ``refusals``."""
    try:
        return answer()
    except InputError as refusal:
        refusals[method] = str(refusal)
        return None


def _exact(case: Case) -> Rate[PassageTime]:
    # Where no law gave the scale, the exact rate did.
    return case.expected if isinstance(case.expected, Rate) else case.escape.exact()


def _by_own_method(case: Case, name: str) -> Rate[Any]:
    return case.escape.rate(name, seed=case.seed, confidence_level=case.study.confidence_level)


def _simulate(
    case: Case, exact: Rate[PassageTime] | None, progress: Callable[[int], None] | None
) -> Rate[FixedStep]:
    study = case.study
    assert case.expected is not None  # or the case would not be simulated directly
    rate = (exact.rate if exact is not None else 0.0) or case.expected.rate
    return simulated_rate_at_step(
        case.escape,
        relaxation_time_step=study.relaxation_time_step,
        n_paths=study.n_paths,
        max_time=study.max_mean_times / rate,
        confidence_level=study.confidence_level,
        seed=case.seed,
        progress=progress,
    )


def _split(case: Case, progress: Callable[[int], None] | None) -> Rate[SplittingDetail]:
    study = case.study

    def report(done: int, planned: int) -> None:
        if progress is not None:
            progress(study.n_paths * done // max(planned, 1))

    return splitting_rate_at_step(
        case.escape,
        relaxation_time_step=study.relaxation_time_step,
        relative_error=study.splitting_error,
        confidence_level=study.confidence_level,
        seed=case.seed,
        progress=report,
    )
