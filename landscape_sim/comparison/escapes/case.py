"""One case of a study: an escape, both laws, and how it will be simulated."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Literal, NamedTuple

from landscape_sim.comparison.escapes.families import Family
from landscape_sim.comparison.escapes.laws import AnyRate, expected_rate, laws_of
from landscape_sim.comparison.escapes.setting import Setting
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.escape.escape import Escape
from landscape_sim.escape.methods.fixed_step import time_step_at
from landscape_sim.results import rate_text
from landscape_sim.seeds import case_seed
from landscape_sim.theory.arrhenius import ArrheniusRate
from landscape_sim.theory.power_law import PowerLawRate
from landscape_sim.theory.prefactor import eyring_kramers_prefactor
from landscape_sim.validation import InputError

#: Some weeks on one core: more than anybody means to start.
_MOST_PATH_STEPS = 1e15
_REPORTED_EVERY = 20

Simulation = Literal["simulate", "splitting"]


class CaseIndex(NamedTuple):
    """Where a case stands on the three axes of its study."""

    landscape: int
    setting: int
    loss_ratio: int


@dataclass(frozen=True, eq=False)
class PlannedCase:
    """What a study says of one of its cases.

    Attributes
    ----------
    study : Study
        What the case belongs to, with the effort that its landscape has of its own.
    index : CaseIndex
        Where it stands there.
    """

    study: Study
    index: CaseIndex

    @property
    def family(self) -> Family:
        """The landscapes that it belongs to."""
        return self.study.families[self.index.landscape]

    @property
    def setting(self) -> Setting:
        """The setting of SGD."""
        return self.study.settings[self.index.setting]

    @property
    def loss_ratio(self) -> float | None:
        """``L^s/L*`` as the study has it."""
        return self.study.ratios[self.index.loss_ratio]

    @property
    def name(self) -> str:
        """For progress and messages."""
        name = f"{self.family.landscape}, {self.setting.noise}, {self.setting.strength}"
        return name if self.loss_ratio is None else f"{name}, L^s/L* = {self.loss_ratio:g}"


@dataclass(frozen=True, eq=False)
class RefusedCase(PlannedCase):
    """A case of which there is no escape, or none that its methods could answer.

    Attributes
    ----------
    refusal : str
        Why.
    """

    refusal: str


@dataclass(frozen=True, eq=False)
class Case(PlannedCase):
    """One escape of a study, found sound.

    Attributes
    ----------
    stream : int
        Number of its stream of random numbers.
    escape : Escape
        From which minimum, under which noise, to which target.
    power_law, arrhenius : PowerLawRate or None, ArrheniusRate or None
        Both laws, whatever the noise, where there are such.
    expected : PowerLawRate, ArrheniusRate, Rate or None
        A scale for time and cost, where it is to be simulated directly.
    simulation : str or None
        How it is simulated: directly, by splitting, or not at all.
    direct_steps : float or None
        Path-steps that a direct simulation would make, where that was asked: the wells and passes
        that tell its step are at hand only while the case is made.
    refusals : mapping of str to str
        Why there is no formula where one is wanted, under its name.
    """

    stream: int
    escape: Escape
    power_law: PowerLawRate | None
    arrhenius: ArrheniusRate | None
    expected: AnyRate | None
    simulation: Simulation | None
    direct_steps: float | None
    refusals: Mapping[str, str]

    @property
    def seed(self) -> int:
        """Of its simulation."""
        return case_seed(self.study.seed, self.stream)

    @property
    def loss_ratio(self) -> float:
        """``L^s/L*``, as the study has it or as the loss is."""
        asked = super().loss_ratio
        return self.escape.route.loss_ratio if asked is None else asked

    @property
    def time_step(self) -> float:
        """Integration step at the minimum, in units of ``t``."""
        return time_step_at(self.escape, self.study.relaxation_time_step)

    @property
    def log_prefactor(self) -> float:
        """Of both laws: the logarithm of ``|h_e^s|/(2π) sqrt(det H* / |det H^s|)``."""
        prefactor = eyring_kramers_prefactor(self.escape.route.minimum, self.escape.route.saddle)
        return math.log(prefactor.attempt_frequency) + prefactor.log_determinant_factor

    def alone(self) -> Study:
        """Return a study of this case alone, with its random numbers."""
        ratio = self.study.ratios[self.index.loss_ratio]
        return self.study.model_copy(
            update={
                "landscapes": (self.family,),
                "settings": (self.setting,),
                "loss_ratios": None if ratio is None else (ratio,),
                "streams": (self.stream,),
            }
        )

    @cached_property
    def caveats(self) -> tuple[str, ...]:
        """What the law for this noise leaves out here, where it is asked for and known."""
        is_known = "formula" in self.study.methods and not self.refusals
        return self.escape.formula().caveats if is_known else ()


def cases(study: Study) -> list[Case]:
    """Return every case of ``study``, checked, each with a seed of its own.

    Raises
    ------
    InputError
        If one has no escape, its minimum is beyond the critical dimension, or its escape is too
        rare for the methods that are wanted.
    """
    sound, refused = planned_cases(study)
    if refused:
        raise InputError(f"{refused[0].name}: {refused[0].refusal}")
    return sound


def planned_cases(
    study: Study, progress: Callable[[int, int, str], None] | None = None
) -> tuple[list[Case], list[RefusedCase]]:
    """Return the cases that are sound, and those that are not with the reason.

    Parameters
    ----------
    study : Study
    progress : callable, optional
        Told now and then how many cases are looked at, how many there are, and that they are
        planned.

    Raises
    ------
    InputError
        If none is sound: with the reason of the first.
    """
    axes = (study.families, study.settings, study.ratios)
    places = [CaseIndex(*place) for place in product(*(range(len(axis)) for axis in axes))]
    streams = dict(zip(places, study.case_streams(), strict=True))
    sound, refused = list[Case](), list[RefusedCase]()
    own = [table.effort() for table in study.landscapes]
    studies = [study.model_copy(update=effort) if effort else study for effort in own]
    # All settings of a landscape one after the other: what is found of it is still at hand.
    for place in sorted(places, key=lambda place: (place.landscape, place.loss_ratio)):
        n_planned = len(sound) + len(refused)
        if progress is not None and n_planned and n_planned % _REPORTED_EVERY == 0:
            progress(n_planned, study.n_cases, "planning")
        planned = PlannedCase(studies[study.tables[place.landscape]], place)
        try:
            sound.append(_case(planned, streams[place]))
        except InputError as refusal:
            refused.append(RefusedCase(planned.study, place, str(refusal)))
    sound.sort(key=lambda case: case.index)
    refused.sort(key=lambda case: case.index)
    if not sound:
        first = refused[0]
        raise InputError(first.refusal if len(refused) == 1 else f"{first.name}: {first.refusal}")
    return sound, refused


def _case(planned: PlannedCase, stream: int) -> Case:
    study, escape = planned.study, _escape(planned)
    if planned.loss_ratio is None:
        escape.route  # noqa: B018, the case is told by it: refused without one
    is_asked_for = "formula" in study.methods
    laws = laws_of(escape, is_asked_for=is_asked_for)
    expected = expected_rate(escape, laws) if "simulate" in study.methods else None
    direct_steps = _direct_steps(study, escape, expected)
    return Case(
        study=study,
        index=planned.index,
        stream=stream,
        escape=escape,
        power_law=laws.power_law,
        arrhenius=laws.arrhenius,
        expected=expected,
        simulation=_simulation(study, escape, expected, direct_steps),
        direct_steps=direct_steps,
        refusals={"formula": laws.refusal} if is_asked_for and laws.refusal is not None else {},
    )


def _escape(planned: PlannedCase) -> Escape:
    family, setting = planned.family, planned.setting
    start, target = family.wells()
    return Escape(
        family.at(planned.loss_ratio),
        start,
        target,
        learning_rate=setting.learning_rate,
        batch_size=setting.batch_size,
        temperature=setting.temperature,
        noise=setting.noise,
        target_radius=planned.study.target_radius,
        n_outliers=family.n_outliers,
        domain=family.bounds(),
    )


def _simulation(
    study: Study, escape: Escape, expected: AnyRate | None, steps: float | None
) -> Simulation | None:
    """Return how a case is simulated; directly only where the cost is known and allowed."""
    if "simulate" not in study.methods:
        return "splitting" if "splitting" in study.methods else None
    if "splitting" in study.methods:
        return "simulate" if steps is not None and steps <= study.max_direct_steps else "splitting"
    if expected is None or steps is None:
        raise InputError(
            f"no law and no exact rate says how long an escape takes under the noise "
            f"{escape.noise.name!r}; use the method splitting in place of simulate"
        )
    if steps > _MOST_PATH_STEPS:
        decades = (
            math.log(study.n_paths / time_step_at(escape, study.relaxation_time_step))
            - expected.log_rate
        ) / math.log(10.0)
        raise InputError(
            f"loss_ratio {escape.route.loss_ratio:g} at T = {escape.temperature:g} "
            f"means an escape rate of about {rate_text(expected.log_rate, 2)}, some "
            f"1e{decades:.0f} path-steps; lower the loss ratio or n_paths, or add the method "
            "splitting"
        )
    return "simulate"


def _direct_steps(study: Study, escape: Escape, expected: AnyRate | None) -> float | None:
    """Return how many steps a direct simulation would make, where that can be told."""
    if expected is None:
        return None
    time_step = time_step_at(escape, study.relaxation_time_step)
    return math.inf if expected.rate == 0.0 else study.n_paths / expected.rate / time_step
