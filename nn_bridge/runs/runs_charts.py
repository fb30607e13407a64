"""Charts of runs side by side: every run, and the mean with its interval beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from landscape_sim.columns import Rows
from landscape_sim.report.points_chart import ChartAxis, Points, points_chart
from landscape_sim.report.report import Chart


def headline_charts(runs: Rows, means: Rows, headline: Sequence[str]) -> dict[str, Chart]:
    """Return a chart for each of the numbers that were asked for first and that a run has."""
    return {
        f"chart-{place}": _chart(name, runs, means)
        for place, name in enumerate(headline, start=1)
        if any(row[name] is not None for row in runs)
    }


def _chart(name: str, runs: Rows, means: Rows) -> Chart:
    labels: list[str] = []
    placed: list[dict[str, Any]] = []
    for row in runs:
        labels.append(str(row["run"]))
        placed.append({**_shown(row, name), "place": len(labels)})
    of_means: list[dict[str, Any]] = []
    for row in means:
        if row["number"] == name and row["mean"] is not None:
            labels.append(f"mean, epoch {row['epoch']}" if "epoch" in row else "mean")
            of_means.append({**row, "place": len(labels)})
    return points_chart(
        [
            Points("runs", placed, name, group="runs"),
            Points("mean", of_means, "mean", ("low", "high"), look="diamond", group="mean"),
        ],
        ChartAxis("run", is_log=False, of="place", names=labels),
        ChartAxis(name, is_log=False),
        "Points: runs. Diamonds: their mean with its 95 % interval.",
    )


def _shown(row: Any, name: str) -> dict[str, Any]:
    return {key: row[key] for key in ("run", "epoch", "seed", name) if key in row}
