"""The chain of approximations as rows: times rung by rung, and which link fails by how much."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from nn_bridge.measurements.chain import RungPassages
from nn_bridge.measurements.matching_valleys import Valley

if TYPE_CHECKING:
    import xarray as xr

Row = dict[str, Any]

NETWORK = "network"
#: What the step from the last rung to a valley takes to be nothing.
_TO_VALLEY = "all but n and h*"
#: Columns of a chain in a Dataset.
CHAIN_COLUMNS = (
    *("mean_time", "low", "high", "link", "link_low", "link_high"),
    *("network_over", "network_over_low", "network_over_high"),
)


def chain_rows(
    escape: xr.Dataset, rungs: Sequence[RungPassages], valleys: Sequence[Valley]
) -> list[Row]:
    """Return a row for each threshold and rung, from the network down to Eq. (15)'s valleys.

    ``link`` is the mean time of the rung before over this one's: what the one thing that is
    neglected here changes. For every valley the rung before is the last one. ``network_over`` is
    the network's time over this one's. Both have an interval that adds the errors of the two;
    a valley's exact time has none. Neither is given for lower bounds.
    """
    rows = []
    for number, c in enumerate(escape["threshold"].to_numpy().tolist()):
        network = _network_row(escape, number)
        before = network
        rows.append({"c": c, **network, **_link(None, network), **_over(None, network)})
        for rung in rungs:
            row = _rung_row(rung, number)
            rows.append({"c": c, **row, **_link(before, row), **_over(network, row)})
            before = row
        for valley in valleys:
            row = _valley_row(valley, number)
            rows.append({"c": c, **row, **_link(before, row), **_over(network, row)})
    return rows


def _network_row(escape: xr.Dataset, number: int) -> Row:
    at = escape.isel(threshold=number)
    mean, low, high = (float(at[name]) for name in ("mean_time", "time_low", "time_high"))
    found = {"rung": NETWORK, "neglects": "", "mean_time": mean, "low": low, "high": high}
    return {**found, "is_lower_bound": bool(at["is_lower_bound"])}


def _rung_row(rung: RungPassages, number: int) -> Row:
    passage = rung.passages[number]
    return {
        "rung": rung.name,
        "neglects": rung.neglects,
        "mean_time": passage.mean_time,
        "low": passage.interval.low,
        "high": passage.interval.high,
        "is_lower_bound": passage.is_lower_bound,
    }


def _valley_row(valley: Valley, number: int) -> Row:
    exact = valley.times("exact")[number]
    if exact is not None:
        mean = low = high = exact
    else:
        names = ("simulated", "simulated_low", "simulated_high")
        mean, low, high = (_or_nan(valley.times(name)[number]) for name in names)
    found = {"rung": valley.name, "neglects": _TO_VALLEY, "mean_time": mean}
    return {**found, "low": low, "high": high, "is_lower_bound": False}


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _link(before: Row | None, row: Row) -> Row:
    return dict(zip(("link", "link_low", "link_high"), _ratio(before, row), strict=True))


def _over(network: Row | None, row: Row) -> Row:
    names = ("network_over", "network_over_low", "network_over_high")
    return dict(zip(names, _ratio(network, row), strict=True))


def _ratio(above: Row | None, below: Row) -> tuple[float | None, float | None, float | None]:
    """Return the ratio of two independent means, and its ends: logarithmic widths in squares."""
    if above is None or above["is_lower_bound"] or below["is_lower_bound"]:
        return None, None, None
    if not (above["mean_time"] > 0 and below["mean_time"] > 0):
        return None, None, None
    ratio = above["mean_time"] / below["mean_time"]
    widths = (0.5 * math.log(row["high"] / row["low"]) for row in (above, below))
    factor = math.exp(math.hypot(*widths))
    return ratio, ratio / factor, ratio * factor


def printed_chain(rows: Sequence[Row], suffix: str) -> dict[str, list[Row]]:
    """Return by title a table for each threshold."""
    shown = ("rung", "neglects", "mean_time", "low", "high", "link", "link_low", "link_high")
    found: dict[str, list[Row]] = {}
    for row in rows:
        title = f"Rung by rung: mean time until L = {row['c']:g} L*, and link{suffix}"
        found.setdefault(title, []).append({name: row[name] for name in shown})
    return found


def chain_variables(rows: Sequence[Row], n_thresholds: int) -> dict[str, Any]:
    """Return the chain over threshold and rung, as variables of a Dataset."""
    return {
        f"chain_{name}": (
            ("threshold", "rung"),
            np.array([math.nan if row[name] is None else row[name] for row in rows], float).reshape(
                n_thresholds, -1
            ),
            {"units": "t"} if name in ("mean_time", "low", "high") else {},
        )
        for name in CHAIN_COLUMNS
    }


def first_to_fail(rows: Sequence[Row]) -> str:
    """Return a sentence: at each threshold the first link that differs from 1.

    By so much that of all links of the chain none would by chance, in 95 % of chains: the 95 %
    intervals are widened (Bonferroni).
    """
    links = [row for row in rows if row["link"] is not None]
    normal = NormalDist()
    wider = normal.inv_cdf(1 - 0.025 / max(1, len(links))) / normal.inv_cdf(0.975)
    found = []
    for c in dict.fromkeys(row["c"] for row in rows):
        broken = [
            row
            for row in links
            if row["c"] == c
            and abs(math.log(row["link"])) > wider * math.log(row["link_high"] / row["link"])
        ]
        said = "none"
        if broken:
            row = broken[0]
            said = (
                f"{row['rung']} ({row['neglects']} neglected), a factor of {row['link']:.3g} "
                f"[{row['link_low']:.3g}, {row['link_high']:.3g}]"
            )
        found.append(f"c = {c:g}: {said}")
    return "First link that differs from 1: " + "; ".join(found) + "."
