"""Whether gradient and Hessian are those of the loss: a check of landscapes from outside."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.box import SearchBox, quiet
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.landscapes.critical_points import digits, identity
from landscape_sim.validation import InputError

Array = NDArray[np.float64]

_POSITIONS = 8
#: Lengths of the differences, as fractions of the box.
_STEPS = 0.03 / 3.0 ** np.arange(9)
#: A derivative is wrong if it is off by this share of its typical size, ...
_WRONG = 1e-3
#: ... and by so many times the error of the differences.
_CERTAIN = 10.0


def check_derivatives(landscape: LandscapeLike) -> None:
    """Refuse a landscape whose gradient or Hessian is not that of its loss.

    At some positions of the search box both are compared along a random direction with central
    differences, of the loss and of the gradient. The error of a difference is what it changes
    by from step to step, at the steps where that is least, and their rounding; kinks and overflow
    make it large, and then nothing is said.

    Raises
    ------
    InputError
        If one is off by more than a thousandth of its size and ten times that error.
    """
    _check(cast(Hashable, landscape), identity(landscape))


@lru_cache(maxsize=256)
def _check(landscape: Any, key: Any) -> None:
    box = SearchBox.of(landscape)
    directions = np.random.default_rng(0).normal(size=(_POSITIONS, len(box.width)))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)

    def loss(x: Position) -> Array:
        return np.array([landscape.loss(x)], dtype=float)

    def gradient(x: Position) -> Array:
        return np.asarray(box.width * np.array(landscape.gradient(x), dtype=float))

    with quiet():
        for inside, direction in zip(
            box.inside(box.sample())[:_POSITIONS], directions, strict=True
        ):
            position = box.outside(inside)
            slopes = gradient(position)
            claimed = np.array([slopes @ direction])
            scale = float(np.linalg.norm(slopes))
            _compare(box, "gradient", "loss", loss, inside, direction, claimed, scale)
            hessian = box.width[:, None] * np.asarray(landscape.hessian(position)) * box.width
            if np.all(np.isfinite(hessian)):
                claimed, scale = hessian @ direction, float(np.linalg.norm(hessian))
                _compare(box, "Hessian", "gradient", gradient, inside, direction, claimed, scale)


# Wide: what is compared, of what, where and with what
def _compare(
    box: SearchBox,
    name: str,
    of: str,
    function: Callable[[Position], Array],
    inside: Array,
    direction: Array,
    claimed: Array,
    scale: float,
) -> None:
    """Refuse a derivative along a direction that differs from the differences of a function."""
    found, error = _differences(lambda step: function(box.outside(inside + step * direction)))
    off = float(np.linalg.norm(claimed - found))
    size = max(scale, float(np.linalg.norm(found)))
    if off > _WRONG * size and off > _CERTAIN * error:
        raise InputError(
            f"the {name} is not that of the {of}: at {box.outside(inside)!r}, along "
            f"{digits(box.width * direction)}, it gives {digits(claimed)}, and differences of the "
            f"{of} give {digits(found)}; correct {name.lower()} or {of}"
        )


def _differences(along: Callable[[float], Array]) -> tuple[Array, float]:
    """Return the derivative at zero by central differences, and its error."""
    ahead, behind = (np.array([along(sign * step) for step in _STEPS]) for sign in (1.0, -1.0))
    values = (ahead - behind) / (2.0 * _STEPS[:, None])
    changes = np.linalg.norm(np.diff(values, axis=0), axis=1)
    size = np.linalg.norm(np.abs(ahead) + np.abs(behind), axis=1)
    rounding = np.finfo(np.float64).eps * size / _STEPS
    errors = np.maximum(changes[1:], changes[:-1]) + rounding[1:-1]
    errors = np.where(np.isfinite(errors), errors, np.inf)
    best = int(np.argmin(errors))
    return values[best + 1], float(errors[best])
