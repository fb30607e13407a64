"""What is concluded on a claim from the mean over independent runs, and its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from landscape_sim.columns import finite
from landscape_sim.comparison.paper.claims import FAILS, HOLDS, NOT_REJECTED, OPEN, Claim
from landscape_sim.estimators.mean_over_runs import Mean, mean_over_runs


def ratio_over_runs(values: Sequence[float]) -> Mean:
    """Return the geometric mean of positive numbers, with the interval of its logarithm."""
    found = mean_over_runs(np.log(values).tolist())
    return Mean(_exp(found.value), _exp(found.low), _exp(found.high), found.n)


def compared(claim: str, predicted: float, found: Mean, difference: Mean | None = None) -> Claim:
    """Return the claim that a number is ``predicted``: it fails where the interval excludes it.

    Parameters
    ----------
    claim, predicted, found
        ``predicted`` may be a mean over runs itself: then the interval is that of ``difference``
        around it.
    difference : Mean, optional
        Of measured less predicted, run by run.
    """
    if difference is not None:
        low, high = predicted + difference.low, predicted + difference.high
        found = replace(found, low=low, high=high)
    if found.n < 2:
        return _claim(claim, predicted, found, OPEN)
    return _claim(claim, predicted, found, NOT_REJECTED if found.holds(predicted) else FAILS)


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
    return replace(bound, high=None)


def _claim(claim: str, predicted: float | None, found: Mean, verdict: str) -> Claim:
    return Claim(
        claim=claim,
        predicted=predicted,
        measured=finite(found.value),
        low=finite(found.low),
        high=finite(found.high),
        n_runs=found.n,
        verdict=verdict,
    )


def _exp(value: float) -> float:
    return math.inf if value == math.inf else math.exp(value)
