"""One case of a study: formula, exact solution and simulation of one escape, side by side."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Literal, NamedTuple

from landscape_sim.comparison.escapes.families import Family
from landscape_sim.comparison.escapes.study import Setting, Study
from landscape_sim.escape.escape import Escape
from landscape_sim.escape.methods.fixed_step import time_step_at
from landscape_sim.escape.methods.formula import arrhenius_of, power_law_of
from landscape_sim.escape.methods.simulate import FixedStep, simulated_rate_at_step
from landscape_sim.escape.methods.splitting import splitting_rate_at_step
from landscape_sim.exact.line.passage import PassageTime
from landscape_sim.rare_events.splitting_detail import SplittingDetail
from landscape_sim.results import FirstPassageSample, Rate
from landscape_sim.seeds import case_seed
from landscape_sim.theory.arrhenius import ArrheniusRate
from landscape_sim.theory.power_law import PowerLawRate
from landscape_sim.validation import InputError

#: Some weeks on one core: more than anybody means to start.
_MOST_PATH_STEPS = 1e15

Simulation = Literal["simulate", "splitting"]


class CaseIndex(NamedTuple):
    """Where a case stands on the three axes of its study."""

    landscape: int
    setting: int
    loss_ratio: int


@dataclass(frozen=True, eq=False)
class Case:
    """One escape of a study, found sound.

    Attributes
    ----------
    study : Study
        What the case belongs to; its effort is the study's.
    index : CaseIndex
        Where it stands there.
    seed : int
        Of its simulation.
    escape : Escape
        From which minimum, under which noise, to which target.
    power_law, arrhenius : PowerLawRate, ArrheniusRate
        Both laws, whatever the noise.
    expected_rate : float
        By the law for this noise: a scale for time and cost.
    simulation : str or None
        How it is simulated: directly, by splitting, or not at all.
    """

    study: Study
    index: CaseIndex
    seed: int
    escape: Escape
    power_law: PowerLawRate
    arrhenius: ArrheniusRate
    expected_rate: float
    simulation: Simulation | None

    @property
    def family(self) -> Family:
        """The landscapes that it belongs to."""
        return self.study.landscapes[self.index.landscape]

    @property
    def setting(self) -> Setting:
        """The setting of SGD."""
        return self.study.settings[self.index.setting]

    @property
    def loss_ratio(self) -> float:
        """``L^s/L*``, as the study has it."""
        return self.study.loss_ratios[self.index.loss_ratio]

    @property
    def time_step(self) -> float:
        """Integration step at the minimum, in units of ``t``."""
        return time_step_at(self.escape, self.study.relaxation_time_step)

    @property
    def name(self) -> str:
        """For progress and messages."""
        setting = self.setting
        return (
            f"{self.family.landscape}, {setting.noise}, "
            f"B/η = {setting.batch_size / setting.learning_rate:g}, "
            f"L^s/L* = {self.loss_ratio:g}"
        )


@dataclass(frozen=True, eq=False)
class CaseResult:
    """The answers to a case, beside its two laws.

    Attributes
    ----------
    case : Case
        What was asked.
    exact : Rate or None
        In one and two dimensions, where it was wanted.
    exact_refusal : str or None
        Why there is none where one was wanted.
    simulated : Rate or None
        Direct or by splitting, at the study's time step.
    wall_seconds : float
        Time that the answers took.
    """

    case: Case
    exact: Rate[PassageTime] | None
    exact_refusal: str | None
    simulated: Rate[FixedStep | SplittingDetail] | None
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


def cases(study: Study) -> list[Case]:
    """Return every case of ``study``, checked, each with a seed of its own.

    Raises
    ------
    InputError
        If one has no escape, its minimum is beyond the critical dimension, or its escape is too
        rare for the methods that are wanted.
    """
    axes = (study.landscapes, study.settings, study.loss_ratios)
    indices = product(*(range(len(axis)) for axis in axes))
    return [_case(study, CaseIndex(*index), n) for n, index in enumerate(indices)]


def _case(study: Study, index: CaseIndex, number: int) -> Case:
    escape = _escape(study, index)
    power_law, arrhenius = power_law_of(escape), arrhenius_of(escape)
    expected_rate = escape.formula().rate
    return Case(
        study=study,
        index=index,
        seed=case_seed(study.seed, number),
        escape=escape,
        power_law=power_law,
        arrhenius=arrhenius,
        expected_rate=expected_rate,
        simulation=_simulation(study, escape, power_law, expected_rate),
    )


def _escape(study: Study, index: CaseIndex) -> Escape:
    family, setting = study.landscapes[index.landscape], study.settings[index.setting]
    start, target = family.wells()
    return Escape(
        family.at(study.loss_ratios[index.loss_ratio]),
        start,
        target,
        learning_rate=setting.learning_rate,
        batch_size=setting.batch_size,
        noise=setting.noise,
        target_radius=study.target_radius,
        n_outliers=family.n_outliers,
        domain=family.bounds(),
    )


def _simulation(
    study: Study, escape: Escape, power_law: PowerLawRate, rate: float
) -> Simulation | None:
    time_step = time_step_at(escape, study.relaxation_time_step)
    steps = math.inf if rate == 0.0 else study.n_paths / rate / time_step
    is_cheap = steps <= study.max_direct_steps
    if "simulate" in study.methods and (is_cheap or "splitting" not in study.methods):
        if steps > _MOST_PATH_STEPS:
            raise InputError(
                f"loss_ratio {power_law.loss_ratio:g} at T = {power_law.temperature:g} "
                f"means an escape rate of about {rate:.1e}, some {steps:.1e} path-steps; lower the "
                "loss ratio or n_paths, or add the method splitting"
            )
        return "simulate"
    return "splitting" if "splitting" in study.methods else None


def run_case(case: Case, progress: Callable[[int], None] | None = None) -> CaseResult:
    """Return the exact rate (in one and two dimensions) and the simulated rate of ``case``.

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
    exact, refusal = _exact(case)
    simulated: Rate[FixedStep | SplittingDetail] | None = None
    if case.simulation == "simulate":
        simulated = _simulate(case, exact, progress)
    elif case.simulation == "splitting":
        simulated = _split(case, progress)
    return CaseResult(case, exact, refusal, simulated, time.perf_counter() - began)


def _exact(case: Case) -> tuple[Rate[PassageTime] | None, str | None]:
    """Return the exact rate, or why there is none."""
    if "exact" not in case.study.methods or case.escape.dimension > 2:
        return None, None
    try:
        return case.escape.exact(), None
    except InputError as refusal:
        return None, str(refusal)


def _simulate(
    case: Case, exact: Rate[PassageTime] | None, progress: Callable[[int], None] | None
) -> Rate[FixedStep]:
    study = case.study
    rate = (exact.rate if exact is not None else 0.0) or case.expected_rate
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
