"""The charts of studies of SGD on data: what their figures draw, with numbers at every mark."""

from __future__ import annotations

from landscape_sim.columns import Columns, Rows
from landscape_sim.report.points_chart import ChartAxis, Points, groups_of, points_chart
from landscape_sim.report.report import Chart

_INTERVAL = ("low", "high")
_RATES = {
    "sgd": "(a) SGD, exact",
    "gaussian_chain": "(b) Gaussian kicks",
    "exact_noise": "(c) small η",
    "second_moment": "(c') ∇L∇Lᵀ left in",
    "decoupled": "(d) decoupled noise",
    "formula": "(e) the formula",
    "law": "SGD's own law",
}


def stationary_chart(rows: Rows, columns: Columns) -> Chart:
    """Return ``φ`` against ``B`` for every learning rate: predicted, exact and fitted."""
    points = []
    for rate, mine in groups_of(rows, "learning_rate"):
        name = f"η = {rate:g}"
        points += [
            Points(f"{name}, 1 + B/(ηh*)", mine, "predicted", look="line", group=name),
            Points(f"{name}, exact", mine, "exact", look="open", group=name),
            Points(f"{name}, SGD", mine, "fitted", _INTERVAL, group=name),
        ]
    return points_chart(
        points,
        ChartAxis("batch size B", of="batch_size"),
        ChartAxis("exponent φ"),
        "Lines: the prediction. Squares: exact at this learning rate. Points: SGD, with interval.",
        columns,
    )


def passage_chart(rows: Rows, columns: Columns) -> Chart:
    """Return mean times against ``c`` for every dimension: two radial solutions, SGD."""
    points = []
    for dimension, mine in groups_of(rows, "dimension"):
        name = f"d = {dimension}"
        points += [
            Points(f"{name}, radial", mine, "radial_decoupled", look="line", group=name),
            Points(f"{name}, exact noise", mine, "radial_exact_noise", look="open", group=name),
            Points(f"{name}, law, normal data", mine, "law", look="dashed", group=name),
            Points(f"{name}, SGD", mine, "mean_time", _INTERVAL, group=name),
        ]
    return points_chart(
        points,
        ChartAxis("c = L/L*", of="loss_ratio"),
        ChartAxis("mean first-passage time, t = ηk"),
        "Lines: the exact radial solution for noise 2LH*/B. Squares: the same with the exact "
        "covariance. Dashed: the law of SGD on normal data. Points: SGD, with interval.",
        columns,
    )


def chain_chart(rows: Rows, columns: Columns) -> Chart:
    """Return the rate of every link of the chain, case by case, and SGD simulated."""
    numbered = [{**row, "case": number} for number, row in enumerate(rows, start=1)]
    points = [
        Points(name, numbered, f"rate_{link}", look="open", group=name)
        for link, name in _RATES.items()
    ]
    simulated = Points("(a) SGD, simulated", numbered, "rate_simulated", _INTERVAL, group="")
    return points_chart(
        [*points, simulated],
        ChartAxis("case, a row of the table each", is_log=False, of="case"),
        ChartAxis("escape rate per unit of t"),
        "Squares: the rate of each process of the chain, from SGD to the formula, and SGD's own "
        "law. Points: SGD simulated, with interval.",
        columns,
    )
