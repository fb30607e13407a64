"""Figure 3 (c) in numbers: mean times, slopes by every rule, and whether it is a power at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from landscape_sim.comparison.network.prediction import predict_exponents
from landscape_sim.comparison.paper.claims import Claim
from landscape_sim.estimators.mean_over_runs import mean_over_runs
from landscape_sim.estimators.passage_time import MeanPassageTime, estimate_level_times
from landscape_sim.results import FirstPassageSample
from nn_bridge.curvature.participation import OutlierSpectrum
from nn_bridge.paper.charts import passage_charts
from nn_bridge.paper.claims import compared
from nn_bridge.paper.result import PaperResult
from nn_bridge.paper.slopes import Slopes, slopes_of
from nn_bridge.plots.paper_first_passage import plot_first_passages
from nn_bridge.results.provenance import Provenance

#: The paper's choice of ``n``, and what it measured.
CHOSEN_N = 9.0
_PAPER = {"loss": 0.035, "h_max": 95.6, "n": 12.7}

Minima = Mapping[int, xr.Dataset]
Passages = Mapping[tuple[int, float], xr.Dataset]


def passage_result(
    minima: Minima,
    passages: Passages,
    *,
    batch_size: int,
    statement: str,
    notes: list[str],
    provenance: Provenance,
    is_complete: bool,
) -> PaperResult:
    """Return the result of the minima, by run, and the passages, by run and learning rate."""
    slopes = {key: slopes_of(part) for key, part in passages.items()}
    predicted = {(run, rate): _predictions(minima[run], rate, batch_size) for run, rate in passages}
    times, slope_rows = _time_rows(passages), _slope_rows(slopes, predicted)
    return PaperResult(
        provenance=provenance,
        is_complete=is_complete,
        statement=statement,
        claims=[
            *_claims(slopes, predicted),
            *_of_rates(minima, slopes, batch_size),
            *_of_minima(minima),
        ],
        tables={
            "times": times,
            "slopes": slope_rows,
            "minima": [{"run": run, **_numbers(part)} for run, part in minima.items()],
        },
        data=_dataset(minima, passages, predicted).assign_attrs(batch_size=batch_size),
        draw=plot_first_passages,
        notes=[*notes, *_settled(passages)],
        report_charts=passage_charts(times, slope_rows),
    )


def _numbers(minimum: xr.Dataset) -> dict[str, float]:
    return {name: float(minimum.attrs[name]) for name in ("loss", "h_max", "n", "trace")}


def _predictions(minimum: xr.Dataset, rate: float, batch_size: int) -> dict[str, float | None]:
    """Return ``B/(η h*) + 1 − n/2`` by the paper's numbers, and by every other rule."""
    of = minimum.attrs
    spectrum = OutlierSpectrum(
        minimum["eigenvalue"].to_numpy(), of["trace"], of["trace_of_square"], int(of["dimension"])
    )
    ratio = batch_size / (rate * spectrum.largest)
    rules = predict_exponents(spectrum.rules(), learning_rate=rate, batch_size=batch_size)
    return {
        "n by Eq. (46)": ratio + 1 - spectrum.participation / 2,
        "n = 9": ratio + 1 - CHOSEN_N / 2,
        **{
            rule.outliers.rule: None if rule.outliers.is_lower_bound else rule.exponent
            for rule in rules
        },
    }


def _claims(
    slopes: Mapping[tuple[int, float], Slopes],
    predicted: Mapping[tuple[int, float], dict[str, float | None]],
) -> list[Claim]:
    claims = []
    for rate in sorted({rate for _, rate in slopes}):
        keys = [key for key, found in slopes.items() if key[1] == rate and found.fit is not None]
        fits = [slopes[key].fit for key in keys]
        measured = [fit.exponent for fit in fits if fit is not None]
        if not measured:
            continue
        for name in ("n by Eq. (46)", "n = 9"):
            expected = [float(predicted[key][name] or 0.0) for key in keys]
            difference = mean_over_runs([m - e for m, e in zip(measured, expected, strict=True)])
            claims.append(
                compared(
                    f"slope at η = {rate:g} is B/(η h*) + 1 − n/2 with {name}",
                    float(np.mean(expected)),
                    mean_over_runs(measured),
                    difference,
                )
            )
        bends = [slopes[key].bend for key in keys]
        known = [bend for bend in bends if bend is not None]
        if known:
            claims.append(
                compared(
                    f"a power of c at η = {rate:g}: last local slope less the first is 0",
                    0.0,
                    mean_over_runs(known),
                )
            )
    return claims


def _of_rates(
    minima: Minima, slopes: Mapping[tuple[int, float], Slopes], batch_size: int
) -> list[Claim]:
    """Return the claim that slopes at several ``η`` lie on ``B/(η h*)`` plus a constant."""
    ratios = []
    for run, minimum in minima.items():
        fits = {rate: found.fit for (of, rate), found in slopes.items() if of == run and found.fit}
        if len(fits) > 1:
            inverse = batch_size / (np.array(list(fits)) * float(minimum.attrs["h_max"]))
            measured = [fit.exponent for fit in fits.values()]
            ratios.append(float(np.polyfit(inverse, measured, 1)[0]))
    if not ratios:
        return []
    line = "slopes rise by 1 for each B/(η h*) as η falls"
    return [compared(line, 1.0, mean_over_runs(ratios))]


def _of_minima(minima: Minima) -> list[Claim]:
    return [
        compared(
            f"{name} of the minimum",
            value,
            mean_over_runs([p.attrs[name] for p in minima.values()]),
        )
        for name, value in _PAPER.items()
    ]


def _means(part: xr.Dataset) -> list[MeanPassageTime]:
    """Return the mean time to each threshold."""
    is_censored = part["is_censored"].to_numpy().astype(bool)
    samples = zip(part["time"].to_numpy(), is_censored, strict=True)
    return estimate_level_times([FirstPassageSample(*sample) for sample in samples])


def _time_rows(passages: Passages) -> list[dict[str, Any]]:
    rows = []
    for (run, rate), part in passages.items():
        for c, found in zip(part["threshold"].to_numpy().tolist(), _means(part), strict=True):
            high = found.interval.high
            rows.append(
                {
                    "run": run,
                    "learning_rate": rate,
                    "c": c,
                    "mean_time": found.mean_time,
                    "time_low": found.interval.low,
                    "time_high": high if np.isfinite(high) else None,
                    "is_lower_bound": found.is_lower_bound,
                    "n_events": found.n_events,
                    "n_censored": found.n_censored,
                }
            )
    return rows


def _slope_rows(
    slopes: Mapping[tuple[int, float], Slopes],
    predicted: Mapping[tuple[int, float], dict[str, float | None]],
) -> list[dict[str, Any]]:
    return [
        {
            "run": run,
            "learning_rate": rate,
            "measured": None if found.fit is None else found.fit.exponent,
            "low": None if found.fit is None else found.fit.interval.low,
            "high": None if found.fit is None else found.fit.interval.high,
            "first_local": found.local[0] if found.local.size else None,
            "last_local": found.local[-1] if found.local.size else None,
            "bend": found.bend,
            "bend_low": found.bend_low,
            "bend_high": found.bend_high,
            **predicted[run, rate],
        }
        for (run, rate), found in slopes.items()
    ]


def _dataset(
    minima: Minima,
    passages: Passages,
    predicted: Mapping[tuple[int, float], dict[str, float | None]],
) -> xr.Dataset:
    rates = sorted({rate for _, rate in passages})
    thresholds: list[float] = []
    if passages:
        thresholds = next(iter(passages.values()))["threshold"].to_numpy().tolist()
    shape = len(minima), len(rates), len(thresholds)
    columns = {name: np.full(shape, np.nan) for name in ("mean_time", "low", "high", "bound")}
    slope = np.full((2, *shape[:2]), np.nan)
    for i, run in enumerate(minima):
        for j, rate in enumerate(rates):
            if (run, rate) not in passages:
                continue
            slope[:, i, j] = [predicted[run, rate][k] or np.nan for k in ("n by Eq. (46)", "n = 9")]
            for k, found in enumerate(_means(passages[run, rate])):
                columns["mean_time"][i, j, k] = found.mean_time
                columns["low"][i, j, k] = found.interval.low
                columns["high"][i, j, k] = found.interval.high
                columns["bound"][i, j, k] = found.is_lower_bound
    dims = ("run", "learning_rate", "threshold")
    return xr.Dataset(
        {
            **{name: (dims, values) for name, values in columns.items()},
            "slope_measured_n": (dims[:2], slope[0]),
            "slope_chosen_n": (dims[:2], slope[1]),
            "eigenvalue": (("run", "rank"), np.stack([m["eigenvalue"] for m in minima.values()])),
            **{name: ("run", [m.attrs[name] for m in minima.values()]) for name in _PAPER},
        },
        coords={"run": list(minima), "learning_rate": rates, "threshold": thresholds},
    )


def _settled(passages: Passages) -> list[str]:
    found = [part.attrs["settled"] for part in passages.values()]
    if not found:
        return []
    return [f"Median L/L* of the second half of a run: {min(found):.3g} … {max(found):.3g}."]
