"""The packed functions against mpmath: every argument within 4 units in the last place.

Arguments cover the whole range of double precision, denormal numbers included, and crowd where
functions are zero or lose digits. The slow test takes a million of them a function.
"""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
import pytest
from numba import njit

from landscape_sim.jit import JIT_FLAGS
from landscape_sim.packed_functions import exponentials, logarithms, trigonometric
from landscape_sim.random_numbers.normals import N_LANES

MOST_ULPS = 4.0
#: Enough for the reduction of 1e308, and for a thousandth of an ulp of what is left.
DIGITS = 340
ENDS = {
    "exp": (-746.0, 710.0),
    "expm1": (-60.0, 710.0),
    "sinh": (-711.0, 711.0),
    "cosh": (-711.0, 711.0),
    "tanh": (-25.0, 25.0),
}
ROOMS = (exponentials, logarithms, trigonometric)
NAMES = (*ENDS, "log", "log1p", "sin", "cos", "tan", "atan")
EXPONENTS = (0.3, 1.3, -0.7, -2.2, 63.7, -65.9)
SMALLEST, LARGEST = 5e-324, np.finfo(float).max


def packed(name):
    return next(getattr(room, name) for room in ROOMS if hasattr(room, name))


@cache
def over_lanes(function, *fixed):
    """Return ``function`` in a loop over lanes; ``fixed`` are further arguments."""

    @njit(**JIT_FLAGS)
    def kernel(x, y):
        for row in range(len(x)):
            for lane in range(N_LANES):
                y[row, lane] = function(x[row, lane], *fixed)

    return kernel


def values(name, x, *fixed):
    rows = np.resize(x, (-(-len(x) // N_LANES), N_LANES))
    y = np.empty_like(rows)
    over_lanes(packed(name), *fixed)(rows, y)
    return y.ravel()[: len(x)]


def ulps(value, exact):
    """Return the error in units in the last place of the exact value, a number of mpmath."""
    nearest = float(exact)
    if not np.isfinite(value) or not np.isfinite(nearest):
        return 0.0 if value == nearest else np.inf
    return float(abs(mpmath.mpf(value) - exact) / mpmath.mpf(float(np.spacing(abs(nearest)))))


def largest_error(y, function, x):
    with mpmath.workdps(50):
        return max(
            ulps(float(value), function(mpmath.mpf(float(argument))))
            for argument, value in zip(x, y, strict=True)
        )


def over_all_sizes(generator, n, low=SMALLEST, high=LARGEST):
    return np.exp(generator.uniform(np.log(low), np.log(high), n)).clip(low, high)


def arguments(name, n):
    """Return ``n`` arguments of a function, a part each of what is hard and what is usual."""
    generator = np.random.default_rng(5)
    part = n // 4
    signs = generator.choice([-1.0, 1.0], part)
    usual = generator.uniform(-3.0, 3.0, n - 3 * part)
    if name in ENDS:
        whole = generator.uniform(*ENDS[name], part)
        near_end = generator.uniform(*sorted((0.94 * ENDS[name][0], ENDS[name][0])), part)
        return np.concatenate([usual, whole, near_end, signs * over_all_sizes(generator, part)])
    if name in ("log", "log1p"):
        near_one = signs * over_all_sizes(generator, part, 1e-16, 0.5)
        shift = 1.0 if name == "log" else 0.0
        near_zero = over_all_sizes(generator, part) - (name == "log1p")
        whole = over_all_sizes(generator, part)
        return np.concatenate([abs(usual), shift + near_one, near_zero, whole])
    whole = signs * over_all_sizes(generator, part)
    if name == "atan":
        return np.concatenate([usual, whole, 10 * usual[:part], 1 + usual[:part] * 1e-9])
    # Doubles closest to multiples of π/2, and all sizes up to the end of the reduction.
    turns = np.round(generator.uniform(1, 1e7 / 1.5708, part)) * (np.pi / 2)
    return np.concatenate([usual, whole, turns, generator.uniform(-1e7, 1e7, part)])


def assert_accurate(name, n):
    x = arguments(name, n)
    assert len(x) == n
    digits = DIGITS if name in ("sin", "cos", "tan") else 50
    exact = getattr(mpmath, name)

    def precise(argument):
        with mpmath.workdps(digits if abs(argument) > 1e20 else 50):
            return exact(argument)

    assert largest_error(values(name, x), precise, x) <= MOST_ULPS


def assert_powers_accurate(exponent, n):
    generator = np.random.default_rng(6)
    reach = min(700.0 / abs(exponent), 700.0)
    whole = np.exp(generator.uniform(-reach, reach, n // 2))
    x = np.concatenate([whole, generator.uniform(0.5, 2.0, n - n // 2)])
    error = largest_error(
        values("power", x, exponent), lambda x: mpmath.power(x, mpmath.mpf(exponent)), x
    )
    assert error <= MOST_ULPS


@pytest.mark.parametrize("name", NAMES)
def test_within_four_units_in_the_last_place(name):
    assert_accurate(name, 10_000)


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_powers_within_four_units_in_the_last_place(exponent):
    assert_powers_accurate(exponent, 2_000)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_million_arguments(name):
    assert_accurate(name, 1_000_000)


@pytest.mark.slow
@pytest.mark.parametrize("exponent", EXPONENTS[:2])
def test_a_million_powers(exponent):
    assert_powers_accurate(exponent, 1_000_000)


def test_five_units_would_be_seen():
    x = arguments("exp", 1_000)
    off = values("exp", x)
    off += 5 * np.spacing(off)
    assert largest_error(off, mpmath.exp, x) > MOST_ULPS


EDGES = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, SMALLEST, -SMALLEST, LARGEST, -LARGEST, -1.0])


@pytest.mark.parametrize("name", NAMES)
def test_edges_are_those_of_ieee(name):
    with np.errstate(all="ignore"):
        expected = getattr(np, {"atan": "arctan"}.get(name, name))(EDGES)
    found = values(name, EDGES)
    np.testing.assert_allclose(found, expected, rtol=1e-15)
    zeros = expected == 0.0
    np.testing.assert_array_equal(np.signbit(found[zeros]), np.signbit(expected[zeros]))


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_edges_of_powers(exponent):
    x = EDGES[np.signbit(EDGES) == 0]
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(values("power", x, exponent), x**exponent, rtol=1e-15)
    assert np.isnan(values("power", np.array([-1.0, -np.inf]), exponent)).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_value_does_not_depend_on_its_place(name):
    """Neither on the pack nor on the lane, nor on what stands in the others, nor on packing."""
    x = arguments(name, 640)
    in_order, shuffled = values(name, x), np.random.default_rng(7).permutation(len(x))
    np.testing.assert_array_equal(values(name, x[shuffled]), in_order[shuffled])
    function = packed(name)

    @njit(**JIT_FLAGS)
    def one_of_them(one):
        return function(one)

    alone = np.array([one_of_them(float(one)) for one in x])
    np.testing.assert_array_equal(alone, in_order)
