"""The escape rate of one scheme at one time step, by replicas of a splitting method."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from landscape_sim.dynamics import Dynamics
from landscape_sim.estimators.rate_interval import log_t_interval
from landscape_sim.landscapes import LandscapeLike, Position, Target
from landscape_sim.rare_events.ladder import set_ladder
from landscape_sim.rare_events.passages import MOST_EXCURSION_STEPS, chains_between_wells
from landscape_sim.rare_events.replica_run import VARIANTS, Progress, ReplicaRun
from landscape_sim.rare_events.replicas import degrees_of_freedom
from landscape_sim.rare_events.scores import Score
from landscape_sim.rare_events.side_wells import TARGET
from landscape_sim.rare_events.splitting_detail import SplittingDetail
from landscape_sim.rare_events.well_network import (
    log_rate_into_target,
    relative_error_into_target,
)
from landscape_sim.results import Rate
from landscape_sim.threads import require_threads
from landscape_sim.validation import (
    InputError,
    require_confidence_level,
    require_count,
    require_positive,
    require_relative_error,
    require_seed,
)

#: With fewer there is nobody to branch off.
_TOO_FEW_WALKERS = 10


# Wide: every setting has a default
def splitting_escape_rate(
    landscape: LandscapeLike,
    dynamics: Dynamics,
    start: Position,
    target: Target,
    *,
    relative_error: float = 0.1,
    score: Score | None = None,
    variant: Literal["adaptive", "fixed-effort"] = "adaptive",
    n_walkers: int | None = None,
    confidence_level: float = 0.95,
    max_path_steps: float = 1e11,
    max_excursion_steps: int = MOST_EXCURSION_STEPS,
    seed: int = 0,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Rate[SplittingDetail]:
    """Return the escape rate of a scheme from ``start`` into ``target``, however small it is.

    The mean first-passage time of the discrete chain is the mean time between two departures
    from the core of the well, over the probability ``p`` that a departure ends in the target
    and not in the core again. Departures are simulated as they are; ``p`` is what splitting
    is for. There is no other bias than the scheme's own.

    Wells beside the way count with the time that paths spend there. Where that is more than a
    hundred relaxation times, they are states of a jump process, and every passage between two of
    them and into the target is split on its own.

    Parameters
    ----------
    landscape : LandscapeLike
        A NamedTuple of the package or of your own.
    dynamics : EulerMaruyama, Milstein, TimeChangedEuler or LeimkuhlerMatthews
        Noise model, scheme and time step.
    start : tuple of float
        The minimum.
    target : HalfSpace or Ball
        Where a path ends, with the boundary shifted by ``0.5826 σ sqrt(Δt)``.
    relative_error : float
        Bound on the relative standard error of the rate; replicas are added until it is kept.
    score : Score, optional
        By default the progress on the straight line to the target.
    variant : {"adaptive", "fixed-effort"}
        Two methods that share the excursions and nothing else.
    n_walkers : int, optional
        Of a replica; by default 10 for each unit of ``−ln p``, within 128 and 4096.
    confidence_level : float
        Of the interval.
    max_path_steps : float
        Integration steps in all beyond which the run is refused.
    max_excursion_steps : int
        Steps after which an excursion counts as caught in a third well.
    seed : int
        Non-negative; a seed reproduces the result bit by bit, for any number of threads.
    n_threads : int, optional
        All cores by default.
    progress : callable, optional
        Called now and then with the levels that all replicas have climbed so far, and with
        those that are planned so far.

    Returns
    -------
    Rate
        Of the scheme at its step: how far that is from step zero it does not say.

    Raises
    ------
    InputError
        If an argument is out of range, the start is no minimum or lies in the target, the
        score does not grow up to the target, all replicas become extinct, or
        ``max_path_steps`` are too few; the message has what was estimated so far.
    """
    relative_error = require_relative_error(relative_error)
    max_path_steps = require_positive("max_path_steps", max_path_steps)
    seed = require_seed(seed)
    n_threads = require_threads(n_threads)
    level = require_confidence_level(confidence_level)
    _check_method(variant, n_walkers)
    began = time.perf_counter()
    chains = chains_between_wells(
        landscape, dynamics, start, target, score, max_excursion_steps, seed
    )
    # A rate between two wells has an elasticity of one at most.
    error = relative_error / math.sqrt(len(chains))
    found = {
        passage: ReplicaRun(
            chain, variant, error, max_path_steps, _stream(seed, number), n_threads, progress
        ).estimate(n_walkers, level)
        for number, (passage, chain) in enumerate(chains.items())
    }
    return _rate_over_wells(found, level, began) if len(found) > 1 else found.popitem()[1]


def splitting_depth(
    landscape: LandscapeLike,
    dynamics: Dynamics,
    start: Position,
    target: Target,
    *,
    score: Score,
    max_path_steps: float,
    seed: int,
) -> float:
    """Return ``−ln p`` as a pilot run sees it, roughly and within milliseconds; at least 1.

    Parameters and errors are those of :func:`splitting_escape_rate`.
    """
    chains = chains_between_wells(
        landscape, dynamics, start, target, score, MOST_EXCURSION_STEPS, seed
    )
    return max(
        1.0,
        *(-set_ladder(chain, seed, max_path_steps).log_probability for chain in chains.values()),
    )


def _check_method(variant: str, n_walkers: int | None) -> None:
    if variant not in VARIANTS:
        raise InputError(f"variant must be one of {', '.join(VARIANTS)}, got {variant!r}")
    if n_walkers is not None and require_count("n_walkers", n_walkers) < _TOO_FEW_WALKERS:
        raise InputError(
            f"n_walkers = {n_walkers} are too few to split; take {_TOO_FEW_WALKERS} at least, or "
            "leave the number out"
        )


def _stream(seed: int, number: int) -> int:
    """Return the seed of a passage: the first has that of the run."""
    if number == 0:
        return seed
    return int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0])


def _rate_over_wells(
    found: Mapping[tuple[int, int], Rate[SplittingDetail]], confidence_level: float, began: float
) -> Rate[SplittingDetail]:
    """Return the rate into the target from those of the passages between the wells."""
    log_rates = {passage: rate.log_rate for passage, rate in found.items()}
    errors: dict[tuple[int, int], Any] = {
        passage: rate.relative_standard_error for passage, rate in found.items()
    }
    log_rate = log_rate_into_target(log_rates)
    error = relative_error_into_target(log_rates, errors)
    freedom = degrees_of_freedom(min(rate.detail.n_replicas for rate in found.values()))
    last = next(rate for (_, end), rate in found.items() if end == TARGET)
    return replace(
        last,
        log_rate=log_rate,
        rate=math.exp(log_rate),
        interval=log_t_interval(log_rate, error, freedom, confidence_level),
        relative_standard_error=error,
        path_steps=sum(rate.path_steps or 0 for rate in found.values()),
        wall_seconds=time.perf_counter() - began,
        detail=replace(last.detail, log_rates=log_rates),
    )
