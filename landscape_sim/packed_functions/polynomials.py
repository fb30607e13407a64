"""Polynomials for loops over lanes."""

from __future__ import annotations

from typing import Any

from landscape_sim.jit import inlined


@inlined
def horner(c: Any, x: Any) -> Any:
    """Return ``c[0] + c[1] x + …`` by Horner's rule."""
    value = c[len(c) - 1]
    for i in range(len(c) - 2, -1, -1):
        value = value * x + c[i]
    return value


@inlined
def even_and_odd(c: Any, x: Any) -> Any:
    """Return ``c[0] + c[1] x + …``, from its even and its odd terms.

    Two chains of multiplications, each half as long as one of all terms.
    """
    square = x * x
    last, before = c[len(c) - 1], c[len(c) - 2]
    for i in range(len(c) - 3, -1, -1):
        last, before = before, last * square + c[i]
    return before + x * last
