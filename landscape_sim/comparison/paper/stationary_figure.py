"""Figure 3a: the exponent of the stationary law of linear regression against the batch size."""

from __future__ import annotations

from landscape_sim.comparison.paper.claims import Claim, judged
from landscape_sim.comparison.paper.figure_type import PaperFigure
from landscape_sim.comparison.sgd.run import SgdResult
from landscape_sim.comparison.sgd.study import StationaryStudy
from landscape_sim.comparison.sgd.verdicts import held


def _claims(result: SgdResult) -> list[Claim]:
    return [
        judged(
            f"φ at η = {row['learning_rate']:g}, B = {row['batch_size']}",
            predicted=row["predicted"],
            exact=row["exact"],
            measured=row["fitted"],
            low=row["low"],
            high=row["high"],
            n_runs=result.study.n_paths,
        )
        for row in result.rows()
    ]


def _notes(result: SgdResult) -> list[str]:
    rows = [row for row in result.rows() if row["fitted"] is not None]
    lines = []
    for rate in dict.fromkeys(row["learning_rate"] for row in rows):
        mine = [row for row in rows if row["learning_rate"] == rate]
        ratios = [row["fitted"] / row["predicted"] for row in mine]
        known = [row for row in mine if row["exact"] is not None]
        lines.append(
            f"η = {rate:g}: φ is {min(ratios):.3f} to {max(ratios):.3f} of 1 + B/(η h*), which "
            f"{held(mine, 'predicted')} of {len(mine)} intervals hold; {held(known, 'exact')} of "
            f"{len(known)} hold the exact value of this data set."
        )
    return [
        *lines,
        f"{result.study.confidence_level:.0%} intervals from the scatter of independent runs; one "
        "in twenty misses the truth by chance.",
    ]


STATIONARY_FIGURE = PaperFigure(
    name="3a",
    section="5.3.1",
    title="Exponent of the stationary law of linear regression against the batch size",
    statement=(
        "the stationary density of SGD is L^-φ with φ = 1 + B/(η h*), with a visible deviation "
        "at η = 1."
    ),
    cost="seven minutes of one core",
    kind=StationaryStudy,
    quick_settings={
        "data_samples": 1000,
        "batch_sizes": (1, 30),
        "path_samples": 100,
        "exact_nodes": 81,
    },
    claims=_claims,
    notes=_notes,
)
