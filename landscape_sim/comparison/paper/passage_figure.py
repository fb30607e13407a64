"""Figure 3b: the mean time until the loss of a linear regression has grown ``c`` times."""

from __future__ import annotations

from typing import Any

from landscape_sim.comparison.paper.claims import FAILS, NOT_REJECTED, OPEN, Claim, judged
from landscape_sim.comparison.paper.figure_type import PaperFigure
from landscape_sim.comparison.sgd.run import SgdResult
from landscape_sim.comparison.sgd.study import PassageStudy

#: Probability below which one power of ``c`` is rejected.
_LEAST_P = 0.05


def _claims(result: SgdResult) -> list[Claim]:
    reached = {row["dimension"]: row["loss_ratio"] for row in result.rows() if row["n_events"] > 0}
    return [
        claim
        for slope in result.slopes()
        for claim in _of_dimension(slope, reached.get(slope["dimension"]), result.study.n_paths)
    ]


def _of_dimension(slope: dict[str, Any], reached: float | None, n_runs: int) -> tuple[Claim, Claim]:
    d, p_value = slope["dimension"], slope["p_value"]
    seen = "none reached" if reached is None else f"reached up to {reached:g}"
    where = f"d = {d}, c from {slope['from_ratio']:g}, {seen}"
    verdict = OPEN if p_value is None else FAILS if p_value < _LEAST_P else NOT_REJECTED
    return (
        judged(
            f"slope of log mean time on log c, {where}",
            predicted=slope["predicted"],
            exact=slope["exact_chain"],
            measured=slope["fitted"],
            low=slope["low"],
            high=slope["high"],
            n_runs=n_runs,
        ),
        Claim(
            claim=f"one power of c (p), {where}",
            measured=p_value,
            n_runs=n_runs,
            verdict=verdict,
        ),
    )


def _notes(result: SgdResult) -> list[str]:
    return [
        *(_reference(slope) for slope in result.slopes()),
        *_laws_of_sgd(result.rows()),
        "Slopes are fitted to passages and exposure, so that runs which were censored count; their "
        f"intervals take passages to be memoryless. One power is rejected where p < {_LEAST_P:g}.",
    ]


def _reference(slope: dict[str, Any]) -> str:
    names = {"radial_decoupled": "noise 2 L H*/B", "radial_exact_noise": "the exact covariance"}
    parts = [f"{slope[name]:.2f} with {words}" for name, words in names.items() if slope[name]]
    return (
        f"d = {slope['dimension']}: slope of the exact radial solution over the same c: "
        f"{' and '.join(parts) or 'not known'}, for {slope['predicted']:.2f} predicted as c → ∞."
    )


def _laws_of_sgd(rows: list[dict[str, Any]]) -> list[str]:
    """Return how far the law of SGD is from what was measured: it is one of small ``η``."""
    seen = [row for row in rows if row["law"] and row["n_events"]]
    lines: dict[int, list[str]] = {row["dimension"]: [] for row in seen}
    for row in seen:
        ratio = row["law"] / row["mean_time"]
        lines[row["dimension"]].append(f"{ratio:.2g} (c = {row['loss_ratio']:g})")
    return [
        f"d = {d}: time by the law of SGD, asymptotic for small η, over the measured one: "
        f"{', '.join(ratios)}."
        for d, ratios in lines.items()
    ]


PASSAGE_FIGURE = PaperFigure(
    name="3b",
    section="5.3.1",
    title="Mean time until the loss of a linear regression reaches c L*",
    statement="the mean first-passage time to c L* grows as c to the power B/(η h*) + 1 − n/2.",
    cost="half a minute of one core",
    kind=PassageStudy,
    quick_settings={
        "data_samples": 1000,
        "loss_ratios": (1.3, 1.6, 2.0, 3.0),
        "n_paths": 30,
        "max_time": 500.0,
    },
    claims=_claims,
    notes=_notes,
)
