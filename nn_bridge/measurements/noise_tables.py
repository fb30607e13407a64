"""The noise along a run as rows and as an xarray Dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from landscape_sim.estimators.noise_exponent import NoiseExponentFit
from nn_bridge.gradients.alignment import Alignment
from nn_bridge.measurements.noise import NoiseSeries

if TYPE_CHECKING:
    import xarray as xr

Fits = Mapping[str, NoiseExponentFit | str]


def series_rows(series: NoiseSeries, first_epoch: int) -> list[dict[str, Any]]:
    """Return one row for each epoch."""
    rows = []
    for number, (epoch, point) in enumerate(zip(series.epochs, series.points, strict=True)):
        row = {
            "epoch": first_epoch + epoch,
            "loss": point.loss,
            "noise_strength": point.noise_strength,
            "standard_error": point.standard_error,
            "squared_gradient": point.squared_gradient,
        }
        if series.by_batches:
            row["noise_by_batches"] = series.by_batches[number].noise_strength
            row["noise_by_batches_error"] = series.by_batches[number].standard_error
        rows.append(row)
    return rows


def fit_rows(fits: Fits) -> list[dict[str, Any]]:
    """Return one row for each window that has an exponent."""
    return [
        {
            "window": name,
            "exponent": fit.exponent,
            "low": fit.interval.low,
            "high": fit.interval.high,
            "L_low": fit.window[0],
            "L_high": fit.window[1],
            "decades": fit.decades,
            "points": fit.n_points,
            "block": fit.block_length,
            "capped": fit.block_is_capped,
        }
        for name, fit in fits.items()
        if isinstance(fit, NoiseExponentFit)
    ]


def alignment_rows(alignment: Alignment | None) -> list[dict[str, Any]]:
    """Return one row for each leading eigenvector of the Gauss–Newton matrix."""
    if alignment is None:
        return []
    columns = alignment.curvatures, alignment.noise_along, alignment.direction_ratios
    return [
        {"rank": rank, "h": h, "noise_along": noise, "noise/(2 L h)": ratio}
        for rank, (h, noise, ratio) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True), start=1
        )
    ]


def to_dataset(
    series: NoiseSeries, fits: Fits, alignment: Alignment | None, first_epoch: int
) -> xr.Dataset:
    """Return the run as a Dataset over epoch, window of the fit and rank of the eigenvector."""
    import xarray as xr

    rows, fitted = series_rows(series, first_epoch), fit_rows(fits)
    names = {"low": "exponent_low", "high": "exponent_high"}
    names |= {"L_low": "window_low", "L_high": "window_high", "exponent": "exponent"}
    dataset = xr.Dataset(
        {name: ("epoch", [row[name] for row in rows]) for name in rows[0] if name != "epoch"}
        | {names[key]: ("window", [row[key] for row in fitted]) for key in names},
        coords={
            "epoch": [row["epoch"] for row in rows],
            "window": [row["window"] for row in fitted],
        },
        attrs={"method": series.points[0].method},
    )
    if alignment is not None:
        dataset["curvature"] = ("rank", alignment.curvatures, {"long_name": "h, Gauss-Newton"})
        dataset["noise_along"] = ("rank", alignment.noise_along)
        dataset.attrs["cosine"] = alignment.cosine
        dataset.attrs["isotropic_cosine"] = alignment.isotropic_cosine
    return dataset
