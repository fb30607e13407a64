"""A double well in one direction and parabolas in the others."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import Position
from landscape_sim.landscapes.quartic import floor_from_loss_ratio
from landscape_sim.validation import InputError, require_positive
from landscape_sim.vectors import dot, multiply


class SeparableDoubleWell(NamedTuple):
    """``L(x) = L0 + ΔL (x_1² − 1)² + ½ Σ_i k_i x_i²`` with ``i = 2 … n``.

    The loss is a sum, but loss-proportional noise couples the directions: this
    is where the factor ``n/2`` of Eq. (15) shows. Minima at ``x_1 = ±1``, saddle
    at the origin, escape direction ``x_1``.

    Attributes
    ----------
    floor : float
        ``L0``, the loss at the minima.
    barrier : float
        ``ΔL = L^s − L*``.
    stiffness : tuple of float
        The ``n − 1`` curvatures ``k_i``.
    """

    floor: float
    barrier: float
    stiffness: tuple[float, ...]

    @classmethod
    def from_loss_ratio(
        cls, loss_ratio: float, barrier: float, stiffness: tuple[float, ...]
    ) -> SeparableDoubleWell:
        """Return the well whose saddle has ``loss_ratio`` times the loss of its minima.

        Raises
        ------
        InputError
            If ``loss_ratio`` does not exceed 1, or ``barrier`` or a stiffness is
            not positive, or there is no stiffness at all.

        Examples
        --------
        >>> SeparableDoubleWell.from_loss_ratio(5.0, barrier=1.0, stiffness=(8.0, 8.0, 8.0))
        SeparableDoubleWell(floor=0.25, barrier=1.0, stiffness=(8.0, 8.0, 8.0))
        """
        if len(stiffness) == 0:
            raise InputError("stiffness is empty; use QuarticDoubleWell in one dimension")
        barrier = require_positive("barrier", barrier)
        stiffness = tuple(require_positive("stiffness", k) for k in stiffness)
        return cls(floor_from_loss_ratio(loss_ratio, 0.0, barrier), barrier, stiffness)

    def loss(self, x: Any) -> Any:
        """Return ``L(x)``."""
        well = x[0] * x[0] - 1.0
        parabolas = 0.5 * dot(self.stiffness, multiply(x[1:], x[1:]))
        return self.floor + self.barrier * (well * well) + parabolas

    def gradient(self, x: Any) -> tuple[Any, ...]:
        """Return ``∇L(x)``, a tuple of ``n`` components."""
        along = 4.0 * self.barrier * x[0] * (x[0] * x[0] - 1.0)
        return (along,) + multiply(self.stiffness, x[1:])  # noqa: RUF005 (Numba has no unpacking)

    def hessian(self, x: Position) -> NDArray[np.float64]:
        """Return the Hessian, shape ``(n, n)``, diagonal."""
        along = 4.0 * self.barrier * (3.0 * x[0] * x[0] - 1.0)
        return np.diag([along, *self.stiffness])

    def hessians(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the Hessian at every row of ``positions``, shape ``(m, n, n)``, at once."""
        found = np.broadcast_to(
            np.diag((0.0, *self.stiffness)), (len(positions), *[len(self.stiffness) + 1] * 2)
        ).copy()
        found[:, 0, 0] = 4.0 * self.barrier * (3.0 * positions[:, 0] ** 2 - 1.0)
        return found

    def search_box(self) -> tuple[tuple[float, float], ...]:
        """Return ``n`` intervals that enclose every critical point."""
        return ((-2.0, 2.0),) + ((-1.0, 1.0),) * len(self.stiffness)
