"""The ladder of time steps that a simulated rate rests on, and its extrapolation to step zero."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landscape_sim.estimators import StepExtrapolation, extrapolate_to_zero_step
from landscape_sim.estimators.step_extrapolation import independent_correction
from landscape_sim.results import FirstPassageSample


@dataclass(frozen=True)
class StepLadder:
    """What an extrapolated rate rests on.

    Attributes
    ----------
    scheme : str
        Name of the scheme.
    time_steps, mean_times : tuple of float
        The ladder: time step, in the scheme's own time, and mean first-passage time.
    n_paths : int
        Paths at each step of the ladder.
    """

    scheme: str
    time_steps: tuple[float, ...]
    mean_times: tuple[float, ...]
    n_paths: int


def extrapolate(
    steps: list[float], ladder: list[FirstPassageSample], twice: FirstPassageSample
) -> tuple[StepExtrapolation, float]:
    """Return the extrapolation, and how much it changes the mean, told by errors apart from it.

    ``twice`` ran at twice the first, longest step. Every level of the ladder has the same error:
    they are nearly equal, and where a mean is small by chance its own error is small too, so that
    weights by that would favour short times.
    """
    means = [float(level.times.mean()) for level in ladder]
    variances = [float(level.times.var(ddof=1)) / level.times.size for level in ladder]
    fit = extrapolate_to_zero_step(steps, means, [math.sqrt(np.mean(variances))] * len(ladder))
    return fit, abs(independent_correction(float(twice.times.mean()), *means))
