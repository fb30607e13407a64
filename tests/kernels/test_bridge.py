"""The vectors of the kernels, compiled for as many coordinates as formulas may have."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from landscape_sim import vectors
from landscape_sim.kernels import bridge


@njit
def compiled(x, y):
    return (
        vectors.dot(x, y),
        vectors.displace(x, 2.0, y),
        vectors.multiply(x, vectors.scale(0.5, y)),
        vectors.transform((x, y), y),
    )


@pytest.mark.parametrize("dimension", [1, 24, 25, 64])
def test_algebra_of_many_coordinates(dimension):
    x, y = np.random.default_rng(0).normal(size=(2, dimension))
    inner, moved, product, turned = compiled(tuple(x), tuple(y))
    assert inner == pytest.approx(x @ y, rel=1e-12)
    np.testing.assert_array_equal(moved, x + 2.0 * y)
    np.testing.assert_array_equal(product, x * (0.5 * y))
    np.testing.assert_allclose(turned, (x @ y, y @ y), rtol=1e-12)


@njit
def folded(x, y, low, high):
    return vectors.reflect(x, low, high), vectors.mirror(y, x, low, high)


@pytest.mark.parametrize("dimension", [1, 2, 25])
def test_walls_fold_positions_and_turn_slopes(dimension):
    rng = np.random.default_rng(1)
    low, high = np.full(dimension, -0.5), np.full(dimension, 0.75)
    low[rng.random(dimension) < 0.3] = -np.inf
    high[rng.random(dimension) < 0.3] = np.inf
    for spread in (0.1, 1.0, 100.0):
        x, y = spread * rng.normal(size=dimension), rng.normal(size=dimension)
        box = tuple(low), tuple(high)
        inside, turned = folded(tuple(x), tuple(y), *box)
        np.testing.assert_array_equal(inside, vectors.reflect(tuple(x), *box))
        np.testing.assert_array_equal(turned, vectors.mirror(tuple(y), tuple(x), *box))
        assert np.all((low <= inside) & (inside <= high))
    assert np.isnan(folded((np.nan,), (1.0,), (0.0,), (1.0,))[0][0])


def test_algebra_takes_whole_numbers_and_no_coordinate_at_all():
    inner, moved, product, turned = compiled((1, 2.0), (3, 4))
    assert (inner, moved, product, turned) == (11.0, (7.0, 10.0), (1.5, 4.0), (11.0, 25.0))
    assert compiled((), ()) == (0.0, (), (), (0.0, 0.0))


def test_columns_are_read_and_written():
    @njit
    def swap(rows, other):
        for lane in range(rows.shape[1]):
            here = bridge.load(rows, lane, (0.0, 0.0))
            bridge.store(rows, lane, bridge.load(other, lane, (0.0, 0.0)))
            bridge.store(other, lane, here)

    rows, other = np.arange(8.0).reshape(2, 4), -np.arange(8.0).reshape(2, 4).astype(np.float32)
    swap(rows, other)
    np.testing.assert_array_equal(rows, -np.arange(8.0).reshape(2, 4))
    np.testing.assert_array_equal(other, np.arange(8.0).reshape(2, 4))
