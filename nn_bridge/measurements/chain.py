"""The rungs between a network's SGD and the escape formula, run for a measured escape."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landscape_sim.comparison.network.approximation_chain import RUNGS, ChainProblem
from landscape_sim.comparison.network.tangent_model import TangentModel
from landscape_sim.estimators.passage_time import MeanPassageTime, estimate_level_times
from landscape_sim.estimators.replica_exponent import fit_replica_exponent
from landscape_sim.results import FirstPassageSample
from landscape_sim.seeds import case_seed

if TYPE_CHECKING:
    import xarray as xr

    from landscape_sim.estimators import ExponentFit

#: Kept apart from the streams of the valleys.
_STREAM = 1000


@dataclass(frozen=True)
class RungPassages:
    """The first passages of one rung.

    Attributes
    ----------
    name : str
    neglects : str
        What the step to it from the one before takes to be nothing.
    passages : tuple of MeanPassageTime
        One for each threshold.
    exponent : ExponentFit or None
        Of the mean time in ``c``; None with passages to fewer than two thresholds.
    """

    name: str
    neglects: str
    passages: tuple[MeanPassageTime, ...]
    exponent: ExponentFit | None


def has_chain(escape: xr.Dataset) -> bool:
    """Return whether the tangent model was measured."""
    return "tangent_feature" in escape


def climb_chain(
    escape: xr.Dataset,
    *,
    relative_error: float,
    seed: int,
    before_rung: Callable[[str], None] = lambda name: None,
) -> Iterator[RungPassages]:
    """Yield the passages of every rung, from the tangent model to decoupled noise.

    Each has so many paths that mean times have the relative error if they scatter as exponential
    ones do, and is censored where the network was.

    Parameters
    ----------
    escape : xarray.Dataset
        Of an EscapeMeasurement with a tangent model.
    relative_error : float
    seed : int
        Every rung has a stream of its own.
    before_rung : callable, optional
        Given the name of the rung that begins.

    Raises
    ------
    InputError
        If SGD on the tangent model diverges.
    """
    problem = ChainProblem(
        TangentModel.of_features(escape["tangent_feature"], escape["tangent_residual"]),
        learning_rate=float(escape.attrs["learning_rate"]),
        batch_size=int(escape.attrs["batch_size"]),
        thresholds=tuple(escape["threshold"].to_numpy().tolist()),
        n_paths=max(2, math.ceil(relative_error**-2)),
        max_time=float(escape.attrs["max_time"]),
    )
    for number, rung in enumerate(RUNGS):
        before_rung(rung.name)
        samples = rung.run(problem, case_seed(seed, _STREAM + number))
        yield RungPassages(
            rung.name,
            rung.neglects,
            tuple(estimate_level_times(samples)),
            _exponent(problem.thresholds, samples),
        )


def _exponent(
    thresholds: tuple[float, ...], samples: list[FirstPassageSample]
) -> ExponentFit | None:
    if sum(sample.n_events > 0 for sample in samples) < 2:
        return None
    return fit_replica_exponent(
        np.log(thresholds),
        np.stack([sample.times for sample in samples]),
        np.stack([sample.is_censored for sample in samples]),
    )
