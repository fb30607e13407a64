"""The vectors of the kernels, compiled for as many coordinates as formulas may have."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

import landscape_sim.kernels.bridge  # noqa: F401  registers what is compiled
from landscape_sim import vectors


@njit
def compiled(x, y):
    return (
        vectors.dot(x, y),
        vectors.displace(x, 2.0, y),
        vectors.multiply(x, vectors.scale(0.5, y)),
    )


@pytest.mark.parametrize("dimension", [1, 24, 25, 64])
def test_algebra_of_many_coordinates(dimension):
    x, y = np.random.default_rng(0).normal(size=(2, dimension))
    inner, moved, product = compiled(tuple(x), tuple(y))
    assert inner == pytest.approx(x @ y, rel=1e-12)
    np.testing.assert_array_equal(moved, x + 2.0 * y)
    np.testing.assert_array_equal(product, x * (0.5 * y))
