"""A network's first passages beside those of the valleys that should explain them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landscape_sim.comparison.valley import (
    ValleyPassage,
    anisotropic_valley_passages,
    isotropic_valley_passages,
)
from landscape_sim.validation import InputError, require_count

if TYPE_CHECKING:
    import xarray as xr

_MEASURED = ("mean_time", "time_low", "time_high", "look_bias")


@dataclass(frozen=True)
class Valley:
    """One toy for the minimum: its name, and its passages at every threshold."""

    name: str
    n_outliers: int
    outlier_curvature: float
    passages: tuple[ValleyPassage, ...]


def read_escape(folder: Path) -> xr.Dataset:
    """Return the measurement in a results folder of ``nn-bridge escape``.

    Raises
    ------
    InputError
        If there is none.
    """
    import xarray as xr

    path = folder / "results.nc"
    try:
        with xr.open_dataset(path, engine="h5netcdf") as file:
            dataset = file.load()
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot read {path}; name a results folder of nn-bridge escape"
        ) from error
    if not {"outlier_curvature", *_MEASURED} <= dataset.keys():
        raise InputError(f"{folder} is of another command; name a folder of nn-bridge escape")
    return dataset


def matching_valleys(
    escape: xr.Dataset,
    *,
    n_curvatures: int = 10,
    relative_error: float = 0.03,
    seed: int = 0,
    after_threshold: Callable[[], None] | None = None,
) -> list[Valley]:
    """Return the isotropic valley of every rule, and the one with the measured eigenvalues.

    Rules that agree on ``n`` share a valley.

    Parameters
    ----------
    escape : xarray.Dataset
        Of :func:`read_escape`: ``L*``, ``η``, ``B``, thresholds, eigenvalues and rules.
    n_curvatures : int
        Largest eigenvalues in the anisotropic valley.
    relative_error : float
        Accuracy of the simulations.
    seed : int
        Of the simulations.
    after_threshold : callable, optional
        Called after each threshold of each valley.

    Raises
    ------
    InputError
        If fewer positive eigenvalues were measured than asked for.
    """
    thresholds = escape["threshold"].to_numpy().tolist()
    sgd: dict[str, Any] = {
        "loss": float(escape.attrs["initial_loss"]),
        "learning_rate": float(escape.attrs["learning_rate"]),
        "batch_size": float(escape.attrs["batch_size"]),
        "relative_tolerance": relative_error,
        "seed": seed,
        "after_threshold": after_threshold,
    }
    valleys = []
    for (n, h), rules in _rules(escape).items():
        passages = isotropic_valley_passages(thresholds, outlier_curvature=h, n_outliers=n, **sgd)
        valleys.append(Valley(f"n = {n} ({', '.join(rules)})", n, h, tuple(passages)))
    k = require_count("n_curvatures", n_curvatures)
    spectrum = escape["eigenvalue"].to_numpy()
    positive = spectrum[spectrum > 0]
    if k > positive.size:
        raise InputError(
            f"{k} curvatures are asked for and {positive.size} positive ones were measured; run "
            "nn-bridge escape with more --eigenvalues"
        )
    largest = positive[:k].tolist()
    passages = anisotropic_valley_passages(thresholds, curvatures=largest, **sgd)
    valleys.append(Valley(f"{k} measured eigenvalues", k, float(np.mean(largest)), tuple(passages)))
    return valleys


def count_valleys(escape: xr.Dataset) -> int:
    """Return how many valleys :func:`matching_valleys` makes."""
    return len(_rules(escape)) + 1


def crosscheck_rows(escape: xr.Dataset, valleys: list[Valley]) -> list[dict[str, Any]]:
    """Return one row for each valley and threshold; times in ``t = ηk``."""
    rows = []
    for valley in valleys:
        for passage in valley.passages:
            seen = escape.sel(threshold=passage.threshold)
            measured = {name: _number(seen[name]) for name in _MEASURED}
            simulated = None if passage.simulated is None else 1 / passage.simulated.rate
            best = simulated if passage.exact is None else passage.exact
            mean = measured["mean_time"]
            rows.append(
                {
                    "valley": valley.name,
                    "n": valley.n_outliers,
                    "h*": valley.outlier_curvature,
                    "c": passage.threshold,
                    "formula": passage.formula,
                    "exact": passage.exact,
                    "simulated": simulated,
                    "network": mean,
                    "low": measured["time_low"],
                    "high": measured["time_high"],
                    "look_bias": measured["look_bias"],
                    "network/valley": None if mean is None or best is None else mean / best,
                }
            )
    return rows


def to_dataset(escape: xr.Dataset, valleys: list[Valley]) -> xr.Dataset:
    """Return the valleys' times and the network's, over valley and threshold."""
    import xarray as xr

    shape = len(valleys), escape.sizes["threshold"]
    rows = crosscheck_rows(escape, valleys)
    columns = {
        name: np.array([np.nan if row[name] is None else row[name] for row in rows]).reshape(shape)
        for name in ("formula", "exact", "simulated")
    }
    return xr.Dataset(
        {
            name: (("valley", "threshold"), values, {"units": "t"})
            for name, values in columns.items()
        }
        | {name: escape[name] for name in (*_MEASURED, "n_events", "n_censored")}
        | {
            "n_outliers": ("valley", [valley.n_outliers for valley in valleys]),
            "outlier_curvature": ("valley", [valley.outlier_curvature for valley in valleys]),
        },
        coords={"valley": [valley.name for valley in valleys], "threshold": escape["threshold"]},
        attrs=dict(escape.attrs),
    )


def _rules(escape: xr.Dataset) -> dict[tuple[int, float], list[str]]:
    """Return the rules that agree on ``n`` and ``h*``, smallest ``n`` first."""
    found: dict[tuple[int, float], list[str]] = {}
    columns = (escape[name].to_numpy().tolist() for name in ("n_outliers", "outlier_curvature"))
    for rule, n, h in zip(escape["rule"].to_numpy().tolist(), *columns, strict=True):
        found.setdefault((int(n), float(h)), []).append(str(rule))
    return dict(sorted(found.items()))


def _number(value: xr.DataArray) -> float | None:
    return None if np.isnan(value) else float(value)
