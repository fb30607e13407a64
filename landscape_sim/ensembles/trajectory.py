"""True escape paths, to look at: the paths of a first-passage sample, run again and recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.dynamics import Dynamics
from landscape_sim.ensembles.model import as_floats, check_model, random_key
from landscape_sim.jit import compiled
from landscape_sim.kernels.first_passage import MEAN_OVERSHOOT
from landscape_sim.kernels.process import Process
from landscape_sim.kernels.trajectory import Records, Traces, run_to_arrival, run_traces
from landscape_sim.landscapes import Ball, LandscapeLike, Position, Target, check_passage
from landscape_sim.random_numbers.normals import N_LANES
from landscape_sim.random_numbers.xoshiro import seed_lane
from landscape_sim.validation import InputError, require_count, require_positive, require_seed

#: Blocks between two looks at Ctrl-C.
_BLOCKS_PER_CALL = 1024
#: Radius of the core of the well, as a fraction of the distance from start to target.
_CORE = 0.1


@dataclass(frozen=True, eq=False)
class EscapePath:
    """The last part of one escape, from the core of the well into the target.

    Attributes
    ----------
    index : int
        Number of the path in the sample of :func:`simulate_first_passage`.
    passage_time : float
        Its first-passage time, in units of ``t = ηk``.
    times : ndarray of float, shape (m,)
        From the last moment in the core to the arrival, in units of ``t``.
    positions : ndarray of float, shape (m, n)
        Positions of the scheme at these times; the last one may lie a little before
        the target, where the boundary shift counts it as arrived.
    """

    index: int
    passage_time: float
    times: NDArray[np.float64]
    positions: NDArray[np.float64]


# Wide: a whole experiment in one call
def sample_escape_paths(
    landscape: LandscapeLike,
    dynamics: Dynamics,
    start: Position,
    target: Target,
    *,
    n_paths: int,
    max_time: float,
    seed: int = 0,
    boundary_shift: bool = True,
    max_points: int = 2000,
) -> list[EscapePath]:
    """Return the final excursions of the first ``n_paths`` paths of a first-passage sample.

    The paths are those of :func:`simulate_first_passage` with the same seed, bit by bit.
    Each is run to its end, and then once more from when it was last in the core of its
    well, the ball around the start with a tenth of the distance to the target as radius.
    A path that has not arrived by ``max_time`` has no final excursion and is left out, so
    the paths are a fair sample only if none is.

    Parameters
    ----------
    landscape, dynamics, start, target, max_time, seed, boundary_shift
        As for :func:`simulate_first_passage`.
    n_paths : int
        Paths to run.
    max_points : int
        Longer excursions are thinned evenly to at most so many points.

    Raises
    ------
    InputError
        If an argument is out of range, the start lies in the target, or a path met a
        loss that is not positive and finite.

    Examples
    --------
    >>> from landscape_sim.dynamics import EulerMaruyama, LossProportionalNoise
    >>> from landscape_sim.landscapes import HalfSpace, QuarticDoubleWell
    >>> path, *_ = sample_escape_paths(
    ...     QuarticDoubleWell.from_loss_ratio(loss_ratio=2.0, barrier=0.25),
    ...     EulerMaruyama(LossProportionalNoise(temperature=0.2), time_step=0.01),
    ...     start=(-1.0,),
    ...     target=HalfSpace(offset=1.0, normal=(1.0,)),
    ...     n_paths=3,
    ...     max_time=1e4,
    ...     seed=0,
    ... )
    >>> bool(path.times[-1] == path.passage_time), bool(abs(path.positions[-1, 0] - 1.0) < 0.2)
    (True, True)
    """
    n_paths = require_count("n_paths", n_paths)
    max_points = require_count("max_points", max_points, minimum=2)
    key = random_key(require_seed(seed))
    landscape, dynamics = as_floats(landscape), as_floats(dynamics)
    start, target = as_floats(start), as_floats(target)
    check_model(landscape, dynamics, start)
    check_passage(landscape, start, target)
    core = Ball(start, _CORE * float(target.distance(start)))
    max_age = require_positive("max_time", max_time) / dynamics.time_step
    shift = MEAN_OVERSHOOT if boundary_shift else 0.0
    recorder = _Recorder(Process(landscape, dynamics, target, start, shift), core, max_age, key)
    paths: list[EscapePath] = []
    for first in range(0, n_paths, N_LANES):
        lanes = range(min(N_LANES, n_paths - first))
        paths += recorder.escapes(first, lanes, max_points)
    return paths


class _Recorder:
    """Runs paths side by side, one a lane: once to their ends, then their last parts again."""

    def __init__(self, process: Process, core: Ball, max_age: float, key: np.uint64) -> None:
        self._settings, self._key = (process, core, max_age), key
        self._start, self._max_age = process.start, max_age
        self._time_step = process.dynamics.time_step
        self._run_to_arrival = compiled(run_to_arrival, process, core)
        self._run_traces = compiled(run_traces, process, core)

    def escapes(self, first: int, lanes: range, max_points: int) -> list[EscapePath]:
        """Return the final excursions of the paths ``first + lane`` that arrive in time."""
        ended, latest = self._begin(first, lanes), self._begin(first, lanes)
        self._finish(self._run_to_arrival, ended, latest)
        has_arrived = (ended.alive == 0.0) & (ended.age <= self._max_age)
        latest.alive[:] = has_arrived  # what has not arrived is not run again
        seen, nowhere = latest.copy(), np.zeros(N_LANES, np.int64)
        nothing = Records.empty(len(self._start), 0, nowhere, nowhere + 1)
        self._finish(self._run_traces, seen, nothing)
        stride = np.maximum(1, -(-(seen.steps - seen.last_in_core) // (max_points - 1)))
        records = Records.empty(len(self._start), max_points + 1, seen.last_in_core, stride)
        self._finish(self._run_traces, latest.copy(), records)
        paths = []
        for lane in lanes:
            if has_arrived[lane]:
                paths.append(self._path(first, lane, latest, seen, records))
                # At the arrival: what happens in the lane afterwards does not matter.
                self._require_finite(paths[-1].times[-1], paths[-1].positions[-1], first + lane)
            else:
                self._require_finite(ended.age[lane], ended.position[:, lane], first + lane)
        return paths

    def _begin(self, first: int, lanes: range) -> Traces:
        """Return the paths ``first + lane`` at the start."""
        traces = Traces(
            position=np.repeat(np.array(self._start)[:, None], N_LANES, axis=1),
            age=np.zeros(N_LANES),
            alive=np.where(np.arange(N_LANES) < len(lanes), 1.0, 0.0),
            generators=np.empty((4, N_LANES), np.uint32),
            steps=np.zeros(N_LANES, np.int64),
            last_in_core=np.zeros(N_LANES, np.int64),
        )
        for lane in range(N_LANES):
            seed_lane(traces.generators, lane, self._key, first + lane)
        return traces

    def _finish(self, kernel: Any, traces: Traces, output: Traces | Records) -> None:
        while kernel(*self._settings, traces, output, _BLOCKS_PER_CALL):
            pass  # between two calls Ctrl-C is heard

    def _require_finite(self, age: float, position: NDArray[np.float64], path: int) -> None:
        if not (np.isfinite(age) and np.isfinite(position).all()):
            raise InputError(
                f"path {path} met a loss that is not positive and finite; "
                f"lower time_step = {self._time_step:g} or use a landscape that is "
                "positive wherever a path can go"
            )

    def _path(
        self, first: int, lane: int, latest: Traces, seen: Traces, records: Records
    ) -> EscapePath:
        rows = slice(int(records.n_kept[lane]))
        ages, positions = records.ages[rows, lane], records.positions[rows, :, lane]
        if seen.last_in_core[lane] == latest.steps[lane]:
            # Not back in the core since the state that was kept: the record lacks that one.
            ages = np.append(latest.age[lane], ages)
            positions = np.vstack([latest.position[:, lane], positions])
        time_step = self._time_step
        return EscapePath(
            first + lane, float(seen.age[lane] * time_step), ages * time_step, positions.copy()
        )
