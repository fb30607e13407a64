"""Frozen results that the rooms hand to one another; numpy only.

A rate is never a bare float: it travels with its interval, its event count and
the exposure from which it was estimated.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_sim.columns import Column, Table
from landscape_sim.validation import InputError

Detail = TypeVar("Detail", covariant=True)

#: Below the exponential of this, floats lose digits.
_LOG_SMALLEST = math.log(sys.float_info.min)
_LOG_LARGEST = math.log(sys.float_info.max)


@dataclass(frozen=True)
class ConfidenceInterval:
    """A two-sided interval ``[low, high]`` at ``confidence_level``."""

    low: float
    high: float
    confidence_level: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def as_flags(name: str, values: ArrayLike) -> NDArray[np.bool_]:
    """Return truth values, given as such or as the numbers 0 and 1.

    The complement of an integer is another integer: ``~0`` is −1 and counts as true.

    >>> as_flags("is_censored", [0, 1])
    array([False,  True])
    """
    flags = np.asarray(values)
    if flags.dtype != np.bool_ and not np.isin(flags, (0, 1)).all():
        raise InputError(f"{name} must hold True and False, or 1 and 0, got {flags.dtype} values")
    return flags.astype(np.bool_)


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
        object.__setattr__(self, "times", np.asarray(self.times, dtype=np.float64))
        object.__setattr__(self, "is_censored", as_flags("is_censored", self.is_censored))
        if self.times.ndim != 1 or self.times.shape != self.is_censored.shape:
            raise InputError(
                "times and is_censored must be one-dimensional and of equal length, got shapes "
                f"{self.times.shape} and {self.is_censored.shape}"
            )
        if self.times.size == 0 or not np.all(np.isfinite(self.times) & (self.times > 0)):
            raise InputError(
                "times must hold at least one path, all finite and positive, got "
                f"{self.times.size} paths from {self.times.min(initial=np.inf):g} on; censor "
                "unfinished paths at the time that they had"
            )

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


def rate_text(log_rate: float, digits: int = 6) -> str:
    """Return the rate of this logarithm to some digits, also where no float is so small or large.

    >>> rate_text(math.log(0.25)), rate_text(-2000.0), rate_text(-math.inf)
    ('0.25', '2.57589e-869', '0')
    """
    if log_rate == -math.inf or _LOG_SMALLEST <= log_rate <= _LOG_LARGEST:
        return f"{math.exp(log_rate):.{digits}g}"
    exponent = math.floor(log_rate / math.log(10.0))
    return f"{math.exp(log_rate - exponent * math.log(10.0)):.{digits}g}e{exponent}"


@dataclass(frozen=True)
class RateInterval:
    """Bounds of a rate and their logarithms, which stay finite where the bounds underflow.

    >>> RateInterval.of(0.0, 1.0).log_low, RateInterval.of_logs(-800.0, 0.0).low
    (-inf, 0.0)
    """

    low: float
    high: float
    log_low: float
    log_high: float

    @classmethod
    def of(cls, low: float, high: float) -> RateInterval:
        """Return the interval with these ends; an end that is not positive has log −∞."""
        logs = (math.log(end) if end > 0.0 else -math.inf for end in (low, high))
        return cls(low, high, *logs)

    @classmethod
    def of_logs(cls, log_low: float, log_high: float) -> RateInterval:
        """Return the interval whose ends have these logarithms."""
        low, high = (math.exp(x) if x <= _LOG_LARGEST else math.inf for x in (log_low, log_high))
        return cls(low, high, log_low, log_high)

    def __contains__(self, rate: float) -> bool:
        return self.low <= rate <= self.high


#: What a notebook shows of rates, per unit of ``t``.
RATE_COLUMNS = (
    Column("method", "{method}"),
    Column("rate", "{shown}"),
    Column("from … to", "{between}"),
    Column("confidence", "{confidence_level:percent}"),
    Column("discretisation", "{relative_discretisation_error:.1e}"),
    Column("events", "{n_events}"),
    Column("path-steps", "{path_steps:.3g}"),
    Column("seconds", "{wall_seconds:.2g}"),
)


@dataclass(frozen=True)
class Rate(Generic[Detail]):
    """An escape rate, one over the mean first-passage time, by whatever method.

    Every error is relative to the rate; what a method does not have is None.

    Attributes
    ----------
    method : str
        Name of the method.
    log_rate, rate : float
        Natural logarithm of the rate, and the rate, per unit of ``t = ηk``; the rate is zero
        where it is below the smallest float, its logarithm is not.
    interval : RateInterval or None
        Of confidence where the rate is simulated; of the numerical error where it is exact.
    confidence_level : float or None
        Of the interval, where it is one of confidence.
    relative_standard_error : float or None
        Statistical standard error of the rate, over the rate.
    relative_discretisation_error : float or None
        Bound on what the time step or the grid changes, over the rate.
    n_events : int or None
        Independent escapes that were seen; None where they are not independent, as in splitting.
    path_steps : int
        Integration steps made.
    wall_seconds : float
        Time that it took. Rates that differ in nothing else are equal.
    detail : object
        What only this method has.
    caveats : tuple of str
        What the number leaves out, where the method can tell; empty where nothing is known.
    """

    method: str
    log_rate: float
    rate: float
    detail: Detail
    interval: RateInterval | None = None
    confidence_level: float | None = None
    relative_standard_error: float | None = None
    relative_discretisation_error: float | None = None
    n_events: int | None = None
    path_steps: int = 0
    wall_seconds: float = field(default=0.0, compare=False)
    caveats: tuple[str, ...] = ()

    @property
    def effective_events(self) -> int | None:
        """Independent escapes at one step that would have this standard error."""
        if self.relative_standard_error is None:
            return None
        return round(float(self.relative_standard_error**-2))

    def row(self) -> dict[str, Any]:
        """Return the rate as a flat mapping; what its method does not have is None."""
        interval = self.interval
        return {
            "method": self.method,
            "rate": self.rate,
            "low": None if interval is None else interval.low,
            "high": None if interval is None else interval.high,
            "confidence_level": self.confidence_level,
            "log_rate": self.log_rate,
            "log_low": None if interval is None else interval.log_low,
            "log_high": None if interval is None else interval.log_high,
            "relative_standard_error": self.relative_standard_error,
            "relative_discretisation_error": self.relative_discretisation_error,
            "n_events": self.n_events,
            "effective_events": self.effective_events,
            "path_steps": self.path_steps,
            "wall_seconds": self.wall_seconds,
            "caveats": "; ".join(self.caveats),
        }

    def shown(self) -> dict[str, Any]:
        """Return the row with what :data:`RATE_COLUMNS` show, also where a float underflows."""
        interval = self.interval
        between = None
        if interval is not None:
            ends = (rate_text(end, 4) for end in (interval.log_low, interval.log_high))
            between = " … ".join(ends)
        return {**self.row(), "shown": rate_text(self.log_rate, 4), "between": between}

    def _repr_html_(self) -> str:
        return Table("", [self.shown()], RATE_COLUMNS).html(self.caveats)


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
