"""Runs of one escape at several time steps, and what the mean becomes at step zero."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from landscape_sim.dynamics import LeimkuhlerMatthews, NoiseModel
from landscape_sim.ensembles.first_passage import simulate_first_passage
from landscape_sim.ensembles.reflection import longest_step_between, within
from landscape_sim.ensembles.time_scale import largest_step
from landscape_sim.estimators import StepExtrapolation, extrapolate_to_zero_step
from landscape_sim.landscapes import LandscapeLike, Position, Target, Walls
from landscape_sim.results import FirstPassageSample
from landscape_sim.validation import InputError

Progress = Callable[[int, int], None]

#: Largest step of the first ladder in units of the relaxation time at the start: there the
#: error of the Leimkuhler–Matthews scheme is some per cent and linear in the step.
COARSEST_STEP = 0.2
LEVELS = 3
#: What a ladder costs in units of its coarsest step: that, its halves, and one twice as long.
LADDER_COST = 0.5 + sum(2.0**halving for halving in range(LEVELS))


@dataclass
class StepRuns:
    """Independent runs of one escape at different time steps, and what they cost so far."""

    landscape: LandscapeLike
    noise: NoiseModel
    start: Position
    target: Target
    walls: Walls | None
    seed: int
    n_threads: int | None
    progress: Progress | None
    n_runs: int = 0
    paths_ended: int = 0
    path_steps: int = 0
    steps_per_time: float = 0.0

    def __call__(self, time_step: float, n_paths: int, max_time: float) -> FirstPassageSample:
        """Run ``n_paths`` on a random stream that no other run has used."""
        stream = np.random.SeedSequence([self.seed, self.n_runs]).generate_state(1, np.uint64)
        self.n_runs += 1
        sample = simulate_first_passage(
            self.landscape,
            within(LeimkuhlerMatthews(self.noise, time_step), self.walls, self.start, self.target),
            self.start,
            self.target,
            n_paths=n_paths,
            max_time=max_time,
            seed=int(stream[0]),
            n_threads=self.n_threads,
            progress=self._report(n_paths),
        )
        self.paths_ended += n_paths
        self.path_steps += sample.path_steps
        self.steps_per_time = sample.path_steps * time_step / sample.exposure
        return sample

    def _report(self, n_paths: int) -> Callable[[int], None] | None:
        report, ended = self.progress, self.paths_ended
        if report is None:
            return None
        return lambda done: report(ended + done, ended + n_paths)


def coarsest_step(runs: StepRuns, route: Sequence[Position], wells: Sequence[Position]) -> float:
    """Return the largest step of the first ladder, in the time of constant noise.

    That is a fifth of the relaxation time ``s/h`` at the start, where ``h`` is positive, or less:
    one step is twice as long.
    """
    landscape, noise, start = runs.landscape, runs.noise, runs.start
    modulation = float(noise.modulation(landscape, start))
    curvature = float(np.linalg.eigvalsh(landscape.hessian(start))[-1])
    if not (curvature >= 0.0 and modulation > 0.0):
        raise InputError(
            f"start {start!r} has largest curvature {curvature:g} and noise modulation "
            f"{modulation:g}; neither may be negative nor the second zero, so begin at a minimum "
            "with positive loss"
        )
    scheme = LeimkuhlerMatthews(noise, modulation)
    longest = largest_step(landscape, scheme, start, route, wells, runs.target, 2 * COARSEST_STEP)
    step = min(longest, longest_step_between(runs.walls, noise)) / 2.0
    return min(step, COARSEST_STEP * (modulation / curvature)) if curvature > 0.0 else step


def extrapolated(steps: list[float], ladder: list[FirstPassageSample]) -> StepExtrapolation:
    """Return the extrapolation with the same error for every level.

    They are nearly equal, and where a mean is small by chance its own error is small too: weights
    by that would favour short times.
    """
    means = [float(level.times.mean()) for level in ladder]
    variances = [float(level.times.var(ddof=1)) / level.times.size for level in ladder]
    return extrapolate_to_zero_step(steps, means, [math.sqrt(np.mean(variances))] * len(ladder))


def independent_correction(*levels: FirstPassageSample) -> float:
    """Return what the extrapolation changes, in units of the mean, by errors it does not share.

    With steps 8 : 4 : 2 : 1 the mean at step zero is ``m_1 + (m_2 − m_4)/2``, and its own
    correction is small by chance where it is small itself. ``7 m_8 − 4 m_4 − 2 m_2 − m_1`` has no
    covariance with it, nor with what the three leave of a line, as their errors are equal; of
    logarithms it needs no mean to be compared with. On a line it is 35 steps of ``m_1`` long.
    """
    eighth, fourth, second, first = (math.log(level.times.mean()) for level in levels)
    return (first + 2.0 * second + 4.0 * fourth - 7.0 * eighth) / 35.0
