"""The study of the stationary law: which settings and dimensions, and every case of it run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, ValidationError

from landscape_sim.comparison.bowl.case import (
    ExponentMeasurement,
    TransitionMeasurement,
    measure_exponents,
    measure_transition,
    transition_duration,
)
from landscape_sim.landscapes import QuadraticBowl
from landscape_sim.theory.power_law import effective_temperature
from landscape_sim.validation import InputError

Dimension = Annotated[int, Field(ge=1, le=64)]


class StationaryStudy(BaseModel):
    """Quadratic bowls under loss-proportional noise.

    Attributes
    ----------
    name : str
        Names the results folder.
    seed : int
        Determines every random number.
    curvature, floor : float
        ``h*`` and ``L*`` of ``L = L* + h* r²/2``.
    learning_rates, batch_sizes : tuple
        Every pair is a setting with ``T = η h*/B``.
    dimensions : tuple of int
        Where the exponents are measured, at every setting that allows it.
    transition_dimensions : tuple of int
        Where the loss is followed in time, at the setting of the highest ``T``.
    n_paths, n_samples : int
        Independent paths, and samples of each for the exponents.
    confidence_level : float
        Of every interval.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    name: str = "stationary"
    seed: int = Field(ge=0)
    curvature: PositiveFloat
    floor: PositiveFloat
    learning_rates: tuple[PositiveFloat, ...] = Field(min_length=1)
    batch_sizes: tuple[PositiveInt, ...] = Field(min_length=1)
    dimensions: tuple[Dimension, ...] = Field(min_length=1)
    transition_dimensions: tuple[Dimension, ...] = Field(min_length=1)
    n_paths: int = Field(ge=10)
    n_samples: PositiveInt
    confidence_level: float = Field(default=0.95, gt=0, lt=1)

    def temperature(self, learning_rate: float, batch_size: int) -> float:
        """Return ``T = η h*/B``."""
        return effective_temperature(learning_rate, batch_size, self.curvature)

    @property
    def highest_temperature(self) -> float:
        """The temperature of the transition."""
        return self.temperature(max(self.learning_rates), min(self.batch_sizes))

    def bowl(self, n_outliers: int, n_directions: int) -> QuadraticBowl:
        """Return a bowl with ``n_outliers`` stiff directions; the others are flat.

        What happens along flat directions does not act back on the loss. With one number of
        directions for every ``n`` the kernel is compiled once.
        """
        flat = (0.0,) * (n_directions - n_outliers)
        return QuadraticBowl(self.floor, (self.curvature,) * n_outliers + flat)


@dataclass(frozen=True, order=True)
class ExponentIndex:
    """Where a measurement of the exponents stands on the axes of its study."""

    learning_rate: int
    batch_size: int
    dimension: int


@dataclass
class StationaryResult:
    """The finished cases of a study.

    Attributes
    ----------
    study : StationaryStudy
        What was asked for.
    exponents : dict of ExponentIndex to ExponentMeasurement
        In the order in which they were run.
    transition : dict of int to TransitionMeasurement
        By position in ``transition_dimensions``.
    is_complete : bool
        False if the run was interrupted.
    """

    study: StationaryStudy
    exponents: dict[ExponentIndex, ExponentMeasurement] = field(default_factory=dict)
    transition: dict[int, TransitionMeasurement] = field(default_factory=dict)
    is_complete: bool = False


def stationary_study(**settings: Any) -> StationaryStudy:
    """Return the study with these attributes.

    Raises
    ------
    InputError
        If a value is out of range, a list repeats a value, or no exponent can be measured.
    """
    try:
        study = StationaryStudy(**settings)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise InputError(f"{key}: {first['msg']}, got {first['input']!r}") from error
    for name in ("learning_rates", "batch_sizes", "dimensions", "transition_dimensions"):
        values = getattr(study, name)
        if len(set(values)) < len(values):
            raise InputError(f"{name} holds a value twice, {values}; name each once")
    if not exponent_indices(study):
        raise InputError(
            "no exponent can be measured: sampling needs n + 2 < 2 B/(η h*), which no setting "
            "grants; lower the learning rate, the curvature or the dimensions, or raise the "
            "batch size"
        )
    return study


def exponent_indices(study: StationaryStudy) -> list[ExponentIndex]:
    """Return the cases whose exponents can be measured.

    In ``τ`` a path forgets its start like a power of ``τ``, and fast enough for averages
    only where ``⟨r²⟩`` is finite: ``n + 2 < 2/T``.
    """
    axes = (study.learning_rates, study.batch_sizes, study.dimensions)
    found = []
    for i, j, k in product(*(range(len(axis)) for axis in axes)):
        temperature = study.temperature(study.learning_rates[i], study.batch_sizes[j])
        if study.dimensions[k] + 2 < 2 / temperature:
            found.append(ExponentIndex(i, j, k))
    return found


def run_stationary_study(
    study: StationaryStudy, started: Callable[[str], None] | None = None
) -> StationaryResult:
    """Run every case; on Ctrl-C return what is finished, marked incomplete.

    ``started``, if given, is called with a short name of each case as it begins.
    """
    result = StationaryResult(study)
    announce = started or (lambda label: None)
    try:
        for number, index in enumerate(exponent_indices(study)):
            eta, batch = (
                study.learning_rates[index.learning_rate],
                study.batch_sizes[index.batch_size],
            )
            dimension = study.dimensions[index.dimension]
            announce(f"exponents, n = {dimension}, η = {eta:g}, B = {batch}")
            result.exponents[index] = measure_exponents(
                study.bowl(dimension, max(study.dimensions)),
                study.temperature(eta, batch),
                n_paths=study.n_paths,
                n_samples=study.n_samples,
                confidence_level=study.confidence_level,
                seed=_seed(study, 0, number),
            )
        _run_transition(study, result, announce)
    except KeyboardInterrupt:
        return result
    result.is_complete = True
    return result


def _run_transition(
    study: StationaryStudy, result: StationaryResult, announce: Callable[[str], None]
) -> None:
    temperature = study.highest_temperature
    duration = transition_duration(study.curvature, temperature, max(study.transition_dimensions))
    for number, dimension in enumerate(study.transition_dimensions):
        announce(f"transition, n = {dimension}")
        result.transition[number] = measure_transition(
            study.bowl(dimension, max(study.transition_dimensions)),
            temperature,
            duration=duration,
            n_paths=study.n_paths,
            confidence_level=study.confidence_level,
            seed=_seed(study, 1, number),
        )


def _seed(study: StationaryStudy, part: int, number: int) -> int:
    stream = np.random.SeedSequence(study.seed, spawn_key=(part, number))
    return int(stream.generate_state(1, np.uint64)[0])
