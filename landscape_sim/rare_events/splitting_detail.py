"""What stands behind a rate from multilevel splitting."""

from __future__ import annotations

from dataclasses import dataclass


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
