"""What a user writes, checked: what is wrong is said in one line, with key, value and remedy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from landscape_sim.complaints import reason_of, with_value
from landscape_sim.validation import InputError

#: A place in what was written: keys, and numbers of entries of a list.
Location = tuple[int | str, ...]

#: Checks of our own speak for themselves.
_OWN = ("value_error", "no_table")
#: Keys whose values are true or false.
_SWITCHES = frozenset({"reflecting"})
_OTHER = "cannot be used as it is; write it as docs/studies.md has it"


class Written(BaseModel):
    """A table of keys and values: nothing besides them, finite numbers, truth for switches only.

    Raises
    ------
    InputError
        If something is wrong with it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, /, **content: Any) -> None:
        """Check the content.

        Raises
        ------
        InputError
            If a value is out of range.
        """
        try:
            _refuse_truth(content)
            super().__init__(**content)
        except ValidationError as error:
            raise refusal(error, self.key) from error

    @classmethod
    def key(cls, place: Location) -> str:
        """Return the key of the file at this place."""
        return ".".join(map(str, place)) or "study"


def refusal(error: ValidationError, name_of: Callable[[Location], str]) -> InputError:
    """Return the first complaint of pydantic in one line, in our words."""
    first = error.errors()[0]
    place: Location = first["loc"]
    # A table in a table has said already what is wrong, and where in it.
    while isinstance(cause := _cause(first), ValidationError):
        first = cause.errors()[0]
        place += first["loc"]
    reason = _reason(first)
    value = first["input"]
    if isinstance(value, Mapping) or first["type"] == "missing" or _is_said(value, reason):
        return InputError(f"{name_of(place)}: {reason}")
    return InputError(f"{name_of(place)}: {with_value(reason, value)}")


def _is_said(value: object, reason: str) -> bool:
    return ", got " in reason or (isinstance(value, str) and repr(value) in reason)


def _cause(complaint: Any) -> BaseException | None:
    inner = complaint.get("ctx", {}).get("error")
    return inner.__cause__ if isinstance(inner, InputError) else None


def _reason(complaint: Any) -> str:
    kind, values = complaint["type"], complaint.get("ctx", {})
    if kind in _OWN:
        return str(values.get("error") or complaint["msg"])
    return reason_of(complaint, _OTHER)


def _refuse_truth(content: Any) -> None:
    """Refuse true and false, which would pass as the numbers 1 and 0, but of switches."""
    ahead: list[tuple[Location, Any]] = [((), content)]
    while ahead:
        place, value = ahead.pop()
        if isinstance(value, bool | np.bool_) and (not place or place[-1] not in _SWITCHES):
            complaint = ValueError("must not be true or false; write a number or a text")
            raise ValidationError.from_exception_data(
                "study",
                [
                    {
                        "type": "value_error",
                        "loc": place,
                        "input": value,
                        "ctx": {"error": complaint},
                    }
                ],
            )
        if isinstance(value, Mapping):
            ahead += [((*place, key), one) for key, one in value.items()]
        elif isinstance(value, list | tuple):
            ahead += [((*place, number), one) for number, one in enumerate(value)]
