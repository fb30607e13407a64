"""Replicas of a splitting method for one passage, until its error is small enough."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from landscape_sim.estimators.rate_interval import log_t_interval
from landscape_sim.rare_events.adaptive import split_adaptively
from landscape_sim.rare_events.chain import Chain
from landscape_sim.rare_events.crew import Crew, Method
from landscape_sim.rare_events.fixed_effort import split_with_fixed_effort
from landscape_sim.rare_events.ladder import Ladder, set_ladder
from landscape_sim.rare_events.replicas import ReplicaSample
from landscape_sim.rare_events.splitting_detail import SplittingDetail
from landscape_sim.results import Rate, rate_text
from landscape_sim.validation import InputError

VARIANTS: dict[str, Method] = {
    "adaptive": split_adaptively,
    "fixed-effort": split_with_fixed_effort,
}
#: Replicas of the first batch: enough for a t interval, and for the error that is asked for if
#: a replica has this variance, so that the run seldom stops by an estimate of its error that is
#: low by chance, which would favour rates that are too low. With so many replicas as the last
#: number the estimate is good enough to plan by.
_FEWEST_REPLICAS, _PLANNED_VARIANCE, _MOST_PLANNED = 16, 0.25, 128
#: Most replicas that share the lanes of a thread, and most numbers kept by all at a time.
_LARGEST_TEAM, _MOST_KEPT = 8, 2**25
#: Walkers for each unit of −ln p: the variance of a replica is then about 1/5 where p is not
#: small and 2/5 at 1e-30.
_WALKERS_PER_UNIT = 10
_FEWEST_WALKERS, _MOST_WALKERS = 128, 4096
#: The plan exceeds the estimate by this, so that the second batch is mostly the last.
_RESERVE = 1.1

Progress = Callable[[int, int], None]


@dataclass
class ReplicaRun:
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
        """Return the rate of the passage; the pilot says how many walkers, where none does."""
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
            interval=log_t_interval(
                sample.log_rate, error, sample.degrees_of_freedom, confidence_level
            ),
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
        return crew.run(VARIANTS[self.variant], self.chain, ladder, n_walkers, self.seed, teams)

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
