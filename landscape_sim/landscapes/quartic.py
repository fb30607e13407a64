"""One-dimensional double wells: the symmetric quartic and a tilted one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import Position
from landscape_sim.validation import InputError, require_positive


def floor_from_loss_ratio(loss_ratio: float, minimum: float, saddle: float) -> float:
    """Return the constant that gives saddle and minimum the ratio ``loss_ratio``.

    ``minimum`` and ``saddle`` are the values of the landscape without the constant.

    >>> floor_from_loss_ratio(5.0, 0.0, 1.0)
    0.25
    """
    if not (np.isfinite(loss_ratio) and loss_ratio > 1):
        raise InputError(f"loss_ratio = L^s/L* must be finite and exceed 1, got {loss_ratio!r}")
    return float((saddle - loss_ratio * minimum) / (loss_ratio - 1.0))


class QuarticDoubleWell(NamedTuple):
    """The symmetric double well ``L(x) = L0 + ΔL (x² − 1)²``.

    Minima at ``±1`` with curvature ``8 ΔL``, saddle at ``0`` with curvature ``−4 ΔL``.

    Attributes
    ----------
    floor : float
        ``L0``, the loss at the minima; loss-proportional noise needs it positive.
    barrier : float
        ``ΔL = L^s − L*``.
    """

    floor: float
    barrier: float

    @classmethod
    def from_loss_ratio(cls, loss_ratio: float, barrier: float) -> QuarticDoubleWell:
        """Return the well whose saddle has ``loss_ratio`` times the loss of its minima.

        Raises
        ------
        InputError
            If ``loss_ratio`` does not exceed 1 or ``barrier`` is not positive.

        Examples
        --------
        >>> QuarticDoubleWell.from_loss_ratio(loss_ratio=5.0, barrier=1.0)
        QuarticDoubleWell(floor=0.25, barrier=1.0)
        """
        barrier = require_positive("barrier", barrier)
        return cls(floor_from_loss_ratio(loss_ratio, 0.0, barrier), barrier)

    def loss(self, x: Any) -> Any:
        """Return ``L(x)``."""
        well = x[0] * x[0] - 1.0
        return self.floor + self.barrier * (well * well)

    def gradient(self, x: Any) -> tuple[Any, ...]:
        """Return ``(L'(x),)``."""
        return (4.0 * self.barrier * x[0] * (x[0] * x[0] - 1.0),)

    def hessian(self, x: Position) -> NDArray[np.float64]:
        """Return ``L''(x)``, shape ``(1, 1)``."""
        return np.array([[4.0 * self.barrier * (3.0 * x[0] * x[0] - 1.0)]])

    def search_box(self) -> tuple[tuple[float, float], ...]:
        """Return an interval that encloses every critical point."""
        return ((-2.0, 2.0),)


class TiltedDoubleWell(NamedTuple):
    """The double well ``L(x) = L0 + ΔL [(x² − 1)² + s x]``, with unequal minima.

    Two minima exist for ``|s| < 8/(3√3) ≈ 1.54``; for ``s > 0`` the left one is the deeper.

    Attributes
    ----------
    floor : float
        ``L0``.
    barrier : float
        ``ΔL``, the barrier without the tilt.
    tilt : float
        ``s``, dimensionless.
    """

    floor: float
    barrier: float
    tilt: float

    @classmethod
    def from_loss_ratio(cls, loss_ratio: float, barrier: float, tilt: float) -> TiltedDoubleWell:
        """Return the well whose saddle has ``loss_ratio`` times the loss of its left minimum.

        Raises
        ------
        InputError
            If ``loss_ratio`` does not exceed 1, ``barrier`` is not positive, the
            tilt leaves no second minimum, or the right minimum would have ``L ≤ 0``.
        """
        barrier = require_positive("barrier", barrier)
        if not abs(tilt) < 8.0 / 27.0**0.5:
            raise InputError(f"tilt must lie within ±1.539 to leave two minima, got {tilt!r}")
        bare = cls(0.0, barrier, tilt)
        left, saddle, right = np.sort(np.roots([4.0, 0.0, -4.0, tilt]).real)
        floor = floor_from_loss_ratio(loss_ratio, bare.loss((left,)), bare.loss((saddle,)))
        if floor + bare.loss((right,)) <= 0.0:
            raise InputError(
                f"loss_ratio {loss_ratio!r} with tilt {tilt!r} makes the loss non-positive in the "
                "right well; lower the loss ratio or raise the tilt"
            )
        return cls(floor, barrier, float(tilt))

    def loss(self, x: Any) -> Any:
        """Return ``L(x)``."""
        well = x[0] * x[0] - 1.0
        return self.floor + self.barrier * (well * well + self.tilt * x[0])

    def gradient(self, x: Any) -> tuple[Any, ...]:
        """Return ``(L'(x),)``."""
        return (self.barrier * (4.0 * x[0] * (x[0] * x[0] - 1.0) + self.tilt),)

    def hessian(self, x: Position) -> NDArray[np.float64]:
        """Return ``L''(x)``, shape ``(1, 1)``."""
        return np.array([[4.0 * self.barrier * (3.0 * x[0] * x[0] - 1.0)]])

    def search_box(self) -> tuple[tuple[float, float], ...]:
        """Return an interval that encloses every critical point."""
        return ((-2.0, 2.0),)
