"""What a splitting method says of one scheme at one time step."""

from __future__ import annotations

import math
from dataclasses import dataclass

from landscape_sim.results import ConfidenceInterval


@dataclass(frozen=True)
class SplittingEstimate:
    """An escape rate per unit of ``t``, for one scheme and one time step.

    Attributes
    ----------
    log_rate : float
        Natural logarithm of the rate, one over the mean first-passage time.
    relative_standard_error : float
        Statistical standard error of the rate, over the rate.
    interval : ConfidenceInterval
        Of the rate.
    log_probability : float
        Logarithm of the probability ``p`` to reach the target before the core.
    mean_loop_time : float
        Mean time between two departures from the core; the rate is ``p`` over it.
    n_levels, n_walkers, n_replicas, n_extinct : int
        Rungs of the ladder, walkers of a replica, replicas, and those of them whose walkers
        all died, which count as ``p = 0``.
    path_steps : int
        Integration steps in all.
    """

    log_rate: float
    relative_standard_error: float
    interval: ConfidenceInterval
    log_probability: float
    mean_loop_time: float
    n_levels: int
    n_walkers: int
    n_replicas: int
    n_extinct: int
    path_steps: int

    @property
    def rate(self) -> float:
        """The rate; zero where it is below the smallest float."""
        return math.exp(self.log_rate)
