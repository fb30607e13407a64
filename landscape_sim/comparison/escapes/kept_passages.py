"""The passages of a direct simulation, left on the disk: memory does not grow with paths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from landscape_sim.escape.methods.simulate import FixedStep
from landscape_sim.results import FirstPassageSample, Rate, RateEstimate


@dataclass(frozen=True, eq=False)
class KeptPassages:
    """What a direct simulation rests on, without its passages.

    Attributes
    ----------
    time_step : float
        At the minimum, in units of ``t``.
    estimate : RateEstimate
        Events, exposure and how the rate was estimated from them.
    read : callable
        Reads the rate with its passages.
    """

    time_step: float
    estimate: RateEstimate
    read: Callable[[], Rate[FixedStep]]

    @property
    def sample(self) -> FirstPassageSample:
        """The passages, censored ones included, read from the disk."""
        return self.read().detail.sample


def without_passages(rate: Rate[Any], read: Callable[[], Rate[FixedStep]]) -> Rate[Any]:
    """Return a rate whose passages are read when they are asked for."""
    return replace(rate, detail=KeptPassages(rate.detail.time_step, rate.detail.estimate, read))
