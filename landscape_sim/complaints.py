"""What pydantic finds wrong with a value of a file or of the command line, in our words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_INTEGER = ("int_type", "int_parsing", "int_parsing_size", "int_from_float")
_NO_INTEGER = "must be an integer; write one without a point"
_NO_NUMBER = "must be a number; write one, without quotes"
_NO_LIST = "must be a list; write it in brackets"
_NO_TABLE = "must be a table of keys and values; write one"
#: By the kind of the complaint, with its values by their names.
_REASONS = {
    "missing": "is needed; add it",
    "extra_forbidden": "there is no such key; correct it or leave it out",
    "finite_number": "must be finite; write a number that is",
    "greater_than": "must be above {gt}; raise it",
    "greater_than_equal": "must be at least {ge}; raise it",
    "less_than": "must be below {lt}; lower it",
    "less_than_equal": "must be at most {le}; lower it",
    "too_short": "must have at least {min_length} entries; add some",
    "too_long": "must have at most {max_length} entries; leave some out",
    "literal_error": "must be {expected}; choose one",
    "string_type": "must be a text; write it in quotes",
    **dict.fromkeys(_INTEGER, _NO_INTEGER),
    **dict.fromkeys(("float_type", "float_parsing"), _NO_NUMBER),
    **dict.fromkeys(("tuple_type", "list_type"), _NO_LIST),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), _NO_TABLE),
}


def reason_of(complaint: Mapping[str, Any], otherwise: str) -> str:
    """Return what is wrong and the remedy, with a semicolon between.

    Parameters
    ----------
    complaint : mapping
        One of ``ValidationError.errors()``.
    otherwise : str
        For kinds that are not foreseen.

    Examples
    --------
    >>> reason_of({"type": "greater_than", "ctx": {"gt": 0}}, "")
    'must be above 0; raise it'
    """
    known = _REASONS.get(complaint["type"])
    return otherwise if known is None else known.format(**complaint.get("ctx", {}))


def with_value(reason: str, value: object) -> str:
    """Return a reason that says what was given.

    Examples
    --------
    >>> with_value("must be above 0; raise it", -3)
    'must be above 0, got -3; raise it'
    """
    what, semicolon, remedy = reason.partition("; ")
    return f"{what}, got {value!r}{semicolon}{remedy}"
