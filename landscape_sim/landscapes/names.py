"""The names in a formula: of its coordinates, and of numbers that are given apart."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Mapping, Sequence

from landscape_sim.landscapes.expression import FUNCTIONS
from landscape_sim.validation import InputError, as_float


def read_variables(variables: str | Sequence[str]) -> tuple[str, ...]:
    """Return the names in ``variables``, a sequence or a text such as ``"x, y"``.

    Raises
    ------
    InputError
        If there is no name, one is no identifier or means something else, or one comes twice.
    """
    if isinstance(variables, str):
        variables = re.split(r"[,\s]+", variables.strip())
    if not isinstance(variables, Sequence) or not variables:
        raise InputError(
            f"variables must name at least one coordinate, as in 'x', got {variables!r}"
        )
    names = tuple(variables)
    for name in names:
        _check_name("variables", name)
        if names.count(name) > 1:
            raise InputError(f"variables: {name!r} is named twice; name every variable once")
    return names


def read_parameters(
    parameters: Mapping[str, float] | None, variables: tuple[str, ...]
) -> dict[str, float]:
    """Return the named numbers of a formula.

    Raises
    ------
    InputError
        If a name is no identifier or means something else, or a value is no finite number.
    """
    if not isinstance(parameters or {}, Mapping):
        raise InputError(
            f"parameters must be a table of names and numbers, as in {{'a': 0.1}}, got "
            f"{parameters!r}"
        )
    found = dict(parameters or {})
    for name, value in found.items():
        _check_name("parameters", name)
        if name in variables:
            raise InputError(f"parameters: {name!r} is a variable already; choose another name")
        if not math.isfinite(as_float(value)):
            raise InputError(f"parameters: {name} must be a finite number, got {value!r}")
    return {name: float(value) for name, value in found.items()}


def _check_name(key: str, name: object) -> None:
    if not (isinstance(name, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)):
        raise InputError(f"{key}: {name!r} is no name; give letters, as in 'x, y'")
    if keyword.iskeyword(name) or name in FUNCTIONS or name == "pi":
        raise InputError(f"{key}: {name!r} already means something; choose another name")
