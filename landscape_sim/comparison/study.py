"""What a study compares: landscapes, settings of SGD, loss ratios and effort."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, ValidationError

from landscape_sim.landscapes import (
    LandscapeLike,
    QuarticDoubleWell,
    SeparableDoubleWell,
    TiltedDoubleWell,
)
from landscape_sim.validation import InputError

_Finite = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class QuarticFamily(BaseModel):
    """Quartic double wells of one barrier, one for each loss ratio."""

    model_config = _Finite
    landscape: Literal["quartic"] = "quartic"
    barrier: PositiveFloat

    def at(self, loss_ratio: float) -> LandscapeLike:
        """Return the member with this loss ratio."""
        return QuarticDoubleWell.from_loss_ratio(loss_ratio, self.barrier)


class TiltedFamily(BaseModel):
    """Tilted double wells, left from the left well."""

    model_config = _Finite
    landscape: Literal["tilted"] = "tilted"
    barrier: PositiveFloat
    tilt: float

    def at(self, loss_ratio: float) -> LandscapeLike:
        """Return the member with this loss ratio."""
        return TiltedDoubleWell.from_loss_ratio(loss_ratio, self.barrier, self.tilt)


class SeparableFamily(BaseModel):
    """Separable double wells in ``1 + len(stiffness)`` dimensions."""

    model_config = _Finite
    landscape: Literal["separable"] = "separable"
    barrier: PositiveFloat
    stiffness: tuple[PositiveFloat, ...] = Field(min_length=1)

    def at(self, loss_ratio: float) -> LandscapeLike:
        """Return the member with this loss ratio."""
        return SeparableDoubleWell.from_loss_ratio(loss_ratio, self.barrier, self.stiffness)


Family = Annotated[QuarticFamily | TiltedFamily | SeparableFamily, Field(discriminator="landscape")]
LossRatio = Annotated[float, Field(gt=1)]


class Setting(BaseModel):
    """One setting of SGD."""

    model_config = _Finite
    learning_rate: PositiveFloat
    batch_size: PositiveInt


class Study(BaseModel):
    """Every landscape at every setting and every loss ratio is one case.

    Attributes
    ----------
    name : str
        Names the results folder.
    seed : int
        Determines every random number.
    landscapes, settings, loss_ratios : tuple
        The three axes of the comparison.
    n_paths : int
        Simulated escapes of each case.
    relaxation_time_step : float
        Integration step in units of the relaxation time ``1/h_e*``.
    max_mean_times : float
        Paths are censored after this many mean escape times of Eq. (15).
    confidence_level : float
        Of every interval.
    """

    model_config = _Finite
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)
    seed: int = Field(default=0, ge=0)
    landscapes: tuple[Family, ...] = Field(min_length=1)
    settings: tuple[Setting, ...] = Field(min_length=1)
    loss_ratios: tuple[LossRatio, ...] = Field(min_length=2)
    n_paths: PositiveInt = 1500
    relaxation_time_step: float = Field(default=0.05, gt=0, lt=1)
    max_mean_times: PositiveFloat = 4.0
    confidence_level: float = Field(default=0.95, gt=0, lt=1)


def default_study() -> Study:
    """Return the built-in study: 1-D and n = 4, two values of B/η, six loss ratios."""
    return Study(
        name="power-law",
        landscapes=(
            QuarticFamily(barrier=0.25),
            SeparableFamily(barrier=0.25, stiffness=(2.0, 2.0, 2.0)),
        ),
        settings=(
            Setting(learning_rate=0.1, batch_size=1),
            Setting(learning_rate=0.08, batch_size=1),
        ),
        loss_ratios=(1.4, 1.7, 2.05, 2.5, 3.0, 3.6),
    )


def quick_study(study: Study) -> Study:
    """Return a study of the same cases with a tenth of the paths, at least 50."""
    return study.model_copy(update={"n_paths": max(50, study.n_paths // 10)})


def load_study(path: Path) -> Study:
    """Read a study from JSON: a bare study, or the ``study.json`` of a results folder.

    Raises
    ------
    InputError
        If the file cannot be read, is not JSON, or holds a value out of range.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read the study {path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path} is not a JSON file: {error}") from error
    if isinstance(content, dict) and isinstance(content.get("study"), dict):
        content = content["study"]
    try:
        return Study.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {_first_complaint(error)}") from error


def _first_complaint(error: ValidationError) -> str:
    first: Any = error.errors()[0]
    key = ".".join(map(str, first["loc"])) or "study"
    return f"{key}: {first['msg']}, got {first['input']!r}"
