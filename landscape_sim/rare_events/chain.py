"""One discrete chain: landscape, scheme, target, score and core, with their compiled kernels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.jit import compiled
from landscape_sim.kernels.entrances import Entrances, run_entrances
from landscape_sim.kernels.excursions import (
    EXHAUSTED,
    LOST,
    Excursion,
    Pool,
    Walkers,
    run_excursions,
)
from landscape_sim.kernels.first_passage import MEAN_OVERSHOOT
from landscape_sim.kernels.process import Process
from landscape_sim.random_numbers.normals import N_LANES
from landscape_sim.rare_events.core import Core
from landscape_sim.validation import InputError

Array = NDArray[np.float64]

_LEFT_DOMAIN = (
    "a path met a loss that is not positive and finite, or a score that is not finite; use a loss "
    "that is positive wherever a path can go, less noise or a smaller time step"
)


@dataclass(frozen=True)
class Chain:
    """What the kernels run.

    Attributes
    ----------
    landscape, dynamics, target, score : NamedTuple
        With floats only.
    core : Core
        Where excursions come from; its centre is the start.
    returns : NamedTuple
        Where they return to: the core and, where there are side wells, theirs.
    restarts : NamedTuple
        Where paths begin again at the start: the target and, likewise, the side wells.
    surface : float
        Distance from the core at which an excursion begins, in standard deviations.
    burn_in, window, max_steps : int
        Steps before entrances count and for how long they do, and of the longest excursion.
    patience : float
        How many times as long as the well itself asks for, for the sake of visits elsewhere:
        so many times fewer paths are watched.
    """

    landscape: Any
    dynamics: Any
    target: Any
    score: Any
    core: Core
    surface: float
    burn_in: int
    window: int
    max_steps: int
    returns: Any
    restarts: Any
    patience: float = 1.0

    @property
    def dimension(self) -> int:
        """Number of coordinates."""
        return len(self.core.centre)

    @cached_property
    def _process(self) -> Process:
        return Process(self.landscape, self.dynamics, self.target, self.core.centre, MEAN_OVERSHOOT)

    @cached_property
    def _loops(self) -> Process:
        return self._process._replace(target=self.restarts)

    @cached_property
    def _run_entrances(self) -> Any:
        return compiled(run_entrances, self._loops, self.core)

    @cached_property
    def _run_excursions(self) -> Any:
        return compiled(run_excursions, self._process, self.score, self.returns)

    def entrances(self, key: np.uint64, n_paths: int) -> tuple[Entrances, int]:
        """Return the entrances of ``n_paths`` independent paths, and how many there were.

        Fewer paths are watched where they are watched for longer.
        """
        n_paths = min(n_paths, max(N_LANES, math.ceil(n_paths / self.patience)))
        entrances = Entrances.empty(n_paths, self.window, self.dimension)
        n_found = self._run_entrances(
            self._loops, self.core, self.surface, key, self.burn_in, self.window, entrances
        )
        if not np.isfinite(entrances.duration).all():
            raise InputError(_LEFT_DOMAIN)
        if n_found == 0:
            raise InputError(
                f"none of {n_paths} paths came back to {self.core.centre!r} and left it again; "
                "begin at the minimum itself"
            )
        if self.restarts != self.target:
            # In a side well a path begins again, but has not arrived.
            for row in np.flatnonzero(entrances.arrived[:n_found]):
                place = tuple(map(float, entrances.position[row]))
                entrances.arrived[row] = self.target.distance(place) <= 0.0
        return entrances, int(n_found)

    def excursions(
        self, rungs: Array, pool: Pool, n_paths: int, walkers: Walkers, stop_at_last: bool
    ) -> int:
        """Make the first ``n_paths`` excursions of ``pool``; return the steps they took."""
        excursion = Excursion(self.score, self.returns, self.max_steps, stop_at_last)
        steps = self._run_excursions(self._process, excursion, rungs, pool, n_paths, walkers)
        self._check(walkers.outcome)
        return int(steps)

    def _check(self, outcome: NDArray[np.int8]) -> None:
        """Refuse what must not enter an average."""
        if (outcome == LOST).any():
            raise InputError(_LEFT_DOMAIN)
        if (outcome == EXHAUSTED).any():
            raise InputError(
                f"a path was neither back at {self.core.centre!r} nor in the target after "
                f"{self.max_steps} steps (max_excursion_steps in Python): it is held elsewhere; "
                "make the well that holds it the target, enlarge the target, or simulate directly"
            )


def random_keys(n: int, *stream: int) -> NDArray[np.uint64]:
    """Return ``n`` keys that depend on the integers ``stream`` alone."""
    return np.random.SeedSequence(stream).generate_state(n, np.uint64).astype(np.uint64)
