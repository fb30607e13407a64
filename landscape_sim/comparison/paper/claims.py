"""What the paper claims, beside what is exact and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

HOLDS, NOT_REJECTED, FAILS, OPEN = "holds", "not rejected", "fails", "open"
#: Of a verdict, claims that a summary says with their numbers.
_MOST_SAID = 3


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A claim and what became of it; on linear regression as on networks.

    Attributes
    ----------
    claim : str
        In our words.
    predicted : float or None
        By the paper; None where it names no number.
    exact : float or None
        What SGD itself has, without an error of statistics; None where that is not known.
    measured, low, high : float or None
        With its 95 % interval; None where there is no number, or no such end.
    n_runs : int
        Independent runs behind the number.
    verdict : str
        Of a number "fails" where the interval excludes what is predicted, else "not rejected",
        which may say little; of an order "holds" or "fails"; "open" of either where nothing
        was measured, or nothing follows.
    """

    claim: str
    predicted: float | None = None
    exact: float | None = None
    measured: float | None
    low: float | None = None
    high: float | None = None
    n_runs: int
    verdict: str

    def row(self) -> dict[str, Any]:
        """Return the row of a table."""
        return asdict(self)


# Wide: the columns of a claim
def judged(
    claim: str,
    *,
    predicted: float,
    exact: float | None = None,
    measured: float | None,
    low: float | None,
    high: float | None,
    n_runs: int,
) -> Claim:
    """Return the claim that a number is ``predicted``; an end that is None is infinite.

    Examples
    --------
    >>> numbers = {"exact": 1.9, "measured": 1.8, "low": 1.7, "high": None, "n_runs": 20}
    >>> [judged("φ", predicted=one, **numbers).verdict for one in (1.6, 2.0)]
    ['fails', 'not rejected']
    """
    verdict = OPEN
    if measured is not None:
        is_below = low is not None and predicted < low
        is_above = high is not None and predicted > high
        verdict = FAILS if is_below or is_above else NOT_REJECTED
    return Claim(
        claim=claim,
        predicted=predicted,
        exact=exact,
        measured=measured,
        low=low,
        high=high,
        n_runs=n_runs,
        verdict=verdict,
    )


def summary(claims: Sequence[Claim]) -> str:
    """Return what became of the claims, failures first, the first ones with their numbers.

    Examples
    --------
    >>> given = {"predicted": 2.0, "measured": 1.8, "n_runs": 20}
    >>> claims = [judged("φ", low=1.7, high=high, **given) for high in (1.9, None)]
    >>> summary(claims).split(". ")[0]
    '1 of 2 fails: φ: 1.8 [1.7, 1.9], 2 predicted'
    >>> summary(claims).split(". ")[1]
    '1 of 2 is not rejected: φ: 1.8 [1.7, ∞], 2 predicted.'
    """
    parts = []
    for verdict, words in _WORDS.items():
        mine = [claim for claim in claims if _kind(claim) == verdict]
        if mine:
            said = "; ".join(_said(claim) for claim in mine[:_MOST_SAID])
            more = f"; and {len(mine) - _MOST_SAID} more" if len(mine) > _MOST_SAID else ""
            became = words[len(mine) > 1]
            parts.append(f"{len(mine)} of {len(claims)}{became}: {said}{more}.")
    return " ".join(parts) or "Nothing was measured that the claims could be held against."


#: What claims of a verdict do, one of them and several; of a verdict of its own, none.
_WORDS = {
    FAILS: (" fails", " fail"),
    HOLDS: (" holds", " hold"),
    NOT_REJECTED: (" is not rejected", " are not rejected"),
    "": ("", ""),
    OPEN: (" is open", " are open"),
}


def _kind(claim: Claim) -> str:
    return claim.verdict if claim.verdict in _WORDS else ""


def _said(claim: Claim) -> str:
    words = claim.claim if _kind(claim) else f"{claim.claim} {claim.verdict}"
    if claim.low is not None or claim.high is not None:
        low = "−∞" if claim.low is None else f"{claim.low:.4g}"
        high = "∞" if claim.high is None else f"{claim.high:.4g}"
        middle = "" if claim.measured is None else f"{claim.measured:.4g} "
        words += f": {middle}[{low}, {high}]"
    elif claim.measured is not None:
        words += f": {claim.measured:.4g}"
    return words if claim.predicted is None else f"{words}, {claim.predicted:.4g} predicted"
