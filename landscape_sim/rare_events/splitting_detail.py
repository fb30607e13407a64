"""What stands behind a rate from multilevel splitting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SplittingDetail:
    """How a rate was split; at the finer step, where two were run.

    Attributes
    ----------
    variant : str
        ``adaptive`` or ``fixed-effort``.
    log_probability : float
        Logarithm of the probability ``p`` to reach the target before the core.
    mean_loop_time : float
        Mean time between two departures from the core; the rate is ``p`` over it.
    n_levels, n_walkers, n_replicas, n_extinct : int
        Rungs of the ladder, walkers of a replica, replicas, and those of them whose walkers
        all died, which count as ``p = 0``.
    scheme : str
        Name of the scheme.
    time_steps : tuple of float
        The step or the two steps, in the scheme's own time.
    log_rates : mapping of pairs of int to float
        Where paths stay for long in wells beside the way: the logarithm of the rate of each
        passage, by the numbers of the wells it leaves and enters, 0 for the start's and −1 for
        the target. All of the above is then said of the passage into the target alone.
    """

    variant: str
    log_probability: float
    mean_loop_time: float
    n_levels: int
    n_walkers: int
    n_replicas: int
    n_extinct: int
    scheme: str
    time_steps: tuple[float, ...]
    log_rates: Mapping[tuple[int, int], float] = field(default_factory=dict)
