"""Lay a measured escape beside the toy landscapes that should explain it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landscape_sim.comparison.network.approximation_chain import RUNGS
from landscape_sim.result_files import read_dataset
from landscape_sim.validation import InputError, require_positive, require_seed
from nn_bridge.measurements.chain import climb_chain, has_chain
from nn_bridge.measurements.cross_check_rows import MEASURED
from nn_bridge.measurements.cross_check_tables import CrossCheck
from nn_bridge.measurements.escape_tables import EscapeMeasurement
from nn_bridge.measurements.matching_valleys import (
    count_valleys,
    largest_curvatures,
    matching_valleys,
)
from nn_bridge.results.command_line import command_line
from nn_bridge.results.progress import Part, Progress, silent
from nn_bridge.results.provenance import Provenance, is_complete, read_provenance
from nn_bridge.results.storing import Keeper, measure_and_store

if TYPE_CHECKING:
    import xarray as xr

_NEEDED = {*MEASURED, "n_censored", "exponentiality", "eigenvalue", "outlier_curvature", "is_open"}
_NEEDED_ATTRIBUTES = {"independent_batch_size", "point", "max_time"}


def cross_check(
    escape: EscapeMeasurement | Path | str,
    *,
    n_curvatures: int = 10,
    relative_error: float = 0.03,
    seed: int = 0,
    out: Path | str | None = None,
    progress: Progress = silent,
) -> CrossCheck:
    """Lay a network's first passages beside those of the valleys that should explain them.

    For ``n`` and ``h*`` by every rule: the leading power law, the exact radial solution and a
    simulation of the quadratic valley with the network's ``L*``, ``η`` and ``B``; and a simulation
    of the valley with the measured eigenvalues, one by one.

    Where the escape has a tangent model, also every rung between the network's SGD and these: see
    :mod:`landscape_sim.comparison.network.approximation_chain`.

    Parameters
    ----------
    escape : EscapeMeasurement or path
        The measurement, or its results folder.
    n_curvatures : int
        Largest eigenvalues in the anisotropic valley.
    relative_error : float
        Accuracy of the simulations.
    seed : int
        Of the simulations.
    out : path, optional
        Folder to create for the results.
    progress : callable, optional
        See :data:`~nn_bridge.results.progress.Progress`.

    Returns
    -------
    CrossCheck
        On Ctrl-C, of the valleys that were finished.

    Raises
    ------
    InputError
        If the folder holds no escape, fewer eigenvalues were measured than are asked for, or an
        argument is out of range.
    """
    require_positive("relative_error", relative_error, "0.03 is usual")
    require_seed(seed)
    measured = (source := _source(escape)).measured
    largest_curvatures(measured, n_curvatures)
    provenance = _provenance(source, n_curvatures, relative_error, seed)

    settings = {"relative_error": relative_error, "seed": seed}

    def measure(keeper: Keeper) -> CrossCheck:
        empty = CrossCheck(
            escape=measured,
            valleys=(),
            provenance=provenance,
            is_complete=False,
            escape_is_complete=source.is_complete,
        )
        for found in _with_valleys(empty, progress, n_curvatures=n_curvatures, **settings):
            keeper.keep(found)
        with_valleys = found
        for found in _with_rungs(with_valleys, progress, **settings):
            keeper.keep(found)
        return found

    return measure_and_store(provenance, out, measure)


def _with_valleys(found: CrossCheck, progress: Progress, **settings: Any) -> Iterator[CrossCheck]:
    """Yield the cross-check with one valley more each time."""
    escape = found.escape
    n_valleys, n_thresholds = count_valleys(escape), escape.sizes["threshold"]
    part = Part(progress, "valleys", n_valleys * n_thresholds, "thresholds")
    for valley in matching_valleys(
        escape, after_threshold=_but_the_last(n_thresholds, part.advance), **settings
    ):
        is_last = len(found.valleys) + 1 == n_valleys
        found = replace(
            found,
            valleys=(*found.valleys, valley),
            is_complete=is_last and not has_chain(escape),
        )
        yield found
        # Said once the valley is kept: the one who is told may press Ctrl-C.
        part.advance()


def _with_rungs(found: CrossCheck, progress: Progress, **settings: Any) -> Iterator[CrossCheck]:
    """Yield the cross-check with one rung more each time; nothing without a tangent model."""
    if not has_chain(found.escape):
        return
    part = Part(progress, "chain", len(RUNGS), "rungs")
    for rung in climb_chain(found.escape, before_rung=part.note, **settings):
        rungs = (*found.rungs, rung)
        found = replace(found, rungs=rungs, is_complete=len(rungs) == len(RUNGS))
        yield found
        part.advance()


@dataclass(frozen=True)
class _Source:
    """A measured escape, and where it is from."""

    measured: xr.Dataset
    provenance: Provenance
    is_complete: bool
    name: str | None


def _source(escape: EscapeMeasurement | Path | str) -> _Source:
    if isinstance(escape, EscapeMeasurement):
        return _Source(escape.dataset(), escape.provenance, escape.is_complete, None)
    if not isinstance(escape, Path | str):
        raise InputError(
            f"escape must be an EscapeMeasurement or its folder, got {type(escape).__name__}"
        )
    folder = Path(escape)
    provenance = read_provenance(folder)
    return _Source(read_escape(folder), provenance, is_complete(folder), folder.name)


def _but_the_last(n_thresholds: int, advance: Callable[[], None]) -> Callable[[], None]:
    """Return ``advance``, silent at the last threshold of every valley."""
    numbers = itertools.count(1)

    def after_threshold() -> None:
        if next(numbers) % n_thresholds:
            advance()

    return after_threshold


def _provenance(source: _Source, n_curvatures: int, relative_error: float, seed: int) -> Provenance:
    escape = source.provenance
    settings: dict[str, Any] = {
        "result": source.name,
        "escape_is_complete": source.is_complete,
        "escape": escape.settings,
        "n_curvatures": n_curvatures,
        "relative_error": relative_error,
    }
    return Provenance(
        command="crosscheck",
        settings=settings,
        data=escape.data,
        seeds={**escape.seeds, "simulated valleys": seed},
        checkpoints=escape.checkpoints,
        command_line=command_line(),
    )


def read_escape(folder: Path) -> xr.Dataset:
    """Return the measurement in a results folder of ``nn-bridge escape``.

    Raises
    ------
    InputError
        If there is none.
    """
    dataset = read_dataset(folder)
    if not dataset.keys() >= _NEEDED or not dataset.attrs.keys() >= _NEEDED_ATTRIBUTES:
        raise InputError(
            f"{folder} is of another command or version; name a folder of this nn-bridge escape"
        )
    return dataset
