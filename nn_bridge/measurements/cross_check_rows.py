"""A cross-check as rows: times and exponents, the network's and the valleys', and the nearest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from landscape_sim.estimators import fit_exponent
from nn_bridge.measurements.matching_valleys import ANSWERS, Valley

if TYPE_CHECKING:
    import xarray as xr

#: Variables over the threshold that a cross-check takes from an escape.
MEASURED = ("mean_time", "time_low", "time_high", "is_lower_bound", "look_bias", "n_events")
#: Ends of the simulated time's interval.
INTERVAL = ("simulated_low", "simulated_high")


def time_rows(escape: xr.Dataset, valleys: Sequence[Valley]) -> list[dict[str, Any]]:
    """Return one row for each valley and threshold; times in ``t = ηk``.

    ``network/valley`` is over the exact time, and over the simulated one where there is none.
    """
    rows = []
    for valley in valleys:
        columns = zip(*(valley.times(answer) for answer in (*ANSWERS, *INTERVAL)), strict=True)
        for passage, (formula, exact, simulated, *ends) in zip(
            valley.passages, columns, strict=True
        ):
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
                    **dict(zip(INTERVAL, ends, strict=True)),
                    "network": mean,
                    "low": measured["time_low"],
                    "high": measured["time_high"],
                    "is_lower_bound": bool(measured["is_lower_bound"]),
                    "look_bias": measured["look_bias"],
                    "network/valley": None if mean is None or best is None else mean / best,
                    "point": escape.attrs["point"],
                }
            )
    return rows


def nearest_valley(
    rows: Sequence[dict[str, Any]],
) -> tuple[str, float, float, int, int] | None:
    """Return the valley with the smallest largest factor between its times and the network's.

    With it the smallest and largest ratio, at how many thresholds the intervals are apart, and how
    many could be compared; None where none could. Lower bounds are left out.

    Examples
    --------
    >>> ends = {"simulated_low": None, "simulated_high": None, "is_lower_bound": False}
    >>> row = {"exact": 2.0, "simulated": 2.1, "network": 3.0, "low": 2.5, "high": 3.5, **ends}
    >>> nearest_valley(
    ...     [
    ...         {**row, "valley": "n = 1", "network/valley": 1.5},
    ...         {**row, "valley": "n = 2", "network/valley": 0.5},
    ...     ]
    ... )
    ('n = 1', 1.5, 1.5, 1, 1)
    """
    compared: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["network/valley"] is not None and not row["is_lower_bound"]:
            compared.setdefault(row["valley"], []).append(row)
    most = max(map(len, compared.values()), default=0)
    # Over fewer thresholds a valley may seem nearer.
    whole = {name: mine for name, mine in compared.items() if len(mine) == most}
    if not whole:
        return None
    ratios = {name: [row["network/valley"] for row in mine] for name, mine in whole.items()}
    name = min(ratios, key=lambda one: max(abs(math.log(ratio)) for ratio in ratios[one]))
    n_apart = sum(map(_is_apart, whole[name]))
    return name, min(ratios[name]), max(ratios[name]), n_apart, most


def _is_apart(row: dict[str, Any]) -> bool:
    """Return whether the network's interval and the valley's have nothing in common."""
    names = ("simulated_low", "simulated_high") if row["exact"] is None else ("exact", "exact")
    low, high = (row[name] for name in names)
    # An end that is None is infinite.
    is_above = high is not None and row["low"] > high
    return bool(is_above or (row["high"] is not None and row["high"] < low))


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


def _number(value: xr.DataArray) -> float | None:
    return None if np.isnan(value) else float(value)


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
