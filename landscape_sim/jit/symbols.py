"""Names of machine code that no other process gives.

Numba numbers the functions that it compiles from 1 on in every process, and the number is what
tells symbols of one name apart. Two pieces of machine code from the disk may then define the
same symbol, and the second one runs code of the first. Here every process counts from a number
of its own.
"""

from __future__ import annotations

import itertools
import os
import re
import secrets
from typing import Any

from numba.core.bytecode import FunctionIdentity

#: Numbers have so many digits that those of Numba itself are seen to be none of these.
_FIRST = 10**18
#: A symbol with a number of few digits: the length of the tag is one digit, ``B3v12``.
_OF_NUMBA_ITSELF = re.compile(rb"B[2-9]v[0-9]")


def count_from_own_number() -> None:
    """Let Numba number its functions from a random number on, in this process."""
    numbers: Any = itertools.count(_FIRST + secrets.randbelow(8 * _FIRST))
    FunctionIdentity._unique_ids = numbers


def has_common_names(machine_code: bytes) -> bool:
    """Return whether symbols have numbers that another process may give.

    Such are functions that were compiled before this package was imported.
    """
    return _OF_NUMBA_ITSELF.search(machine_code) is not None


count_from_own_number()
# A child goes on from its parent's number otherwise, and so do its siblings.
os.register_at_fork(after_in_child=count_from_own_number)
