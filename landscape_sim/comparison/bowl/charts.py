"""The charts of a study of the stationary law: exponents, and where the law ends."""

from __future__ import annotations

from collections.abc import Iterator

from landscape_sim.columns import Rows
from landscape_sim.comparison.bowl.tables import EXPONENT_COLUMNS, TRANSITION_COLUMNS
from landscape_sim.report.points_chart import ChartAxis, Points, points_chart
from landscape_sim.report.report import Chart


def bowl_charts(exponents: Rows, transition: Rows) -> dict[str, Chart]:
    """Return a chart of each table that has rows, beside the pictures, which show more."""
    charts = {}
    if exponents:
        charts["chart-exponents"] = _exponents(exponents)
    if transition:
        charts["chart-transition"] = _transition(transition)
    return charts


def _exponents(rows: Rows) -> Chart:
    return points_chart(
        list(_by_setting(rows)),
        ChartAxis("batch size B", is_log=False, of="batch_size"),
        ChartAxis("exponent φ", is_log=False),
        "Lines: the law, in t and in τ. Points: fitted, with interval.",
        EXPONENT_COLUMNS,
    )


def _by_setting(rows: Rows) -> Iterator[Points]:
    """Yield the law of every learning rate and clock, and what was fitted in each dimension."""
    keys = ("learning_rate", "clock", "dimension")
    laws = set()
    for rate, clock, dimension in dict.fromkeys(tuple(row[key] for key in keys) for row in rows):
        group = f"η = {rate:g}, {'t' if clock == 't' else 'τ'}"
        mine = [row for row in rows if [row[key] for key in keys] == [rate, clock, dimension]]
        mine.sort(key=lambda row: row["batch_size"])
        if group not in laws:
            laws.add(group)
            yield Points(f"{group}: law", mine, "exponent_predicted", look="line", group=group)
        interval = ("exponent_low", "exponent_high")
        yield Points(f"{group}, n = {dimension}", mine, "exponent", interval, group=group)


def _transition(rows: Rows) -> Chart:
    interval = ("growth_low", "growth_high")
    return points_chart(
        [
            Points("law", rows, "growth_predicted", look="line"),
            Points("measured", rows, "growth_rate", interval, group="measured"),
        ],
        ChartAxis("outlier directions n", is_log=False, of="dimension"),
        ChartAxis("growth of log L per unit of t", is_log=False),
        "Line: the law. Points: measured, with interval.",
        TRANSITION_COLUMNS,
    )
