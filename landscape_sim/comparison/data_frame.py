"""Rows as a table of pandas."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def data_frame(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return flat mappings of one set of names as a table, None as NaN.

    A number that is missing in every row leaves a column of numbers all the same. Where
    ``columns`` are named, a table without rows has them too.

    Examples
    --------
    >>> table = data_frame([{"n": 1, "rate": None}, {"n": 2, "rate": None}])
    >>> [str(kind) for kind in table.dtypes]
    ['int64', 'float64']
    """
    import pandas as pd

    numbers = [
        {name: math.nan if value is None else value for name, value in row.items()} for row in rows
    ]
    return pd.DataFrame(numbers, columns=columns)
