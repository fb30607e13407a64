"""Several answers side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from landscape_sim.results import Rate

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RateTable:
    """Answers side by side, in the order given."""

    answers: tuple[Rate[Any], ...]

    def rows(self) -> list[dict[str, Any]]:
        """Return a flat mapping for each answer."""
        return [row(answer) for answer in self.answers]

    def table(self) -> pd.DataFrame:
        """Return the rows as a pandas table, one method a row."""
        import pandas as pd

        return pd.DataFrame(self.rows()).set_index("method")


def rates(answers: Iterable[Rate[Any]]) -> RateTable:
    """Return several answers as rows of one table.

    Examples
    --------
    >>> from landscape_sim import Escape, QuarticDoubleWell, rates
    >>> escape = Escape(QuarticDoubleWell(0.25, 1.0), learning_rate=0.02, batch_size=1)
    >>> rates([escape.formula(), escape.exact()]).table()["rate"].round(6).to_dict()
    {'formula': 2.3e-05, 'exact': 2.4e-05}
    """
    return RateTable(tuple(answers))


def row(answer: Rate[Any]) -> dict[str, Any]:
    """Return an answer as a flat mapping; what its method does not have is None."""
    interval = answer.interval
    return {
        "method": answer.method,
        "rate": answer.rate,
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
        "confidence_level": answer.confidence_level,
        "log_rate": answer.log_rate,
        "log_low": None if interval is None else interval.log_low,
        "log_high": None if interval is None else interval.log_high,
        "relative_standard_error": answer.relative_standard_error,
        "relative_discretisation_error": answer.relative_discretisation_error,
        "n_events": answer.n_events,
        "effective_events": answer.effective_events,
        "path_steps": answer.path_steps,
        "wall_seconds": answer.wall_seconds,
    }
