"""Several answers side by side."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from landscape_sim.columns import Column, Table
from landscape_sim.results import RATE_COLUMNS, Rate
from landscape_sim.validation import InputError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RateTable:
    """Answers side by side, in the order given.

    Attributes
    ----------
    answers : tuple of Rate
        One a row.
    labels : tuple or None
        What tells the rows apart; None where the method does.
    """

    answers: tuple[Rate[Any], ...]
    labels: tuple[Hashable, ...] | None = None

    def rows(self) -> list[dict[str, Any]]:
        """Return a flat mapping for each answer, its ``label`` first if it has one."""
        rows = [answer.row() for answer in self.answers]
        if self.labels is None:
            return rows
        return [{"label": label, **found} for label, found in zip(self.labels, rows, strict=True)]

    def table(self) -> pd.DataFrame:
        """Return the rows as a pandas table, its index the labels, or else the methods."""
        import pandas as pd

        return pd.DataFrame(self.rows()).set_index("method" if self.labels is None else "label")

    def _repr_html_(self) -> str:
        names = self.labels or [answer.method for answer in self.answers]
        rows = [
            {**answer.shown(), "label": str(name)}
            for name, answer in zip(names, self.answers, strict=True)
        ]
        columns = RATE_COLUMNS if self.labels is None else (Column("", "{label}"), *RATE_COLUMNS)
        notes = [f"{row['label']}: {row['caveats']}" for row in rows if row["caveats"]]
        return Table("", rows, columns).html(notes)


def rates(answers: Iterable[Rate[Any]] | Mapping[Any, Rate[Any]]) -> RateTable:
    """Return several answers as rows of one table.

    Parameters
    ----------
    answers : iterable of Rate, or mapping of labels to Rate
        By different methods; or of whatever problems, each under a label of its own.

    Raises
    ------
    InputError
        If there is none, or one of them is no rate.

    Examples
    --------
    >>> from landscape_sim import Escape, QuarticDoubleWell, rates
    >>> well = QuarticDoubleWell(0.25, 1.0)
    >>> escape = Escape(well, learning_rate=0.02, batch_size=1)
    >>> rates([escape.formula(), escape.exact()]).table()["rate"].round(6).to_dict()
    {'formula': 1.7e-05, 'exact': 1.8e-05}
    >>> formulas = {T: Escape(well, temperature=T).formula() for T in (0.2, 0.3)}
    >>> rates(formulas).table()["rate"].round(6).to_dict()
    {0.2: 0.000129, 0.3: 0.001884}
    """
    labels = tuple(answers) if isinstance(answers, Mapping) else None
    values = answers.values() if isinstance(answers, Mapping) else answers
    found = tuple(values) if isinstance(values, Iterable) else ()
    wrong = [answer for answer in found if not isinstance(answer, Rate)]
    if not found or wrong:
        raise InputError(
            f"rates takes one Rate or more, in a list or by label, got "
            f"{wrong[0] if wrong else answers!r}; see Escape.rate"
        )
    return RateTable(found, labels)
