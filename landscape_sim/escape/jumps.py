"""An escape as jumps from well to well: which wells there are, and which passes join them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.landscapes import CriticalPoint, passes_out_of, same_place
from landscape_sim.theory.well_network import log_mean_passage_time
from landscape_sim.validation import InputError


@dataclass(frozen=True, eq=False)
class Jump:
    """A pass in one direction.

    Attributes
    ----------
    source, sink : int
        Numbers of the wells that it joins.
    minimum, saddle : CriticalPoint
        From where, and over which point.
    climb : ndarray, shape (m, n)
        The path of steepest descent between the two, from the minimum.
    """

    source: int
    sink: int
    minimum: CriticalPoint
    saddle: CriticalPoint
    climb: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class JumpProcess:
    """Wells and the jumps between them; the escape leads from the first to the second.

    Attributes
    ----------
    wells : tuple of CriticalPoint
        Minima.
    jumps : tuple of Jump
        None of them out of the target.
    """

    wells: tuple[CriticalPoint, ...]
    jumps: tuple[Jump, ...]

    def log_rate(self, log_rates: Sequence[float]) -> float:
        """Return the logarithm of one over the mean time to the target.

        Parameters
        ----------
        log_rates : sequence of float
            Of the jumps, in their order.

        Raises
        ------
        InputError
            If no jumps lead to the target.
        """
        matrix = np.full((len(self.wells), len(self.wells)), -np.inf)
        for jump, value in zip(self.jumps, log_rates, strict=True):
            cell = jump.source, jump.sink
            matrix[cell] = np.logaddexp(matrix[cell], value)
        return -log_mean_passage_time(matrix, 0, 1)


def jump_process(problem: EscapeProblem) -> JumpProcess:
    """Return the known wells and passes: direct ones are :attr:`EscapeProblem.routes`.

    Where a saddle was named it is the only direct pass.
    """
    landscape = problem.landscape
    wells, jumps = [problem.minimum, problem.destination], _direct(problem)

    def number(minimum: CriticalPoint) -> int:
        for k, well in enumerate(wells):
            if same_place(landscape, well, minimum):
                return k
        wells.append(minimum)
        return len(wells) - 1

    for over in passes_out_of(landscape, problem.minimum, [problem.destination]):
        one, other = (number(side.minimum) for side in over.sides)
        if one == other:
            continue
        for (source, sink), side in zip(((one, other), (other, one)), over.sides, strict=True):
            if source != 1 and (source, sink) != (0, 1):
                climb = np.vstack([side.path[::-1], over.saddle.position])
                jumps.append(Jump(source, sink, wells[source], over.saddle, climb))
    return JumpProcess(tuple(wells), tuple(jumps))


def direct_jumps(problem: EscapeProblem) -> JumpProcess:
    """Return the direct passes alone.

    Raises
    ------
    InputError
        If there is none.
    """
    routes = problem.routes
    ends = routes[0].minimum, routes[0].destination
    return JumpProcess(ends, tuple(_direct(problem)))


def _direct(problem: EscapeProblem) -> list[Jump]:
    try:
        routes = problem.routes
    except InputError:  # the way leads through other wells
        return []
    return [
        Jump(
            0,
            1,
            route.minimum,
            route.saddle,
            np.vstack([route.path[: route.top], route.saddle.position]),
        )
        for route in routes
    ]
