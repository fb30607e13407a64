"""The escape rate of one scheme at one time step, by replicas of a splitting method."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from landscape_sim.dynamics import Dynamics
from landscape_sim.ensembles.model import as_floats, check_model
from landscape_sim.estimators.rate_interval import log_t_interval
from landscape_sim.landscapes import LandscapeLike, Position, Target, check_passage
from landscape_sim.rare_events.adaptive import split_adaptively
from landscape_sim.rare_events.chain import Chain
from landscape_sim.rare_events.core import describe_well, own_time
from landscape_sim.rare_events.crew import Crew, Method
from landscape_sim.rare_events.fixed_effort import split_with_fixed_effort
from landscape_sim.rare_events.ladder import Ladder, set_ladder
from landscape_sim.rare_events.replicas import ReplicaSample
from landscape_sim.rare_events.scores import Score, as_compiled, default_score
from landscape_sim.rare_events.splitting_detail import SplittingDetail
from landscape_sim.results import Rate, rate_text
from landscape_sim.threads import require_threads
from landscape_sim.validation import (
    InputError,
    require_confidence_level,
    require_count,
    require_positive,
    require_relative_error,
)

_VARIANTS: dict[str, Method] = {
    "adaptive": split_adaptively,
    "fixed-effort": split_with_fixed_effort,
}
#: Replicas of the first batch: enough for a t interval, and for the error that is asked for if
#: a replica has this variance, so that the run seldom stops by its own estimate of the error:
#: that would favour estimates that are too low. With so many replicas as the last number the
#: estimate is good enough to plan by.
_FEWEST_REPLICAS, _PLANNED_VARIANCE, _MOST_PLANNED = 16, 0.24, 128
#: Most replicas that share the lanes of a thread, and most numbers kept by all at a time.
_LARGEST_TEAM, _MOST_KEPT = 8, 2**25
#: Walkers for each unit of −ln p: the variance of a replica is then about 1/5 where p is not
#: small and 2/5 at 1e-30.
_WALKERS_PER_UNIT = 10
_FEWEST_WALKERS, _MOST_WALKERS = 128, 4096
#: With fewer there is nobody to branch off.
_TOO_FEW_WALKERS = 10
#: Slowest relaxation times before departures from the core count, and for how long they do.
_BURN_IN, _WINDOW = 5.0, 20.0
_MOST_EXCURSION_STEPS = 1_000_000
#: The plan exceeds the estimate by this, so that the second batch is mostly the last.
_RESERVE = 1.1

Progress = Callable[[int, int], None]


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
    max_excursion_steps: int = _MOST_EXCURSION_STEPS,
    seed: int = 0,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Rate[SplittingDetail]:
    """Return the escape rate of a scheme from ``start`` into ``target``, however small it is.

    The mean first-passage time of the discrete chain is the mean time between two departures
    from the core of the well, over the probability ``p`` that a departure ends in the target
    and not in the core again. Departures are simulated as they are; ``p`` is what splitting
    is for. There is no other bias than the scheme's own.

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
    run = _Run(
        _chain(landscape, dynamics, start, target, score, max_excursion_steps),
        variant,
        require_relative_error(relative_error),
        require_positive("max_path_steps", max_path_steps),
        require_count("seed", seed, 0),
        require_threads(n_threads),
        progress,
    )
    level = require_confidence_level(confidence_level)
    if variant not in _VARIANTS:
        raise InputError(f"variant must be one of {', '.join(_VARIANTS)}, got {variant!r}")
    if n_walkers is not None and require_count("n_walkers", n_walkers) < _TOO_FEW_WALKERS:
        raise InputError(
            f"n_walkers = {n_walkers} are too few to split; take {_TOO_FEW_WALKERS} at least, or "
            "leave the number out"
        )
    return run.estimate(n_walkers, level)


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
    chain = _chain(landscape, dynamics, start, target, score, _MOST_EXCURSION_STEPS)
    return max(1.0, -set_ladder(chain, seed, max_path_steps).log_probability)


@dataclass
class _Run:
    """A pilot, then batches of replicas until the error is small enough."""

    chain: Chain
    variant: str
    relative_error: float
    max_path_steps: float
    seed: int
    n_threads: int
    progress: Progress | None
    planned: int = field(default=0, init=False)

    def estimate(self, n_walkers: int | None, confidence_level: float) -> Rate[SplittingDetail]:
        began = time.perf_counter()
        ladder = set_ladder(self.chain, self.seed, self.max_path_steps)
        wanted = math.ceil(-_WALKERS_PER_UNIT * ladder.log_probability)
        n_walkers = n_walkers or min(max(wanted, _FEWEST_WALKERS), _MOST_WALKERS)
        crew = Crew(self.n_threads, self._tell)
        planned = math.ceil(_PLANNED_VARIANCE / self.relative_error**2)
        first = range(min(max(planned, _FEWEST_REPLICAS), _MOST_PLANNED))
        sample = self._batch(crew, ladder, n_walkers, first)
        while not sample.relative_standard_error <= self.relative_error:
            self._require_survivors(sample, ladder, n_walkers)
            shortfall = (sample.relative_standard_error / self.relative_error) ** 2
            n_replicas = math.ceil(_RESERVE * shortfall * sample.size)
            self._check_cost(sample, ladder, n_replicas)
            more = self._batch(crew, ladder, n_walkers, range(sample.size, n_replicas))
            sample = ReplicaSample.joined([sample, more])
        error = sample.relative_standard_error
        return Rate(
            method="splitting",
            log_rate=sample.log_rate,
            rate=math.exp(sample.log_rate),
            interval=log_t_interval(sample.log_rate, error, sample.size - 1, confidence_level),
            confidence_level=confidence_level,
            relative_standard_error=error,
            path_steps=ladder.path_steps + sample.path_steps,
            wall_seconds=time.perf_counter() - began,
            detail=SplittingDetail(
                variant=self.variant,
                log_probability=sample.log_rate + math.log(sample.mean_loop_time),
                mean_loop_time=sample.mean_loop_time,
                n_levels=len(ladder.rungs),
                n_walkers=n_walkers,
                n_replicas=sample.size,
                n_extinct=sample.n_extinct,
                scheme=type(self.chain.dynamics).__name__,
                time_steps=(self.chain.dynamics.time_step,),
            ),
        )

    def _batch(self, crew: Crew, ladder: Ladder, n_walkers: int, new: range) -> ReplicaSample:
        kept = n_walkers * max(len(ladder.rungs), 1) * self.chain.dimension * self.n_threads
        largest = min(max(_MOST_KEPT // kept, 1), _LARGEST_TEAM)
        # As many for each thread.
        n_teams = math.ceil(len(new) / (largest * self.n_threads)) * self.n_threads
        size = math.ceil(len(new) / n_teams)
        teams = [new[i : i + size] for i in range(0, len(new), size)]
        self.planned += len(ladder.rungs) * len(new)
        return crew.run(_VARIANTS[self.variant], self.chain, ladder, n_walkers, self.seed, teams)

    def _tell(self, climbed: int) -> None:
        if self.progress is not None:
            self.progress(climbed, self.planned)

    def _require_survivors(self, sample: ReplicaSample, ladder: Ladder, n_walkers: int) -> None:
        if sample.n_extinct == sample.size:
            raise InputError(
                f"all walkers died in each of {sample.size} replicas of {n_walkers} walkers; raise "
                "n_walkers or choose a better score (the pilot's rate, which is rough: "
                f"{rate_text(ladder.log_probability - math.log(ladder.mean_loop_time), 2)})"
            )

    def _check_cost(self, sample: ReplicaSample, ladder: Ladder, n_replicas: int) -> None:
        planned = ladder.path_steps + sample.path_steps * n_replicas / sample.size
        if planned > self.max_path_steps:
            raise InputError(
                f"relative_error = {self.relative_error:g} needs {planned:.2g} path-steps, more "
                f"than max_path_steps = {self.max_path_steps:g}; raise one of them (so far a rate "
                f"of {rate_text(sample.log_rate, 3)} to {sample.relative_standard_error:.0%})"
            )


def _chain(
    landscape: LandscapeLike,
    dynamics: Dynamics,
    start: Position,
    target: Target,
    score: Score | None,
    max_excursion_steps: int,
) -> Chain:
    landscape, dynamics = as_floats(landscape), as_floats(dynamics)
    start, target = as_floats(start), as_floats(target)
    check_passage(landscape, start, target)
    check_model(landscape, dynamics, start)
    well = describe_well(landscape, dynamics.noise, start)
    relaxation = own_time(landscape, dynamics, start, well.slowest) / dynamics.time_step
    return Chain(
        landscape=landscape,
        dynamics=dynamics,
        target=target,
        score=as_compiled(default_score(start, (), target) if score is None else score),
        core=well.core,
        surface=well.surface,
        burn_in=math.ceil(_BURN_IN * relaxation),
        window=math.ceil(_WINDOW * relaxation),
        max_steps=require_count("max_excursion_steps", max_excursion_steps),
    )
