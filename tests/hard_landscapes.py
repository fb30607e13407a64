"""Landscapes on which a search for critical points can go wrong, with their known answers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.stats import special_ortho_group

from landscape_sim.vectors import displace, multiply, transform


class CurvedValley(NamedTuple):
    """``0.1 + ¼ (x² − 1)² + ½ k (y − x²)²``: minima ``(±1, 1)``, saddle ``(0, 0)``."""

    stiffness: float

    def loss(self, x):
        return 0.1 + 0.25 * (x[0] ** 2 - 1.0) ** 2 + 0.5 * self.stiffness * (x[1] - x[0] ** 2) ** 2

    def gradient(self, x):
        off = self.stiffness * (x[1] - x[0] ** 2)
        return (x[0] * (x[0] ** 2 - 1.0) - 2.0 * x[0] * off, off)

    def hessian(self, x):
        k = self.stiffness
        top = 3.0 * x[0] ** 2 - 1.0 - 2.0 * k * x[1] + 6.0 * k * x[0] ** 2
        return np.array([[top, -2.0 * k * x[0]], [-2.0 * k * x[0], k]])

    def search_box(self):
        return ((-2.0, 2.0), (-1.0, 3.0))


class Rotated(NamedTuple):
    """Another landscape, seen from rotated axes: ``L(R x)``."""

    inner: Any
    rows: Any
    columns: Any

    @classmethod
    def at_random(cls, inner):
        n = len(inner.search_box())
        matrix = special_ortho_group(n, seed=1).rvs()
        return cls(inner, tuple(map(tuple, matrix.tolist())), tuple(map(tuple, matrix.T.tolist())))

    def loss(self, x):
        return self.inner.loss(transform(self.rows, x))

    def gradient(self, x):
        return transform(self.columns, self.inner.gradient(transform(self.rows, x)))

    def hessian(self, x):
        rotation = np.array(self.rows)
        return rotation.T @ self.inner.hessian(transform(self.rows, x)) @ rotation

    def search_box(self):
        return ((-2.0, 2.0),) * len(self.rows)


class TripleWell(NamedTuple):
    """``0.1 + x² (x² − 1)² + y²``: minima at ``x = −1, 0, 1``, saddles at ``x = ±1/√3``."""

    def loss(self, x):
        return 0.1 + x[0] ** 2 * (x[0] ** 2 - 1.0) ** 2 + x[1] ** 2

    def gradient(self, x):
        return (6.0 * x[0] ** 5 - 8.0 * x[0] ** 3 + 2.0 * x[0], 2.0 * x[1])

    def hessian(self, x):
        return np.diag([30.0 * x[0] ** 4 - 24.0 * x[0] ** 2 + 2.0, 2.0])

    def search_box(self):
        return ((-1.5, 1.5), (-1.0, 1.0))


class Ring(NamedTuple):
    """``0.1 + (r² − 1)² + 0.2 y²``: the line between the minima ``(±1, 0)`` crosses a hill."""

    def loss(self, x):
        return 0.1 + (x[0] ** 2 + x[1] ** 2 - 1.0) ** 2 + 0.2 * x[1] ** 2

    def gradient(self, x):
        off = 4.0 * (x[0] ** 2 + x[1] ** 2 - 1.0)
        return (off * x[0], (off + 0.4) * x[1])

    def hessian(self, x):
        off = 4.0 * (x[0] ** 2 + x[1] ** 2 - 1.0)
        return 8.0 * np.outer(x, x) + np.diag([off, off + 0.4])

    def search_box(self):
        return ((-2.0, 2.0), (-2.0, 2.0))


class MuellerBrown(NamedTuple):
    """The Müller–Brown surface (Theor. Chim. Acta 53 (1979) 75), raised by ``floor``."""

    floor: float

    # Not annotated, hence no fields.
    heights = (-200.0, -100.0, -170.0, 15.0)
    centres = ((1.0, 0.0), (0.0, 0.5), (-0.5, 1.5), (-1.0, 1.0))
    shapes = ((-1.0, 0.0, -10.0), (-1.0, 0.0, -10.0), (-6.5, 11.0, -6.5), (0.7, 0.6, 0.7))

    def terms(self, x):
        for height, centre, (a, b, c) in zip(self.heights, self.centres, self.shapes, strict=True):
            u, v = displace(x, -1.0, centre)
            value = height * np.exp(a * u * u + b * u * v + c * v * v)
            yield value, (2.0 * a * u + b * v, b * u + 2.0 * c * v), (a, b, c)

    def loss(self, x):
        return self.floor + sum(value for value, _, _ in self.terms(x))

    def gradient(self, x):
        total = (0.0, 0.0)
        for value, slope, _ in self.terms(x):
            total = displace(total, value, slope)
        return total

    def hessian(self, x):
        return sum(
            value * (np.outer(slope, slope) + np.array([[2.0 * a, b], [b, 2.0 * c]]))
            for value, slope, (a, b, c) in self.terms(x)
        )

    def search_box(self):
        return ((-1.5, 1.2), (-0.2, 2.0))


class Phases(NamedTuple):
    """``0.1 + Σ ½ (1 − cos θ_i)`` on a box that ends a little beyond the second minimum."""

    n_phases: int

    def loss(self, x):
        return 0.1 + sum(0.5 * (1.0 - np.cos(angle)) for angle in x)

    def gradient(self, x):
        return tuple(0.5 * np.sin(angle) for angle in x)

    def hessian(self, x):
        return np.diag([0.5 * np.cos(angle) for angle in x])

    def search_box(self):
        return ((-1.0, 7.0),) * self.n_phases


class Polynomial(NamedTuple):
    """``0.1 + Σ c_k x^k`` in one dimension, the coefficients from the highest power down."""

    coefficients: tuple[float, ...]
    low: float
    high: float

    def loss(self, x):
        return 0.1 + np.polyval(self.coefficients, x[0])

    def gradient(self, x):
        return (np.polyval(np.polyder(self.coefficients), x[0]),)

    def hessian(self, x):
        return np.array([[np.polyval(np.polyder(self.coefficients, 2), x[0])]])

    def search_box(self):
        return ((self.low, self.high),)


class Parallel(NamedTuple):
    """The curved valley with ``n − 2`` parabolas beside it: a hard landscape in many dimensions."""

    valley: CurvedValley
    stiffness: tuple[float, ...]

    def loss(self, x):
        return self.valley.loss(x[:2]) + sum(
            0.5 * k * y**2 for k, y in zip(self.stiffness, x[2:], strict=True)
        )

    def gradient(self, x):
        return (*self.valley.gradient(x[:2]), *multiply(self.stiffness, x[2:]))

    def hessian(self, x):
        whole = np.diag([0.0, 0.0, *self.stiffness])
        whole[:2, :2] = self.valley.hessian(x[:2])
        return whole

    def search_box(self):
        return self.valley.search_box() + ((-1.0, 1.0),) * len(self.stiffness)


#: Two wells at ``±1`` that lie on the edges of the search box.
ON_THE_EDGE = Polynomial((1.0, 0.0, -2.0, 0.0, 1.0), -1.0, 1.0)
#: ``x⁴ (x − 2)²``: the left well is flat to second order.
FLAT_WELL = Polynomial((1.0, -4.0, 4.0, 0.0, 0.0, 0.0, 0.0), -1.0, 3.0)
#: ``x²``.
SINGLE_WELL = Polynomial((1.0, 0.0, 0.0), -1.0, 1.0)
