"""Lay a measured escape beside the toy landscapes that should explain it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from landscape_sim.result_files import read_dataset
from landscape_sim.validation import InputError
from nn_bridge.measurements.cross_check_tables import MEASURED, CrossCheck
from nn_bridge.measurements.escape_tables import EscapeMeasurement
from nn_bridge.measurements.matching_valleys import Valley, count_valleys, matching_valleys
from nn_bridge.results.progress import Part, Progress, silent
from nn_bridge.results.provenance import Provenance, read_provenance
from nn_bridge.results.storing import Keeper, measure_and_store

if TYPE_CHECKING:
    import xarray as xr

_NEEDED = {*MEASURED, "n_censored", "exponentiality", "eigenvalue", "outlier_curvature", "is_open"}


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
        If the folder holds no escape, or fewer eigenvalues were measured than are asked for.
    """
    if isinstance(escape, EscapeMeasurement):
        measured, before, name = escape.dataset(), escape.provenance, None
    else:
        folder = Path(escape)
        before, measured, name = read_provenance(folder), read_escape(folder), folder.name
    provenance = _provenance(before, name, n_curvatures, relative_error, seed)

    def measure(keeper: Keeper) -> CrossCheck:
        n_valleys = count_valleys(measured)
        n_passages = n_valleys * measured.sizes["threshold"]
        found: list[Valley] = []
        for valley in matching_valleys(
            measured,
            n_curvatures=n_curvatures,
            relative_error=relative_error,
            seed=seed,
            after_threshold=Part(progress, "valleys", n_passages, "thresholds").advance,
        ):
            found.append(valley)
            result = CrossCheck(
                escape=measured,
                valleys=tuple(found),
                provenance=provenance,
                is_complete=len(found) == n_valleys,
            )
            if not result.is_complete:
                keeper.keep(result)
        return result

    return measure_and_store(provenance, out, measure)


def _provenance(
    escape: Provenance, name: str | None, n_curvatures: int, relative_error: float, seed: int
) -> Provenance:
    settings: dict[str, Any] = {
        "result": name,
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
    )


def read_escape(folder: Path) -> xr.Dataset:
    """Return the measurement in a results folder of ``nn-bridge escape``.

    Raises
    ------
    InputError
        If there is none.
    """
    dataset = read_dataset(folder)
    if not dataset.keys() >= _NEEDED:
        raise InputError(
            f"{folder} is of another command or version; name a folder of this nn-bridge escape"
        )
    return dataset
