"""What a key of a study sweeps: values one by one, or so many between two ends."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from landscape_sim.validation import as_float

#: How several lists become settings: every combination, or the first of each, the second, …
Combine = Literal["product", "zip"]
_MOST_VALUES = 100_000
#: Digits of a value between two ends: the same on every machine, and short in labels.
_DIGITS = 12


def spread(given: Any) -> Any:
    """Return the values of ``{log = [low, high, n]}`` or ``{linear = [low, high, n]}``.

    A list is returned as it is, and so is what is none of these.

    Raises
    ------
    ValueError
        If there are other keys, not three numbers, or ends between which there is no such grid.

    Examples
    --------
    >>> spread({"log": [0.1, 10, 3]}), spread({"linear": [0, 1, 5]})
    ([0.1, 1.0, 10.0], [0.0, 0.25, 0.5, 0.75, 1.0])
    """
    if not isinstance(given, Mapping):
        return given
    if set(given) not in ({"log"}, {"linear"}):
        raise ValueError("must be a list, {log = [low, high, n]} or {linear = [low, high, n]}")
    ((kind, ends),) = given.items()
    if not (isinstance(ends, list | tuple) and len(ends) == 3):
        raise ValueError(f"{kind} must be [low, high, n], got {ends!r}")
    low, high = (as_float(end) for end in ends[:2])
    n = ends[2]
    if isinstance(n, bool) or not isinstance(n, int) or not 2 <= n <= _MOST_VALUES:
        raise ValueError(f"{kind} must have 2 to {_MOST_VALUES} values, got {n!r}")
    if not -math.inf < low < high < math.inf or (kind == "log" and low <= 0.0):
        above = "0 < low < high" if kind == "log" else "low < high"
        raise ValueError(f"{kind} needs finite ends {above}, got {ends[0]!r} and {ends[1]!r}")
    values = np.geomspace(low, high, n) if kind == "log" else np.linspace(low, high, n)
    return [float(f"{value:.{_DIGITS}g}") for value in values]


def _listed(given: Any) -> Any:
    return [given] if isinstance(given, int | float) else spread(given)


#: Of one parameter: a number, a list, or a grid.
ParameterValues = Annotated[
    tuple[float, ...], BeforeValidator(_listed), Field(min_length=1, max_length=_MOST_VALUES)
]


def combined(axes: Mapping[str, Sequence[Any]], combine: Combine) -> list[dict[str, Any]]:
    """Return every combination of the values, the last key fastest; or the lists side by side.

    Beside longer lists, a single value stands at every place.

    Raises
    ------
    ValueError
        If lists of unequal length are to stand side by side, or there are too many combinations.

    Examples
    --------
    >>> combined({"a": [1, 2], "b": [3, 4], "c": [5]}, "zip")
    [{'a': 1, 'b': 3, 'c': 5}, {'a': 2, 'b': 4, 'c': 5}]
    """
    lengths = {key: len(values) for key, values in axes.items()}
    if combine == "zip":
        longest = max(lengths.values(), default=0)
        axes = {k: v if len(v) != 1 else [*v] * longest for k, v in axes.items()}
    if combine == "zip" and len({len(values) for values in axes.values()}) > 1:
        counts = ", ".join(f"{key} has {n}" for key, n in lengths.items())
        raise ValueError(f'combine = "zip" needs lists of one length: {counts}')
    if combine == "product" and math.prod(lengths.values()) > _MOST_VALUES:
        raise ValueError(
            f"{' and '.join(axes)} make {math.prod(lengths.values()):,} combinations; "
            f"{_MOST_VALUES:,} are the most"
        )
    rows = product(*axes.values()) if combine == "product" else zip(*axes.values(), strict=True)
    return [dict(zip(axes, values, strict=True)) for values in rows]
