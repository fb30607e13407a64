"""The quadratic valley: one minimum, no escape but by instability."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import Position
from landscape_sim.validation import require_count, require_positive
from landscape_sim.vectors import dot, multiply


class QuadraticBowl(NamedTuple):
    """``L(x) = L* + ½ Σ_i k_i x_i²``, with its minimum at the origin.

    Around any minimum the loss looks like this. Under loss-proportional noise the
    stationary density is known in closed form, and exists below the critical
    dimension ``n_c`` only: see :mod:`landscape_sim.theory.stationary`.

    Attributes
    ----------
    floor : float
        ``L*``, the loss at the minimum; loss-proportional noise needs it positive.
    curvatures : tuple of float
        The curvatures ``k_i``, one a direction; flat directions have 0.
    """

    floor: float
    curvatures: tuple[float, ...]

    @classmethod
    def isotropic(cls, floor: float, curvature: float, dimension: int) -> QuadraticBowl:
        """Return the bowl ``L* + ½ h r²`` in ``dimension`` dimensions.

        Raises
        ------
        InputError
            If ``floor`` or ``curvature`` is not positive, or ``dimension`` not a
            positive integer.

        Examples
        --------
        >>> QuadraticBowl.isotropic(floor=1.0, curvature=2.0, dimension=3)
        QuadraticBowl(floor=1.0, curvatures=(2.0, 2.0, 2.0))
        """
        curvature = require_positive("curvature", curvature)
        dimension = require_count("dimension", dimension)
        return cls(require_positive("floor", floor), (curvature,) * dimension)

    def loss(self, x: Any) -> Any:
        """Return ``L(x)``."""
        return self.floor + 0.5 * dot(self.curvatures, multiply(x, x))

    def gradient(self, x: Any) -> tuple[Any, ...]:
        """Return ``∇L(x)``, a tuple of ``n`` components."""
        return multiply(self.curvatures, x)

    def hessian(self, x: Position) -> NDArray[np.float64]:
        """Return the Hessian, shape ``(n, n)``, diagonal and the same everywhere."""
        return np.diag(self.curvatures)

    def search_box(self) -> tuple[tuple[float, float], ...]:
        """Return ``n`` intervals that enclose the minimum."""
        return ((-1.0, 1.0),) * len(self.curvatures)
