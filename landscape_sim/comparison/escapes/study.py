"""What a study compares: landscapes, settings of SGD, loss ratios, methods and effort."""

from __future__ import annotations

import json
import tomllib
from itertools import product
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from landscape_sim.comparison.escapes.families import FINITE, Family, QuarticFamily, SeparableFamily
from landscape_sim.escape.methods import METHODS, Method
from landscape_sim.escape.problem import TARGET_RADIUS, NoiseName
from landscape_sim.validation import InputError

LossRatio = Annotated[float, Field(gt=1)]
_GRID = {"learning_rates": "learning_rate", "batch_sizes": "batch_size", "noises": "noise"}


class Setting(BaseModel):
    """One setting of SGD, and the noise that stands for its mini-batches."""

    model_config = FINITE
    learning_rate: PositiveFloat
    batch_size: PositiveInt
    noise: NoiseName = "isotropic"


class Study(BaseModel):
    """Every landscape at every setting and every loss ratio is one case.

    Attributes
    ----------
    name : str
        Names the results folder.
    seed : int
        Determines every random number.
    landscapes, settings, loss_ratios : tuple
        The three axes of the comparison. Instead of ``settings``, the lists
        ``learning_rates``, ``batch_sizes`` and ``noises`` span a grid.
    methods : tuple of str
        Which of ``formula``, ``exact``, ``simulate`` and ``splitting`` are wanted; where the
        last two are, splitting takes the cases that direct simulation finds too dear.
    max_direct_steps : float
        Path-steps of a direct simulation that are too dear.
    splitting_error : float
        Relative standard error that splitting is asked for.
    target_radius : float
        In more than one dimension, of the ball around the other minimum.
    n_paths : int
        Simulated escapes of each case.
    relaxation_time_step : float
        Integration step in units of the shortest relaxation time at the minimum.
    max_mean_times : float
        Paths are censored after this many mean escape times.
    confidence_level : float
        Of every interval.
    """

    model_config = FINITE
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)
    seed: int = Field(default=0, ge=0)
    landscapes: tuple[Family, ...] = Field(min_length=1)
    settings: tuple[Setting, ...] = Field(min_length=1)
    loss_ratios: tuple[LossRatio, ...] = Field(min_length=1)
    methods: tuple[Method, ...] = Field(default=METHODS, min_length=1)
    target_radius: PositiveFloat = TARGET_RADIUS
    max_direct_steps: PositiveFloat = 1e9
    splitting_error: float = Field(default=0.1, gt=0, lt=1)
    n_paths: PositiveInt = 1500
    relaxation_time_step: float = Field(default=0.05, gt=0, lt=1)
    max_mean_times: PositiveFloat = 4.0
    confidence_level: float = Field(default=0.95, gt=0, lt=1)

    @model_validator(mode="before")
    @classmethod
    def _span_grid(cls, content: Any) -> Any:
        """Write the grid of ``learning_rates``, ``batch_sizes`` and ``noises`` as settings."""
        if not (isinstance(content, dict) and _GRID.keys() & content.keys()):
            return content
        if "settings" in content:
            raise ValueError(f"give either settings or {', '.join(_GRID)}")
        axes = {one: content[many] for many, one in _GRID.items() if many in content}
        for many, one in _GRID.items():
            if one in axes and not isinstance(axes[one], list | tuple):
                raise ValueError(f"{many} must be a list")
        settings = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
        return {k: v for k, v in content.items() if k not in _GRID} | {"settings": settings}


def default_study() -> Study:
    """Return the built-in study: 1-D and n = 4, two values of B/η, six loss ratios.

    Its rates go from 0.06 to below 1e-20: the slower half is found by splitting.
    """
    return Study(
        name="power-law",
        landscapes=(
            QuarticFamily(barrier=0.25),
            SeparableFamily(barrier=0.25, stiffness=(2.0, 2.0, 2.0)),
        ),
        settings=(
            Setting(learning_rate=0.1, batch_size=1),
            Setting(learning_rate=0.0125, batch_size=1),
        ),
        loss_ratios=(1.4, 1.7, 2.05, 2.5, 3.0, 3.6),
    )


def quick_study(study: Study) -> Study:
    """Return a study of the same cases with a tenth of the paths, at least 50."""
    return study.model_copy(update={"n_paths": max(50, study.n_paths // 10)})


def load_study(path: Path) -> Study:
    """Read a study from TOML or JSON: one of your own, or ``study.json`` of a results folder.

    Raises
    ------
    InputError
        If the file cannot be read, has not its format, or holds a value out of range.
    """
    is_toml = path.suffix.lower() == ".toml"
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text) if is_toml else json.loads(text)
    except OSError as error:
        raise InputError(f"cannot read the study {path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(
            f"{path} is not a {'TOML' if is_toml else 'JSON'} file: {error}"
        ) from error
    if isinstance(content, dict) and isinstance(content.get("study"), dict):
        content = content["study"]
    try:
        return Study.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {_first_complaint(error)}") from error


def _first_complaint(error: ValidationError) -> str:
    first: Any = error.errors()[0]
    # Which kind of family was tried is no key of the file.
    keys = [str(key) for key in first["loc"] if not str(key).endswith("Family")]
    key = ".".join(keys) or "study"
    got = "" if isinstance(first["input"], dict) else f", got {first['input']!r}"
    return f"{key}: {first['msg']}{got}"
