"""Charts that reports of measurements have beside their pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from landscape_sim.report.points_chart import ChartAxis, Points, points_chart
from landscape_sim.report.report import Chart

Rows = Sequence[Mapping[str, Any]]


def passage_charts(rows: Rows) -> dict[str, Chart]:
    """Return the mean times against ``c``."""
    chart = points_chart(
        [Points("network", rows, "mean_time", ("time_low", "time_high"))],
        ChartAxis("threshold c", of="c"),
        ChartAxis("mean time until L = c L*, t = ηk"),
        "Points: with interval; none where no replica arrived.",
    )
    return {"chart-passages": chart}


def noise_charts(rows: Rows) -> dict[str, Chart]:
    """Return the noise strength against the loss, an epoch a mark."""
    points = [Points("one epoch each", rows, "noise_strength")]
    if "noise_by_batches" in rows[0]:
        points.append(
            Points("mini-batches", rows, "noise_by_batches", look="open", group="mini-batches")
        )
    chart = points_chart(
        points,
        ChartAxis("L", of="loss"),
        ChartAxis("noise strength 𝒩"),
        "Points: noise strength and loss of an epoch.",
    )
    return {"chart-noise": chart}
