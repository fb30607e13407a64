"""A cross-check as tables and a Dataset: times and exponents, the network's and the valleys'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from landscape_sim.estimators import fit_exponent
from nn_bridge.measurements.crosscheck import ANSWERS, MEASURED, Valley

if TYPE_CHECKING:
    import xarray as xr

#: Ends of the simulated time's interval.
_INTERVAL = ("simulated_low", "simulated_high")


def crosscheck_rows(escape: xr.Dataset, valleys: Sequence[Valley]) -> list[dict[str, Any]]:
    """Return one row for each valley and threshold; times in ``t = ηk``.

    ``network/valley`` is over the exact time, and over the simulated one where there is none.
    """
    rows = []
    for valley in valleys:
        columns = zip(*(valley.times(answer) for answer in ANSWERS), strict=True)
        for passage, (formula, exact, simulated) in zip(valley.passages, columns, strict=True):
            seen = escape.sel(threshold=passage.threshold)
            measured = {name: _number(seen[name]) for name in MEASURED}
            best = simulated if exact is None else exact
            mean = measured["mean_time"]
            rows.append(
                {
                    "valley": valley.name,
                    "n": valley.n_outliers,
                    "h*": valley.outlier_curvature,
                    "c": passage.threshold,
                    "formula": formula,
                    "exact": exact,
                    "simulated": simulated,
                    "network": mean,
                    "low": measured["time_low"],
                    "high": measured["time_high"],
                    "is_lower_bound": bool(measured["is_lower_bound"]),
                    "look_bias": measured["look_bias"],
                    "network/valley": None if mean is None or best is None else mean / best,
                }
            )
    return rows


def exponent_rows(escape: xr.Dataset, valleys: Sequence[Valley]) -> list[dict[str, Any]]:
    """Return the exponent in ``c`` over the measured thresholds: the network's and every valley's.

    A valley's is that of the network's own estimator, had the network had the valley's mean
    times: each threshold has the weight of the passages seen there. It is None where a time at
    one of these is missing. ``asymptotic`` is ``B/(η h*) + 1 − n/2``, reached at large ``c``.
    """
    events = escape["n_events"].to_numpy()
    log_ratio = np.log(escape["threshold"].to_numpy())
    network = {"asymptotic": None, **dict.fromkeys(ANSWERS)}
    names = ("exponent", "exponent_low", "exponent_high")
    measured = [escape.attrs.get(name) for name in names]
    rows = [
        {"of": "network", **network}
        | dict(zip(("measured", "low", "high"), map(_float, measured), strict=True))
    ]
    for valley in valleys:
        slopes = {answer: _slope(log_ratio, events, valley.times(answer)) for answer in ANSWERS}
        asymptotic = valley.passages[0].exponent
        empty = dict.fromkeys(("measured", "low", "high"))
        rows.append({"of": valley.name, "asymptotic": asymptotic, **slopes, **empty})
    return rows


def _slope(
    log_ratio: np.ndarray, events: np.ndarray, times: Sequence[float | None]
) -> float | None:
    is_seen = events > 0
    known = [time for time, seen in zip(times, is_seen, strict=True) if seen and time is not None]
    # Over fewer thresholds it would be the slope of something else.
    if len(known) < max(2, int(is_seen.sum())):
        return None
    seen = events[is_seen]
    return fit_exponent(log_ratio[is_seen], seen, seen * np.array(known)).exponent


def to_dataset(escape: xr.Dataset, valleys: Sequence[Valley]) -> xr.Dataset:
    """Return the valleys' times and exponents, and the network's times."""
    import xarray as xr

    slopes = exponent_rows(escape, valleys)[1:]
    return xr.Dataset(
        {
            answer: (
                ("valley", "threshold"),
                [[np.nan if t is None else t for t in valley.times(answer)] for valley in valleys],
                {"units": "t"},
            )
            for answer in (*ANSWERS, *_INTERVAL)
        }
        | {
            f"exponent_{answer}": (
                "valley",
                [np.nan if row[answer] is None else row[answer] for row in slopes],
            )
            for answer in ("asymptotic", *ANSWERS)
        }
        | {name: escape[name] for name in (*MEASURED, "exponentiality", "n_censored")}
        | {
            "n_outliers": ("valley", [valley.n_outliers for valley in valleys]),
            "outlier_curvature": ("valley", [valley.outlier_curvature for valley in valleys]),
        },
        coords={"valley": [valley.name for valley in valleys], "threshold": escape["threshold"]},
        attrs=dict(escape.attrs),
    )


def _number(value: xr.DataArray) -> float | None:
    return None if np.isnan(value) else float(value)


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
