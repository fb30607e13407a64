"""Charts in the reports of the paper's figures, beside the pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from landscape_sim.columns import Rows
from landscape_sim.report.points_chart import ChartAxis, Points, groups_of, points_chart
from landscape_sim.report.report import Chart
from nn_bridge.measurements.charts import passage_chart, passage_points

#: Of the prediction of a slope in a table's row, and how its marks look.
_PREDICTED = {"n by Eq. (46)": "open", "n = 9": "diamond"}


def noise_charts(series: Rows, exponents: Rows) -> dict[str, Chart]:
    """Return noise strength against loss, a colour a run, and the exponents of the stages."""
    runs = [Points(name, mine, "noise_strength", group=name) for name, mine in
            groups_of(series, "run")]  # fmt: skip
    charts = {
        "chart-noise": points_chart(
            runs,
            ChartAxis("L", of="loss"),
            ChartAxis("noise strength 𝒩"),
            "Points: an epoch each.",
        )
    }
    if exponents:
        names = list(dict.fromkeys(row["run"] for row in exponents))
        placed = [{**row, "place": names.index(row["run"]) + 1} for row in exponents]
        charts["chart-exponents"] = points_chart(
            [
                Points(stage, mine, "exponent", ("low", "high"), group=stage)
                for stage, mine in groups_of(placed, "stage")
            ],
            ChartAxis("run", is_log=False, of="place", names=names),
            ChartAxis("exponent of 𝒩 in L", is_log=False),
            "Points: with interval.",
        )
    return charts


def passage_charts(times: Rows, slopes: Rows) -> dict[str, Chart]:
    """Return mean times against ``c``, and their slopes beside those that are predicted."""
    charts = {}
    if times:
        points = [
            one
            for rate, mine in groups_of(times, "learning_rate")
            for one in passage_points(f"η = {rate:g}", mine, group=f"{rate:g}")
        ]
        charts["chart-times"] = passage_chart(points, "Points: a seed each, with interval.")
    if slopes:
        charts["chart-slopes"] = points_chart(
            [
                Points("measured", slopes, "measured", ("low", "high")),
                *(Points(name, slopes, name, look=look, group=name)
                  for name, look in _PREDICTED.items()),
            ],
            ChartAxis("learning rate η", of="learning_rate"),
            ChartAxis("slope of log mean time on log c"),
            "Points: measured, with interval, a seed each. Squares and diamonds: "
            "B/(η h*) + 1 − n/2 with the measured n, and with n = 9.",
        )  # fmt: skip
    return charts


def minima_charts(
    losses: Mapping[tuple[int, str], Sequence[tuple[float, float]]], runs: Rows
) -> dict[str, Chart]:
    """Return the loss against ``η`` of every run and pre-training, and limits beside transitions.

    Parameters
    ----------
    losses : mapping of (run, pre-training) to pairs
        ``η`` and mean batch loss of every level.
    runs : sequence of mapping
        The table ``runs``.
    """
    levels: dict[str, list[dict[str, Any]]] = {}
    for (run, name), pairs in losses.items():
        rows = levels.setdefault(name, [])
        rows += [{"run": run, "learning_rate": rate, "batch_loss": loss} for rate, loss in pairs]
        # A line of another run begins anew.
        rows.append({"run": run, "learning_rate": None, "batch_loss": None})
    points = [Points(name, rows, "batch_loss", look="path", group=name)
              for name, rows in levels.items()]  # fmt: skip
    limits = []
    for name, mine in groups_of(runs, "pretraining"):
        seen = [row for row in mine if not row["is_lower_bound"]]
        censored = [row for row in mine if row["is_lower_bound"]]
        limits += [
            Points(f"{name}, transition", seen, "transition", group=name),
            Points(f"{name}, η_c", mine, "paper", look="open", group=name),
            Points(f"{name}, at least", censored, "transition", look="bound", group=name),
        ]
    return {
        "chart-losses": points_chart(
            points,
            ChartAxis("learning rate η", is_log=False, of="learning_rate"),
            ChartAxis("L, mean over a level"),
            "Lines: a seed each.",
        ),
        "chart-limits": points_chart(
            [one for one in limits if one.rows],
            ChartAxis("run", is_log=False, of="run"),
            ChartAxis("learning rate η"),
            "Points: where the loss jumped. Squares: η_c of Eq. (18) at the minimum. Triangles: no "
            "jump up to here.",
        ),
    }
