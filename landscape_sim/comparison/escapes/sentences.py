"""What a study's numbers come to, in sentences: for print and for its report."""

from __future__ import annotations

from collections.abc import Sequence

from landscape_sim.comparison.escapes.answers import CaseResult
from landscape_sim.comparison.escapes.case import Case, RefusedCase
from landscape_sim.comparison.escapes.verdict import SweepVerdict
from landscape_sim.results import rate_text
from landscape_sim.theory.arrhenius import ArrheniusRate
from landscape_sim.theory.power_law import PowerLawRate

#: Of the table of cases, and that of sweeps.
CASES_TITLE = "Escape rates per unit of t = ηk"
SWEEPS_TITLE = "Power-law exponent in L^s/L*, and the law that the escapes favour"

_MOST_REASONS = 5


def verdict_sentence(cases: Sequence[CaseResult], verdicts: Sequence[SweepVerdict]) -> str:
    """Return whether the escapes favour a power law, over all sweeps.

    Where nothing was simulated, how far the law of the noise is from the exact rate.
    """
    if not any(case.case.simulation for case in cases):
        return _law_against_exact(cases)
    judged = [verdict.laws for verdict in verdicts if verdict.laws is not None]
    if not judged:
        return "Verdict: too few escapes or loss ratios to tell a power law from Arrhenius."
    difference = sum(laws.log_likelihood_difference for laws in judged)
    n_power = sum(laws.favoured == "power law" for laws in judged)
    return (
        f"Verdict: {n_power} of {len(judged)} sweeps favour a power law in L^s/L* over an "
        f"Arrhenius law in ΔL; log-likelihood difference {difference:+.1f} in all."
    )


def _law_against_exact(cases: Sequence[CaseResult]) -> str:
    """Return the verdict of a study without simulation."""
    pairs = [(_law(one.case), one.exact) for one in cases]
    log_ratios = [
        law.log_rate - exact.log_rate
        for law, exact in pairs
        if law is not None and exact is not None
    ]
    if not log_ratios:
        return "Verdict: none, for nothing was simulated, and no law stands beside an exact rate."
    low, high = (rate_text(one, 3) for one in (min(log_ratios), max(log_ratios)))
    return (
        f"Verdict: nothing was simulated; the law of the noise gives {low} to {high} times the "
        f"exact rate, in {len(log_ratios)} of {len(cases)} cases."
    )


def _law(case: Case) -> PowerLawRate | ArrheniusRate | None:
    """Return the law of the noise itself, if it has one."""
    if case.escape.noise.follows_loss:
        return case.power_law
    return case.arrhenius if case.escape.noise.is_constant else None


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
