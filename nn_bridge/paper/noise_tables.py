"""Figures 2 and 7 in numbers: exponents of the noise strength in the loss, stage by stage."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from landscape_sim.columns import finite
from landscape_sim.comparison.paper.claims import Claim, judged
from landscape_sim.estimators import NoiseExponentFit, fit_noise_exponent
from landscape_sim.estimators.mean_over_runs import mean_over_runs
from landscape_sim.validation import InputError
from nn_bridge.measurements.noise_series import LATER_STAGE
from nn_bridge.paper.charts import noise_charts
from nn_bridge.paper.claims import compared
from nn_bridge.paper.figure_type import Done
from nn_bridge.paper.result import PaperResult
from nn_bridge.plots.paper_noise import plot_paper_noise
from nn_bridge.results.provenance import Provenance

#: Of each stage, losses over the smallest one; that of cross-entropy begins where the other ends.
LATER = "later stage", (0.0, LATER_STAGE)
INTERMEDIATE = "intermediate stage", (LATER_STAGE, LATER_STAGE**2)
SMALLEST = "smallest losses", (0.0, LATER_STAGE)
#: The exponents that are claimed.
_CLAIMED = {
    "mean-square": ((LATER, 1.0),),
    "cross-entropy": ((INTERMEDIATE, 1.0), (SMALLEST, 2.0)),
}

_SERIES = "loss", "noise_strength"
#: Of a slope within a decade of the loss: epochs, and the part of the decade that they span.
_LEAST_POINTS, _LEAST_SPAN = 10, 0.5

_STAGES = (
    f"Later stage and smallest losses: up to {LATER_STAGE:g} times the smallest; intermediate: "
    f"{LATER_STAGE:g} to {LATER_STAGE**2:g} times. A slope over less than a decade is refused."
)


def noise_result(
    done: Done,
    loss: str,
    *,
    statement: str,
    notes: list[str],
    provenance: Provenance,
    is_complete: bool,
) -> PaperResult:
    """Return the result of the runs that are done, with this loss."""
    claims, rows, refusals = [], [], []
    kinds = sorted({name.rsplit("-", 1)[0] for name in done}, reverse=True)
    for kind in kinds:
        runs = {name: part for name, part in done.items() if name.rsplit("-", 1)[0] == kind}
        for (stage, bounds), predicted in _CLAIMED[loss]:
            fits = {}
            for name, part in runs.items():
                found = _fit(part, bounds)
                if isinstance(found, str):
                    refusals.append(f"{name}, {stage}: no exponent, {found}.")
                else:
                    fits[name] = found
                    rows.append(_row(name, stage, found))
            if fits:
                line = f"{kind}: exponent of the noise strength in L, {stage}"
                claims.append(_claim(line, predicted, list(fits.values())))
    series = _series_rows(done)
    return PaperResult(
        provenance=provenance,
        is_complete=is_complete,
        statement=statement,
        claims=claims,
        tables={"exponents": rows, "decades": _decade_rows(done), "series": series},
        data=_dataset(done),
        draw=partial(plot_paper_noise, slopes=[slope for _, slope in _CLAIMED[loss]]),
        notes=[*notes, _STAGES, *refusals],
        report_charts=noise_charts(series, rows),
    )


def _fit(part: xr.Dataset, bounds: tuple[float, float]) -> NoiseExponentFit | str:
    loss, strength = (part[key].to_numpy() for key in _SERIES)
    low, high = (bound * float(loss.min()) for bound in bounds)
    try:
        return fit_noise_exponent(loss, strength, window=(low, high))
    except InputError as refusal:
        return str(refusal)


def _claim(line: str, predicted: float, fits: list[NoiseExponentFit]) -> Claim:
    if len(fits) > 1:
        return compared(line, predicted, mean_over_runs([fit.exponent for fit in fits]))
    # One run: the interval is of its own scatter.
    (fit,) = fits
    return judged(
        line,
        predicted=predicted,
        measured=fit.exponent,
        low=finite(fit.interval.low),
        high=finite(fit.interval.high),
        n_runs=1,
    )


def _row(name: str, stage: str, fit: NoiseExponentFit) -> dict[str, Any]:
    return {
        "run": name,
        "stage": stage,
        "L_low": fit.window[0],
        "L_high": fit.window[1],
        "decades": fit.decades,
        "exponent": fit.exponent,
        "low": fit.interval.low,
        "high": fit.interval.high,
        "block_is_capped": fit.block_is_capped,
    }


def _decade_rows(done: Done) -> list[dict[str, Any]]:
    """Return the slope in each decade of the loss: where there is a stage, whatever its name."""
    rows = []
    for name, part in done.items():
        both = np.stack([part[key].to_numpy() for key in _SERIES])
        # Nothing has a logarithm of zero, which the noise of rounding is set to.
        log_loss, log_strength = np.log10(both[:, (both > 0).all(axis=0)])
        decades = np.floor(log_loss)
        for decade in np.unique(decades)[::-1]:
            inside = decades == decade
            if inside.sum() < _LEAST_POINTS or np.ptp(log_loss[inside]) < _LEAST_SPAN:
                continue
            slope = np.polyfit(log_loss[inside], log_strength[inside], 1)[0]
            rows.append(
                {
                    "run": name,
                    "L_low": 10.0**decade,
                    "L_high": 10.0 ** (decade + 1),
                    "n_epochs": int(inside.sum()),
                    "slope": float(slope),
                }
            )
    return rows


def _series_rows(done: Done) -> list[dict[str, Any]]:
    return [
        {"run": name, "epoch": int(epoch), "loss": loss, "noise_strength": strength}
        for name, part in done.items()
        for epoch, loss, strength in zip(
            part["epoch"].to_numpy(),
            part["loss"].to_numpy().tolist(),
            part["noise_strength"].to_numpy().tolist(),
            strict=True,
        )
    ]


def _dataset(done: Done) -> xr.Dataset:
    joined = xr.concat(list(done.values()), "run", join="outer")
    return joined.assign_coords(run=np.array(list(done)))
