"""Charts of reports along a run of SGD: loss, noise, first passages, a raised learning rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from landscape_sim.columns import Rows
from landscape_sim.report.points_chart import ChartAxis, Limit, Points, points_chart
from landscape_sim.report.report import Chart

_TIME = ChartAxis("mean time until L = c L*, t = ηk")
_THRESHOLD = ChartAxis("threshold c", of="c")


def history_chart(batch_losses: Rows, checkpoints: Rows) -> Chart:
    """Return the loss against the epoch: the mean of the batches, and over all samples."""
    return points_chart(
        [
            Points("mean loss of the batches", batch_losses, "batch_loss", look="path"),
            Points("loss, all samples", checkpoints, "loss", group="all"),
        ],
        ChartAxis("epoch", is_log=False, of="epoch"),
        ChartAxis("L"),
        "Line: the mean loss of an epoch's batches. Points: the loss over all samples.",
    )


def noise_chart(rows: Rows, fits: Rows) -> Chart:
    """Return the noise strength against the loss, an epoch a mark, and the fitted powers."""
    points = [Points("one epoch each", rows, "noise_strength")]
    if "noise_by_batches" in rows[0]:
        points.append(
            Points("mini-batches", rows, "noise_by_batches", look="open", group="mini-batches")
        )
    return points_chart(
        [*points, *_powers(rows, fits)],
        ChartAxis("L", of="loss"),
        ChartAxis("noise strength 𝒩"),
        "Points: noise strength and loss of an epoch. Lines: fitted powers of the loss.",
    )


def _powers(rows: Rows, fits: Rows) -> Iterator[Points]:
    """Yield each fitted power over its window, through the mean of the logarithms there."""
    loss, strength = (np.array([row[name] for row in rows]) for name in ("loss", "noise_strength"))
    for fit in fits:
        low, high = fit["L_low"], fit["L_high"]
        # Rounding must not lose the losses at the ends.
        inside = (loss >= low * (1 - 1e-9)) & (loss <= high * (1 + 1e-9)) & (strength > 0)
        level = np.log(strength[inside]).mean() - fit["exponent"] * np.log(loss[inside]).mean()
        ends = [
            {**fit, "loss": end, "noise_strength": float(np.exp(level) * end ** fit["exponent"])}
            for end in (low, high)
        ]
        name = f"{fit['window']}: exponent {fit['exponent']:.3g}"
        yield Points(name, ends, "noise_strength", look="path", group=name)


def passage_points(name: str, rows: Rows, group: str = "") -> Iterator[Points]:
    """Yield the mean times with interval, and the lower bounds on others."""
    known = [row for row in rows if not row["is_lower_bound"]]
    bounds = [row for row in rows if row["is_lower_bound"]]
    if known:
        yield Points(name, known, "mean_time", ("time_low", "time_high"), group=group)
    if bounds:
        yield Points(f"{name}, at least", bounds, "time_low", look="bound", group=group)


def passage_chart(points: Sequence[Points], caption: str) -> Chart:
    """Return mean times against ``c``."""
    return points_chart(points, _THRESHOLD, _TIME, f"{caption} Triangles: at least so long.")


def raised_rate_chart(levels: Rows, limits: Rows, transition: float | None) -> Chart:
    """Return the loss of every level against ``η``, with the limits where it began."""
    last = max(row["learning_rate"] for row in levels)
    lines = [Limit(row["limit"], row["at_start"], row) for row in limits]
    if transition is not None:
        lines.append(Limit("transition", transition, {"transition": transition}))
    return points_chart(
        [
            Points("batches of a level", levels, "batch_loss", look="path"),
            Points("all samples, after it", levels, "loss", group="all"),
        ],
        ChartAxis("learning rate η", is_log=False, of="learning_rate"),
        ChartAxis("L"),
        "Line: the mean batch loss of a level. Points: the loss over all samples after it. Grey: "
        "limits at the start, and the transition; those far to the right are in the table alone.",
        limits=[line for line in lines if line.at is not None and line.at <= _BEYOND * last],
    )


#: Limits up to this many times the last level are drawn.
_BEYOND = 1.5
