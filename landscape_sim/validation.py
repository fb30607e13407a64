"""What a public function refuses, and how it says so.

Every check raises :class:`InputError` with one line that names the offending
value and the remedy; the command line prints that line and exits with code 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real

#: Beyond it the normal and Student's law, on which intervals rest, say nothing of a sample.
HIGHEST_CONFIDENCE = 0.999999999
#: Of what is counted: signed integers of 64 bits hold no more.
MOST = 2**63 - 1
#: A word of a message, unless it is a path, and a message.
_LONGEST_WORD, _LONGEST_LINE = 100, 1500
_FIRST, _LAST = 40, 400


class InputError(ValueError):
    """An argument, a file or a landscape that cannot be used as given."""

    def __init__(self, message: str) -> None:
        super().__init__(in_one_line(message))


def in_one_line(text: str) -> str:
    r"""Return a message as one line that can be read, whatever somebody put into it.

    What cannot be printed is escaped; of what is very long the beginning stands, and of a whole
    message the end too, with the remedy.

    Examples
    --------
    >>> in_one_line("seed:\n" + "1" * 300)
    'seed: 1111111111111111111111111111111111111111…'
    """
    words = ("".join(map(_printable, word)) for word in text.split())
    line = " ".join(
        f"{word[:_FIRST]}…" if len(word) > _LONGEST_WORD and "/" not in word else word
        for word in words
    )
    if len(line) <= _LONGEST_LINE:
        return line
    return f"{line[: _LONGEST_LINE - _LAST]} … {line[-_LAST:]}"


def _printable(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]


def listed(names: Iterable[object], most: int = 20) -> str:
    """Return names with commas; of many only the first.

    >>> listed(range(5), most=2)
    '0, 1 and 3 more'
    """
    texts = [str(name) for name in names]
    rest = len(texts) - most
    return ", ".join(texts) if rest <= 0 else f"{', '.join(texts[:most])} and {rest} more"


def as_float(value: object) -> float:
    """Return a number as a float, NaN for what is none, infinity for what is too large."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def require_positive(name: str, value: float, remedy: str = "") -> float:
    """Return ``value`` as a float, or refuse it unless it is finite and positive."""
    if 0 < as_float(value) < math.inf:
        return float(value)
    raise InputError(f"{name} must be a positive finite number, got {value!r}{_hint(remedy)}")


def require_fraction(name: str, value: float, remedy: str = "") -> float:
    """Return ``value`` as a float, or refuse it unless it lies strictly in (0, 1)."""
    if 0 < as_float(value) < 1:
        return float(value)
    raise InputError(f"{name} must lie strictly between 0 and 1, got {value!r}{_hint(remedy)}")


def require_confidence_level(value: float) -> float:
    """Return a confidence level as a float, or refuse one that no interval here can have."""
    level = require_fraction("confidence_level", value, "0.95 is usual")
    if level > HIGHEST_CONFIDENCE:
        raise InputError(
            f"confidence_level must not exceed {HIGHEST_CONFIDENCE}, got {level!r}; no interval "
            "is known so well; 0.95 is usual"
        )
    return level


def require_relative_error(value: float) -> float:
    """Return a relative error as a float, or refuse it unless it lies strictly in (0, 1)."""
    return require_fraction("relative_error", value, "0.05 stands for 5 %")


def require_count(name: str, value: int, minimum: int = 1) -> int:
    """Return ``value`` as an int, or refuse it unless it is an integer ``>= minimum``.

    Nothing can be counted to more than 64 bits hold.
    """
    count = _require_integer(name, value, minimum)
    if count > MOST:
        raise InputError(f"{name} must be at most {MOST:.2g}, got one of {count.bit_length()} bits")
    return count


def require_seed(seed: int) -> int:
    """Return a seed, an integer of any size that is not negative."""
    return _require_integer("seed", seed, 0)


def _require_integer(name: str, value: int, minimum: int) -> int:
    if isinstance(value, Integral) and not isinstance(value, bool) and value >= minimum:
        return int(value)
    raise InputError(f"{name} must be an integer of at least {minimum}, got {value!r}")


def _hint(remedy: str) -> str:
    return f"; {remedy}" if remedy else ""
