"""Richardson extrapolation of a simulated mean to a vanishing time step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landscape_sim.validation import InputError


@dataclass(frozen=True)
class StepExtrapolation:
    """A mean extrapolated to time step zero.

    Attributes
    ----------
    value : float
        The extrapolated mean.
    standard_error : float
        Its statistical error, larger than that of a single level.
    correction : float
        Extrapolated mean minus the fitted mean at the smallest step. Its size
        bounds what the extrapolation leaves, as long as the error is linear in the step.
    nonlinearity : float
        Largest deviation of a level from the line, in standard errors.
    """

    value: float
    standard_error: float
    correction: float
    nonlinearity: float


def extrapolate_to_zero_step(
    time_steps: Sequence[float], means: Sequence[float], standard_errors: Sequence[float]
) -> StepExtrapolation:
    """Fit ``mean = value + slope · step`` by weighted least squares and return the intercept.

    Parameters
    ----------
    time_steps, means, standard_errors : sequence of float
        One entry a level, independent of one another; at least two different steps.

    Raises
    ------
    InputError
        If there are fewer than two steps or a standard error is not positive.

    Examples
    --------
    >>> extrapolate_to_zero_step([0.1, 0.2, 0.4], [10.1, 10.2, 10.4], [0.01, 0.01, 0.01]).value
    10.0
    """
    h, m, error = (np.asarray(v, dtype=float) for v in (time_steps, means, standard_errors))
    if len(set(time_steps)) < 2:
        raise InputError(f"extrapolation needs two different time steps, got {list(time_steps)}")
    if not np.all(error > 0):
        raise InputError(f"standard_errors must be positive, got {list(standard_errors)}")
    (slope, value), covariance = np.polyfit(h, m, 1, w=1.0 / error, cov="unscaled")
    residuals = (m - value - slope * h) / error
    return StepExtrapolation(
        value=float(value),
        standard_error=math.sqrt(covariance[1, 1]),
        correction=float(-slope * h.min()),
        nonlinearity=float(np.abs(residuals).max()),
    )


def independent_correction(eighth: float, fourth: float, second: float, first: float) -> float:
    """Return what an extrapolation changes, in units of the mean, by errors it does not share.

    From means ``m`` at steps 8 : 4 : 2 : 1. With equal errors the mean at step zero is
    ``m_1 + (m_2 − m_4)/2``, and its own correction is small by chance where it errs to one side.
    ``7 m_8 − 4 m_4 − 2 m_2 − m_1`` has no covariance with it, nor with what the three leave of a
    line; of logarithms it needs no mean to be compared with. On a line it spans 35 first steps.

    >>> round(independent_correction(1.08, 1.04, 1.02, 1.01), 4)
    -0.0095
    """
    distance = 7.0 * math.log(eighth) - 4.0 * math.log(fourth)
    return (2.0 * math.log(second) + math.log(first) - distance) / 35.0
