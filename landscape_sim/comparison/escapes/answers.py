"""The answers to one case of a study, side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from landscape_sim.comparison.case_store import AnswerStore, stored
from landscape_sim.comparison.escapes.case import Case
from landscape_sim.comparison.escapes.kept_passages import KeptPassages, without_passages
from landscape_sim.comparison.packed_answer import Question
from landscape_sim.escape.methods.simulate import FixedStep, simulated_rate_at_step
from landscape_sim.escape.methods.splitting import splitting_rate_at_step
from landscape_sim.exact.line.passage import PassageTime
from landscape_sim.memory import MemoryShortage
from landscape_sim.rare_events.splitting_detail import SplittingDetail
from landscape_sim.results import (
    ConfidenceInterval,
    FirstPassageSample,
    Rate,
    RateEstimate,
    RateInterval,
)
from landscape_sim.validation import InputError

_SIMULATED = "simulated"


@dataclass(frozen=True, eq=False)
class CaseResult:
    """The answers to a case, beside its two laws.

    Attributes
    ----------
    case : Case
        What was asked.
    exact : Rate or None
        Where it was wanted and is known.
    simulated : Rate or None
        Direct or by splitting, at the study's time step.
    own : mapping of str to Rate
        By methods of your own, by name.
    refusals : mapping of str to str
        Why a method that was wanted has no answer, by its name.
    wall_seconds : float
        Time that the answers took.
    failure : str or None
        What another time may have an answer, and why it has none now.
    """

    case: Case
    exact: Rate[PassageTime] | None
    simulated: Rate[FixedStep | KeptPassages | SplittingDetail] | None
    own: Mapping[str, Rate[Any]]
    refusals: Mapping[str, str]
    wall_seconds: float
    failure: str | None = None

    @property
    def direct(self) -> FixedStep | KeptPassages | None:
        """What a direct simulation rests on, where there was one."""
        detail = None if self.simulated is None else self.simulated.detail
        return detail if isinstance(detail, FixedStep | KeptPassages) else None

    @property
    def sample(self) -> FirstPassageSample | None:
        """The passages of a direct simulation."""
        return None if self.direct is None else self.direct.sample


@dataclass(frozen=True)
class Answered:
    """What a method said, and how long it took.

    Attributes
    ----------
    rate : Rate or None
        None where it refused.
    refusal : str or None
        Why.
    seconds : float
        Wall time.
    is_final : bool
        False where another time there may be an answer: the machine is at fault.
    """

    rate: Rate[Any] | None
    refusal: str | None
    seconds: float
    is_final: bool = True


#: What answers are made of.
KINDS = (
    *(Answered, Rate, RateInterval, ConfidenceInterval, PassageTime),
    *(FixedStep, FirstPassageSample, RateEstimate, SplittingDetail),
)


def exact_answer(case: Case) -> Answered:
    """Return the exact rate of ``case``, or why there is none.

    Raises
    ------
    MemoryShortage
        If it does not fit; another time it may.
    """
    return _or_refusal(partial(_exact, case))


def exact_question(case: Case) -> Question:
    """Return what is asked for the exact rate of ``case``."""
    return _question(case, "exact")


def run_case(
    case: Case,
    progress: Callable[[int], None] | None = None,
    *,
    store: AnswerStore | None = None,
    n_threads: int | None = None,
    find_exact: Callable[[Case], Answered] = exact_answer,
) -> CaseResult:
    """Return the rates of ``case``: exact where it is known, simulated, and your own.

    The rate is one over the mean first-passage time from the minimum to the other
    minimum; in more dimensions, to a ball around it. A method that refuses leaves its reason.

    Parameters
    ----------
    case : Case
        What is asked.
    progress : callable, optional
        Called now and then with how many of the study's ``n_paths`` are done.
    store : AnswerStore, optional
        Where answers may be already, and are kept.
    n_threads : int, optional
        Of simulations, by default all cores; no number depends on it.
    find_exact : callable, optional
        Gives the answer of :func:`exact_answer`, which somebody may have found already.
    """
    study, answers = case.study, dict[str, Answered]()
    if "exact" in study.methods:
        answers["exact"] = _answered(store, exact_question(case), partial(find_exact, case))
    if case.simulation == "simulate":
        exact = answers["exact"].rate if "exact" in answers else None
        max_time = study.max_mean_times / _scale(case, exact)
        asked = _question(
            *(case, "simulate"),
            **_stochastic(case),
            n_paths=study.n_paths,
            max_time=max_time,
        )
        ask = partial(_or_refusal, partial(_simulate, case, max_time, n_threads, progress))
        answers[_SIMULATED] = _left_on_disk(store, asked, _answered(store, asked, ask))
    elif case.simulation == "splitting":
        asked = _question(
            case, "splitting", **_stochastic(case), relative_error=study.splitting_error
        )
        ask = partial(_or_refusal, partial(_split, case, n_threads, progress))
        answers[_SIMULATED] = _answered(store, asked, ask)
    for name in study.own_methods:
        ask = partial(_or_refusal, partial(_by_own_method, case, name, n_threads))
        answers[name] = _answered(None, _question(case, name), ask)
    return _result(case, answers)


def _result(case: Case, answers: Mapping[str, Answered]) -> CaseResult:
    rates = {name: answer.rate for name, answer in answers.items() if answer.rate is not None}
    refusals = {
        case.simulation or name if name == _SIMULATED else name: answer.refusal
        for name, answer in answers.items()
        if answer.refusal is not None
    }
    return CaseResult(
        case=case,
        exact=rates.get("exact"),
        simulated=rates.get(_SIMULATED),
        own={name: rates[name] for name in case.study.own_methods if name in rates},
        refusals={**case.refusals, **refusals},
        wall_seconds=sum(answer.seconds for answer in answers.values()),
        failure=next((one.refusal for one in answers.values() if not one.is_final), None),
    )


def _question(case: Case, method: str, **settings: Any) -> Question:
    """Return what a method is asked: of the study only what its answer depends on."""
    escape = {
        "family": case.family.asked(),
        "setting": case.setting.model_dump(exclude={"repeat"}),
        "loss_ratio": case.loss_ratio,
        "target_radius": case.study.target_radius,
    }
    return Question(
        f"{case.name}: {method}", {**escape, "method": method, **settings}, __name__, KINDS
    )


def _stochastic(case: Case) -> dict[str, Any]:
    return {
        "relaxation_time_step": case.study.relaxation_time_step,
        "confidence_level": case.study.confidence_level,
        "seed": case.seed,
    }


def _answered(
    store: AnswerStore | None, question: Question, answer: Callable[[], Answered]
) -> Answered:
    """Return what the method says, from the store where it is there.

    What was short of memory is not kept: another time there may be enough.
    """
    try:
        return stored(store, question, answer)
    except MemoryShortage as refusal:
        return Answered(None, str(refusal), 0.0, is_final=False)


def _left_on_disk(store: AnswerStore | None, question: Question, answered: Answered) -> Answered:
    """Return the answer without its passages, where these can be read again."""
    read = None if store is None else store.reader(question)
    if read is None or answered.rate is None:
        return answered
    return replace(answered, rate=without_passages(answered.rate, lambda: read().rate))


def _or_refusal(answer: Callable[[], Rate[Any]]) -> Answered:
    """Return the answer, or why the method refuses."""
    began = time.perf_counter()
    try:
        rate, refusal = answer(), None
    except MemoryShortage:
        raise
    except InputError as error:
        rate, refusal = None, str(error)
    return Answered(rate, refusal, time.perf_counter() - began)


def _exact(case: Case) -> Rate[PassageTime]:
    # Where no law gave the scale, the exact rate did.
    rate = case.expected if isinstance(case.expected, Rate) else case.escape.exact()
    # Without the mean times from everywhere, which a study of many cases could not hold.
    time_alone = PassageTime(rate.detail.log_mean_time, rate.detail.relative_error)
    return replace(rate, detail=time_alone)


def _by_own_method(case: Case, name: str, n_threads: int | None) -> Rate[Any]:
    level = case.study.confidence_level
    return case.escape.rate(name, seed=case.seed, confidence_level=level, n_threads=n_threads)


def _scale(case: Case, exact: Rate[PassageTime] | None) -> float:
    """Return the rate by which a direct simulation is cut off."""
    assert case.expected is not None  # or the case would not be simulated directly
    return (exact.rate if exact is not None else 0.0) or case.expected.rate


def _simulate(
    case: Case,
    max_time: float,
    n_threads: int | None,
    progress: Callable[[int], None] | None,
) -> Rate[FixedStep]:
    study = case.study
    return simulated_rate_at_step(
        case.escape,
        relaxation_time_step=study.relaxation_time_step,
        n_paths=study.n_paths,
        max_time=max_time,
        confidence_level=study.confidence_level,
        seed=case.seed,
        n_threads=n_threads,
        progress=progress,
    )


def _split(
    case: Case, n_threads: int | None, progress: Callable[[int], None] | None
) -> Rate[SplittingDetail]:
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
        n_threads=n_threads,
        progress=report,
    )
