"""What a study's numbers come to, in sentences: for print and for its report."""

from __future__ import annotations

from collections.abc import Sequence

from landscape_sim.comparison.escapes.answers import CaseResult
from landscape_sim.comparison.escapes.case import RefusedCase
from landscape_sim.comparison.escapes.verdict import SweepVerdict

#: Of the table of cases, and that of sweeps.
CASES_TITLE = "Escape rates per unit of t = ηk"
SWEEPS_TITLE = "Power-law exponent in L^s/L*, and the law that the escapes favour"

_MOST_REASONS = 5


def verdict_sentence(verdicts: Sequence[SweepVerdict]) -> str:
    """Return whether the escapes favour a power law, over all sweeps."""
    judged = [verdict.laws for verdict in verdicts if verdict.laws is not None]
    if not judged:
        return "Verdict: too few escapes or loss ratios to tell a power law from Arrhenius."
    difference = sum(laws.log_likelihood_difference for laws in judged)
    n_power = sum(laws.favoured == "power law" for laws in judged)
    return (
        f"Verdict: {n_power} of {len(judged)} sweeps favour a power law in L^s/L* over an "
        f"Arrhenius law in ΔL; log-likelihood difference {difference:+.1f} in all."
    )


def refusals_of(cases: Sequence[CaseResult], refused: Sequence[RefusedCase]) -> list[str]:
    """Return why there are rates missing: the reasons, each once, and the cases without escape."""
    reasons = list(dict.fromkeys(one for case in cases for one in case.refusals.items()))
    said = [f"No {method} rate: {reason}" for method, reason in reasons[:_MOST_REASONS]]
    if len(reasons) > _MOST_REASONS:
        said.append(f"{len(reasons) - _MOST_REASONS} more reasons, in the column refusal.")
    if refused:
        first = refused[0]
        said.append(
            f"No escape in {len(refused)} of {len(cases) + len(refused)} cases, in the column "
            f"refusal of table.csv; the first, {first.name}: {first.refusal}."
        )
    return said


def caveats_of(cases: Sequence[CaseResult]) -> list[str]:
    """Return where the formula has caveats, and one of them."""
    found = [one.case for one in cases if one.case.caveats]
    if not found:
        return []
    return [
        f"Caveats of the formula in {len(found)} of {len(cases)} cases, in the column "
        f"caveats of table.csv; the first, {found[0].name}: {found[0].caveats[0]}."
    ]
