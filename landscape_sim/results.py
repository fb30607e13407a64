"""Frozen results that the rooms hand to one another; numpy only.

A rate is never a bare float: it travels with its interval, its event count and
the exposure from which it was estimated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_sim.validation import InputError


@dataclass(frozen=True)
class ConfidenceInterval:
    """A two-sided interval ``[low, high]`` at ``confidence_level``."""

    low: float
    high: float
    confidence_level: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True)
class FirstPassageSample:
    """First-passage times of independent paths, right-censored at ``max_time``.

    Attributes
    ----------
    times : ndarray of float, shape (n_paths,)
        Time of the first passage, or the time at which the path was censored
        (units of ``t = ηk``).
    is_censored : ndarray of bool, shape (n_paths,)
        True where the path had not reached the target by then.
    path_steps : int
        Integration steps made, summed over paths; a path ends with a block of
        steps, so this is a little more than the times need.
    """

    times: NDArray[np.float64]
    is_censored: NDArray[np.bool_]
    path_steps: int = 0

    def __post_init__(self) -> None:
        if self.times.ndim != 1 or self.times.shape != self.is_censored.shape:
            raise InputError(
                "times and is_censored must be one-dimensional and of equal length, got shapes "
                f"{self.times.shape} and {self.is_censored.shape}"
            )
        if self.times.size == 0 or not np.all(np.isfinite(self.times) & (self.times > 0)):
            raise InputError("times must hold at least one path, all finite and positive")

    @property
    def n_events(self) -> int:
        """Number of paths that reached the target."""
        return int(np.count_nonzero(~self.is_censored))

    @property
    def n_censored(self) -> int:
        """Number of paths still on their way when they were censored."""
        return int(np.count_nonzero(self.is_censored))

    @property
    def exposure(self) -> float:
        """Total time at risk, ``Σ times``, censored paths included."""
        return float(self.times.sum())


@dataclass(frozen=True)
class RateEstimate:
    """An escape rate per unit of ``t``, with the evidence behind it."""

    rate: float
    interval: ConfidenceInterval
    n_events: int
    n_censored: int
    exposure: float
    method: str


@dataclass(frozen=True)
class AccurateRate:
    """An escape rate per unit of ``t``, with its two errors kept apart.

    Attributes
    ----------
    rate : float
        One over the mean first-passage time, extrapolated to time step zero.
    statistical_error : float
        Standard error of ``rate`` from the finite number of paths.
    discretisation_error : float
        Size of the extrapolation's correction at the smallest time step: a bound
        on what is left of the discretisation.
    interval : ConfidenceInterval
        From both errors, added in quadrature.
    scheme : str
        Name of the scheme.
    time_steps, mean_times : tuple of float
        The ladder: time step, in the scheme's own time, and mean first-passage time.
    n_paths : int
        Paths at each step of the ladder.
    path_steps : int
        Integration steps in all.
    """

    rate: float
    statistical_error: float
    discretisation_error: float
    interval: ConfidenceInterval
    scheme: str
    time_steps: tuple[float, ...]
    mean_times: tuple[float, ...]
    n_paths: int
    path_steps: int


@dataclass(frozen=True)
class StationarySample:
    """Positions of independent paths at regular times, after a burn-in.

    Attributes
    ----------
    positions : ndarray of float, shape (n_paths, n_samples, n)
        Position of each path at each time.
    weights : ndarray of float, shape (n_paths, n_samples)
        Time ``t`` for which a sample stands, relative to the scheme's own time:
        1 for a scheme in ``t``. With the weights, averages are over ``t``
        (density ``P``); without them, over the scheme's time (``P̃`` in ``τ``).
    path_steps : int
        Integration steps made, the burn-in included.
    """

    positions: NDArray[np.float64]
    weights: NDArray[np.float64]
    path_steps: int
