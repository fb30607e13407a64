"""Answers as JSON and arrays, and back again to the last bit; nothing that is read is run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: The key of what JSON has no form for: under it stands what it is.
_IS, _OF = "is", "of"
Arrays = dict[str, NDArray[Any]]


def encoded(value: Any, arrays: Arrays) -> Any:
    """Return ``value`` as JSON can hold it; arrays are moved into ``arrays``.

    Parameters
    ----------
    value
        Of numbers, texts, arrays, tuples, lists, mappings and dataclasses.
    arrays : dict
        Filled.

    Raises
    ------
    TypeError
        If it is of something else.

    Examples
    --------
    >>> encoded((1.5, math.inf), {})
    {'is': 'tuple', 'of': [1.5, {'is': 'float', 'of': 'inf'}]}
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {_IS: "float", _OF: repr(value)}
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        name = f"array-{len(arrays)}"
        arrays[name] = value
        return {_IS: "array", _OF: name}
    if is_dataclass(value) and not isinstance(value, type):
        content = {
            field.name: encoded(getattr(value, field.name), arrays) for field in fields(value)
        }
        return {_IS: type(value).__name__, _OF: content}
    if isinstance(value, Mapping):
        pairs = [[encoded(key, arrays), encoded(one, arrays)] for key, one in value.items()]
        return {_IS: "mapping", _OF: pairs}
    if isinstance(value, tuple | list):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {_IS: kind, _OF: [encoded(one, arrays) for one in value]}
    raise TypeError(f"no form is known for a {type(value).__name__}")


def decoded(content: Any, arrays: Mapping[str, NDArray[Any]], kinds: Iterable[type]) -> Any:
    """Return what :func:`encoded` was given; ``kinds`` are the dataclasses that it may hold.

    Raises
    ------
    ValueError, LookupError, TypeError
        If it is damaged, or holds something else.

    Examples
    --------
    >>> decoded(encoded({(0, -1): 0.1}, {}), {}, ())
    {(0, -1): 0.1}
    """
    if not isinstance(content, dict):
        return content
    kind, of = content[_IS], content[_OF]
    if kind == "float":
        return float(of)
    if kind == "array":
        return arrays[of]
    if kind == "mapping":
        return {decoded(key, arrays, kinds): decoded(one, arrays, kinds) for key, one in of}
    if kind in ("tuple", "list"):
        found = [decoded(one, arrays, kinds) for one in of]
        return tuple(found) if kind == "tuple" else found
    known = {one.__name__: one for one in kinds}
    return known[kind](**{name: decoded(one, arrays, kinds) for name, one in of.items()})
