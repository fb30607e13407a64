"""The study of the stationary law: which settings and dimensions it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Annotated, Self

from pydantic import Field, model_validator

from landscape_sim.comparison.study_file import (
    ConfidenceLevel,
    Count,
    Scale,
    StudyName,
    WrittenStudy,
)
from landscape_sim.landscapes import QuadraticBowl
from landscape_sim.theory.power_law import effective_temperature
from landscape_sim.validation import MOST, listed

Dimension = Annotated[int, Field(ge=1, le=64)]


class BowlStudy(WrittenStudy):
    """Quadratic bowls under loss-proportional noise.

    No list may repeat a value, and at least one exponent must be measurable.

    Attributes
    ----------
    name, seed
        Of the results folder, and of every random number.
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

    name: StudyName = "stationary"
    curvature: Scale = 2.0
    floor: Scale = 1.0
    learning_rates: tuple[Scale, ...] = Field(default=(0.5, 0.25), min_length=1)
    batch_sizes: tuple[Count, ...] = Field(default=(3, 4, 6, 8), min_length=1)
    dimensions: tuple[Dimension, ...] = Field(default=(1, 2), min_length=1)
    transition_dimensions: tuple[Dimension, ...] = Field(
        default=(1, 4, 6, 7, 8, 9, 10), min_length=1
    )
    n_paths: int = Field(default=2000, ge=10, le=MOST)
    n_samples: Count = 200
    confidence_level: ConfidenceLevel = 0.95

    @model_validator(mode="after")
    def _check_cases(self) -> Self:
        for name in ("learning_rates", "batch_sizes", "dimensions", "transition_dimensions"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise ValueError(f"{name} holds a value twice, {listed(values)}; name each once")
        if not exponent_indices(self):
            raise ValueError(
                "no exponent can be measured: sampling needs n + 2 < 2 B/(η h*), which no setting "
                "grants; lower the learning rate, the curvature or the dimensions, or raise the "
                "batch size"
            )
        return self

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


def exponent_indices(study: BowlStudy) -> list[ExponentIndex]:
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
