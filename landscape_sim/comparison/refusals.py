"""Refusals inside a study: a missing number has a reason, and a refused case has a name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from landscape_sim.validation import InputError

Result = TypeVar("Result")


def attempt(reasons: list[str], what: str, compute: Callable[[], Result]) -> Result | None:
    """Return what ``compute`` does; where it refuses, None, and the reason joins ``reasons``."""
    try:
        return compute()
    except InputError as refusal:
        reasons.append(f"no {what}: {refusal}")
        return None


@contextmanager
def named_case(name: str) -> Iterator[None]:
    """Say in a refusal which case of the study it is about."""
    try:
        yield
    except InputError as refusal:
        raise InputError(f"{name}: {refusal}") from refusal
