"""What the paper claims, beside what is exact and what was measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

HOLDS, NOT_REJECTED, FAILS, OPEN = "holds", "not rejected", "fails", "open"


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
