"""What every ensemble checks and converts once, so that kernels can trust it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from landscape_sim.dynamics import Dynamics
from landscape_sim.dynamics.noise import NoiseModel, check_noise
from landscape_sim.kernels.stack import MAX_DIMENSION
from landscape_sim.landscapes import (
    LandscapeLike,
    Position,
    Target,
    check_passage,
    check_position,
)
from landscape_sim.seeds import case_seed
from landscape_sim.validation import InputError, require_positive


def as_floats(value: Any) -> Any:
    """Return the NamedTuple with every number a float, so that one type is one compilation."""
    if isinstance(value, tuple):
        fields = [as_floats(field) for field in value]
        return type(value)(*fields) if hasattr(value, "_fields") else tuple(fields)
    return float(value)


def random_key(seed: int) -> np.uint64:
    """Return the key of all streams of ``seed``; neighbouring seeds have unrelated keys."""
    return np.uint64(case_seed(seed))


def check_escape(
    landscape: LandscapeLike, noise: NoiseModel, start: Position, target: Target
) -> None:
    """Refuse dimensions that differ, a start in the target, and a noise that is none."""
    check_passage(landscape, start, target)
    check_noise(noise, len(start))


def check_model(landscape: LandscapeLike, dynamics: Dynamics, start: Position) -> None:
    """Refuse a step, a dimension, a scheme or a start that the kernels cannot run."""
    require_positive("time_step", dynamics.time_step)
    if not 1 <= len(start) <= MAX_DIMENSION:
        raise InputError(
            f"start has {len(start)} coordinates; the kernels take 1 to {MAX_DIMENSION}"
        )
    check_position(landscape, start)
    check_noise(dynamics.noise, len(start))
    if getattr(dynamics, "is_one_dimensional", False) and len(start) > 1:
        raise InputError(
            f"{type(dynamics).__name__} is a scheme for one dimension, and start has {len(start)} "
            "coordinates; use EulerMaruyama or LeimkuhlerMatthews"
        )
    loss = float(landscape.loss(start))
    if not math.isfinite(loss) or (loss <= 0.0 and dynamics.noise.needs_positive_loss):
        raise InputError(
            f"the loss at the start {start!r} is {loss!r}; {dynamics.noise.name} noise needs it "
            "positive and finite, so raise the loss floor or move the start"
        )
