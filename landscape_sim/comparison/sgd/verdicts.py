"""What a study of SGD on data says, in a sentence with its numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from landscape_sim.columns import Rows

_LINKS = {
    "gaussian_noise": "Gaussian kicks",
    "small_learning_rate": "a small η",
    "mean_gradient": "∇L∇Lᵀ left in",
    "decoupling": "decoupling",
    "kramers": "Kramers' formula",
}


def stationary_verdict(rows: Rows) -> str:
    """Return how many intervals of ``φ`` hold the exact value, and how many the prediction."""
    fitted = [row for row in rows if row["fitted"] is not None]
    if not fitted:
        return "No exponent φ could be fitted."
    known = [row for row in fitted if row["exact"] is not None]
    ratios = [row["fitted"] / row["predicted"] for row in fitted]
    return (
        f"{held(known, 'exact')} of {len(known)} intervals of φ hold the exact value of SGD on "
        f"these data, {held(fitted, 'predicted')} of {len(fitted)} the prediction 1 + B/(η h*); φ "
        f"is {_span(ratios)} of the prediction."
    )


def passage_verdict(rows: Rows, slopes: Rows) -> str:
    """Return the slope of the mean time in ``c`` beside the prediction, for every dimension."""
    fitted = [slope for slope in slopes if slope["fitted"] is not None]
    if fitted:
        return f"Slope of log mean time on log c: {'; '.join(map(_slope, fitted))}."
    known = [row for row in rows if row["mean_time"] is not None and row["radial_decoupled"]]
    if not known:
        return "No slope of the mean time in c: no run has arrived, or none could be compared."
    ratios = [row["mean_time"] / row["radial_decoupled"] for row in known]
    return (
        "No slope of the mean time in c; the time is "
        f"{_span(ratios)} of that of the radial solution with noise 2 L H*/B."
    )


def _slope(slope: Mapping[str, Any]) -> str:
    high = "∞" if slope["high"] is None else f"{slope['high']:.2f}"
    holds = held([slope], "predicted")
    return (
        f"d = {slope['dimension']}, {slope['fitted']:.2f} [{slope['low']:.2f}, {high}], "
        f"{slope['predicted']:.2f} predicted{', not rejected' if holds else ''}"
    )


def chain_verdict(rows: Rows) -> str:
    """Return SGD's rate over the formula's, and which approximation changes most."""
    totals = [row["total"] for row in rows if row["total"] is not None]
    if not totals:
        return "No case has both the rate of SGD and that of the formula."
    most = Counter(link for row in rows if (link := _largest(row)) is not None)
    said = "; ".join(
        f"{_LINKS[link]} in {number} of {len(rows)} cases" for link, number in most.most_common()
    )
    return f"SGD leaves at {_span(totals)} of the formula's rate; what changes it most is {said}."


def _largest(row: Mapping[str, Any]) -> str | None:
    """Return the link that is farthest from one, as a factor."""
    # None is not known, and zero has no logarithm.
    known = {link: row[f"link_{link}"] for link in _LINKS if row[f"link_{link}"]}
    return max(known, key=lambda link: max(known[link], 1 / known[link]), default=None)


def held(rows: Rows, name: str) -> int:
    """Return in how many rows the interval holds the number; an end that is None is infinite."""
    return sum(
        row["low"] <= row[name] and (row["high"] is None or row[name] <= row["high"])
        for row in rows
    )


def _span(values: list[float]) -> str:
    low, high = f"{min(values):.3g}", f"{max(values):.3g}"
    return low if low == high else f"{low} to {high}"
