"""What a landscape offers, and what a critical point of it is.

A landscape is a :class:`typing.NamedTuple` of floats (or tuples of floats) with
the methods below. A position is a tuple of ``n`` coordinates, ``(x,)`` in one
dimension; coordinates may be arrays, so one method serves kernel, quadrature
and plot. ``loss`` and ``gradient`` are compiled for the kernels: they may use
arithmetic, :mod:`landscape_sim.vectors`, :mod:`landscape_sim.elementary`, and ``numpy``
scalar functions, which are slower there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from landscape_sim.validation import InputError

Position = tuple[float, ...]


class LandscapeLike(Protocol):
    """The loss ``L(x)`` of an analytic landscape, with two derivatives."""

    def loss(self, x: Any, /) -> Any:
        """Return ``L(x)``."""

    def gradient(self, x: Any, /) -> tuple[Any, ...]:
        """Return ``∇L(x)``, a tuple of ``n`` components."""

    def hessian(self, x: Position, /) -> NDArray[np.float64]:
        """Return the Hessian of ``L`` at ``x``, shape ``(n, n)``."""

    def search_box(self) -> tuple[tuple[float, float], ...]:
        """Return ``n`` pairs ``(low, high)`` that enclose every critical point."""


def require_landscape(landscape: object) -> None:
    """Refuse what is no landscape.

    Raises
    ------
    InputError
        If it is a class, or lacks a method that every landscape has.
    """
    methods = ("loss", "gradient", "hessian", "search_box")
    if isinstance(landscape, type) or not all(hasattr(landscape, name) for name in methods):
        raise InputError(
            f"landscape must have the methods {', '.join(methods)}, got {landscape!r}; see "
            "Landscape.from_expression for one from a formula"
        )


@dataclass(frozen=True, eq=False)
class CriticalPoint:
    """A point where ``∇L = 0``.

    Attributes
    ----------
    position : tuple of float
        The ``n`` coordinates.
    loss : float
        ``L`` there.
    eigenvalues : ndarray, shape (n,)
        Eigenvalues of the Hessian, ascending.
    eigenvectors : ndarray, shape (n, n)
        Orthonormal eigenvectors, one a column.
    """

    position: Position
    loss: float
    eigenvalues: NDArray[np.float64]
    eigenvectors: NDArray[np.float64]

    @property
    def index(self) -> int:
        """Number of negative eigenvalues: 0 at a minimum, 1 at a saddle of an escape."""
        return int(np.count_nonzero(self.eigenvalues < 0))
