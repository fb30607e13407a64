"""What the paper claims beside what was measured, with an interval over independent runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from landscape_sim.columns import finite

HOLDS, NOT_REJECTED, FAILS, OPEN = "holds", "not rejected", "fails", "open"


@dataclass(frozen=True)
class Claim:
    """A claim and what became of it.

    Attributes
    ----------
    claim : str
        In our words.
    predicted : float or None
        By the paper; None where it names no number.
    measured : float or None
        Mean over runs; None where there is nothing yet.
    low, high : float or None
        95 % interval of the mean over runs; None with one run only, or where it has no such end.
    n_runs : int
    verdict : str
        "not rejected" or "fails" of a number; "holds" or "fails" of an order; "open" of either.
    """

    claim: str
    predicted: float | None
    measured: float | None
    low: float | None
    high: float | None
    n_runs: int
    verdict: str

    def row(self) -> dict[str, Any]:
        """Return the row of a table."""
        return asdict(self)


@dataclass(frozen=True)
class Mean:
    """Mean of independent runs with Student's 95 % interval, infinite with one of them only."""

    value: float
    low: float
    high: float
    n: int

    def holds(self, value: float) -> bool:
        """Return whether the interval holds ``value``."""
        return self.low <= value <= self.high


def mean_over_runs(values: Sequence[float]) -> Mean:
    """Return the mean of one number a run.

    Examples
    --------
    >>> found = mean_over_runs([1.0, 2.0, 3.0])
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2)
    (2.0, -0.48, 4.48)
    """
    from scipy.special import stdtrit

    found = np.asarray(values, dtype=float)
    mean = float(found.mean()) if found.size else math.nan
    if found.size < 2:
        return Mean(mean, -math.inf, math.inf, found.size)
    half = float(stdtrit(found.size - 1, 0.975) * found.std(ddof=1) / math.sqrt(found.size))
    return Mean(mean, mean - half, mean + half, found.size)


def ratio_over_runs(values: Sequence[float]) -> Mean:
    """Return the geometric mean of positive numbers, with the interval of its logarithm."""
    found = mean_over_runs(np.log(values).tolist())
    return Mean(_exp(found.value), _exp(found.low), _exp(found.high), found.n)


def compared(claim: str, predicted: float, found: Mean, difference: Mean | None = None) -> Claim:
    """Return the claim that a number is ``predicted``: it fails where the interval excludes it.

    Parameters
    ----------
    claim, predicted, found
        ``predicted`` may be a mean over runs itself: then ``difference`` is that of measured and
        predicted, run by run, and has to hold zero.
    difference : Mean, optional
    """
    if found.n < 2:
        return _claim(claim, predicted, found, OPEN)
    agrees = found.holds(predicted) if difference is None else difference.holds(0.0)
    return _claim(claim, predicted, found, NOT_REJECTED if agrees else FAILS)


def ordered(claim: str, found: Mean, *, below: float) -> Claim:
    """Return the claim that a number lies below another: open where the interval holds it."""
    if found.n < 2 or found.holds(below):
        return _claim(claim, None, found, OPEN)
    return _claim(claim, None, found, HOLDS if found.high < below else FAILS)


def at_least(claim: str, predicted: float, found: Mean) -> Claim:
    """Return the claim of :func:`compared` where ``found`` is a lower bound, runs being censored.

    It fails where even the lower end is above what is predicted.
    """
    is_above = found.n > 1 and found.low > predicted
    bound = _claim(claim, predicted, found, FAILS if is_above else OPEN)
    return Claim(**{**bound.row(), "high": None})


def _claim(claim: str, predicted: float | None, found: Mean, verdict: str) -> Claim:
    return Claim(
        claim,
        predicted,
        finite(found.value),
        finite(found.low),
        finite(found.high),
        found.n,
        verdict,
    )


def _exp(value: float) -> float:
    return math.inf if value == math.inf else math.exp(value)
