"""Charts of a cross-check: the network's times beside those of valleys and rungs."""

from __future__ import annotations

from typing import Any

from landscape_sim.columns import Rows
from landscape_sim.report.points_chart import ChartAxis, Points, groups_of, points_chart
from landscape_sim.report.report import Chart

#: Between the first and the last threshold at one rung, as a share of the way to the next.
_SPREAD = 0.5


def valley_chart(rows: Rows) -> Chart:
    """Return mean times against ``c``, the network's and every valley's."""
    points = list(_network(next(mine for _, mine in groups_of(rows, "valley"))))
    for valley, mine in groups_of(rows, "valley"):
        interval = ("simulated_low", "simulated_high")
        points += [
            Points(f"{valley}, exact", mine, "exact", look="line", group=valley),
            Points(f"{valley}, power law", mine, "formula", look="dashed", group=valley),
            Points(f"{valley}, simulated", mine, "simulated", interval, look="open", group=valley),
        ]
    return points_chart(
        [one for one in points if any(row[one.y] is not None for row in one.rows)],
        ChartAxis("threshold c", of="c"),
        ChartAxis("mean time until L = c L*, t = ηk"),
        "Points: the network, with interval; triangles: at least so long. Of the valleys, lines "
        "are exact, dashed lines the leading power law, squares simulated, with interval.",
    )


def _network(rows: Rows) -> list[Points]:
    """Return the network's times, which are the same beside every valley."""
    names = ("c", "network", "low", "high", "is_lower_bound", "look_bias")
    mine = [{name: row[name] for name in names} for row in rows]
    known = [row for row in mine if not row["is_lower_bound"]]
    bounds = [row for row in mine if row["is_lower_bound"]]
    return [
        Points("network", known, "network", ("low", "high")),
        Points("network, at least", bounds, "low", look="bound"),
    ]


def chain_chart(rows: Rows) -> Chart:
    """Return the network's time over that of every rung, one colour a threshold."""
    rungs = [rung for rung, _ in groups_of(rows, "rung")][1:]
    points, by_threshold = [], list(groups_of(rows, "c"))
    for number, (c, mine) in enumerate(by_threshold):
        aside = _SPREAD * ((number + 0.5) / len(by_threshold) - 0.5)
        placed: list[dict[str, Any]] = [
            {**row, "place": rungs.index(row["rung"]) + 1 + aside}
            for row in mine
            if row["rung"] in rungs
        ]
        interval = ("network_over_low", "network_over_high")
        points.append(Points(f"c = {c:g}", placed, "network_over", interval, group=str(c)))
    return points_chart(
        points,
        ChartAxis("rung", is_log=False, of="place", names=rungs),
        ChartAxis("network's mean time / rung's"),
        "Points: with interval that adds the errors of both.",
    )
