"""The name of an answer: a hash of all that its numbers depend on."""

from __future__ import annotations

import hashlib
import json
import platform
import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any

from landscape_sim.comparison.stored_values import encoded
from landscape_sim.jit.sources import sources_digest
from landscape_sim.jit.unknown import UnknownCode
from landscape_sim.result_files import installed_versions

_LIBRARIES = ("numpy", "scipy", "numba", "llvmlite", "sympy")


def case_key(depends_on: Mapping[str, Any], module: str) -> str:
    """Return the hash of what was asked, and of the code that answers.

    Two answers of one key are the same bits, on machines of one kind. What does not change a
    number stands in no key: threads, the name of a study, its other cases.

    Parameters
    ----------
    depends_on : mapping
        Problem, method, accuracy, stream of random numbers.
    module : str
        Of the package: it answers, with all that it imports.
    """
    asked = json.dumps(encoded(depends_on, {}), ensure_ascii=False)
    text = "\n".join([asked, code_digest(module)])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def code_digest(module: str) -> str:
    """Return what tells code from other code: sources of the package, libraries, machine."""
    try:
        sources = sources_digest(frozenset({module}))
    except UnknownCode:  # edited while this process runs: its answers serve no other
        sources = uuid.uuid4().hex
    libraries = json.dumps(installed_versions(_LIBRARIES))
    return "\n".join([sources, libraries, platform.machine()])
