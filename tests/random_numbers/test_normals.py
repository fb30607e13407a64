"""The random numbers: moments, tails, independence of streams, and their plain-Python twin.

Every statistical check is at z = 5 (false alarm 6e-7 each, or in all where one check takes
the largest of many), with fixed seeds and a negative control of the same size of sample.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from numba import njit
from scipy import stats

from landscape_sim.random_numbers import normals, xoshiro
from landscape_sim.random_numbers.normals import N_LANES, fill_normals
from landscape_sim.random_numbers.xoshiro import mix, next_word, seed_lane

Z = 5.0
FALSE_ALARM = 2 * stats.norm.sf(Z)
ORDERS = np.arange(9)
THRESHOLDS = (1.0, 2.0, 3.0, 4.0, 5.0)
#: Standard normal moments of order 0 to 16: 0 if odd, else (k − 1)!!.
EXACT_MOMENTS = np.array([float(k % 2 == 0) * math.prod(range(k - 1, 0, -2)) for k in range(17)])


@njit
def fill(states, out):
    fill_normals(states, out)


def generators(key=11, first_path=0):
    states = np.empty((4, N_LANES), np.uint32)
    for lane in range(N_LANES):
        seed_lane(states, lane, np.uint64(key), first_path + lane)
    return states


def draw(n_rows, states=None, rows_per_call=64):
    states = generators() if states is None else states
    out = np.empty((n_rows, N_LANES), np.float32)
    for row in range(0, n_rows, rows_per_call):
        fill(states, out[row : row + rows_per_call])
    return out


class Census(NamedTuple):
    size: int
    moments: np.ndarray  # (9,): raw moments of order 0 to 8
    beyond: dict[tuple[int, float], int]  # (sign, threshold) → count


@pytest.fixture(scope="module")
def census():
    """67 million variates, 19 of them expected beyond 5 sigma on each side."""
    states, n_blocks, rows = generators(), 256, 2**13
    sums, beyond = np.zeros(ORDERS.size), {(s, t): 0 for s in (-1, 1) for t in THRESHOLDS}
    for _ in range(n_blocks):
        x = draw(rows, states, rows).astype(float)
        power = np.ones_like(x)
        for order in ORDERS:
            sums[order] += power.sum()
            power *= x
        for sign, threshold in beyond:
            beyond[sign, threshold] += np.count_nonzero(sign * x > threshold)
    size = n_blocks * rows * N_LANES
    return Census(size, sums / size, beyond)


@pytest.fixture(scope="module")
def sample():
    return draw(2**18).astype(float)


def moment_z(census, scale=1.0):
    """Deviations of the moments of order 1 to 8 of ``scale · x``, in standard errors."""
    variances = EXACT_MOMENTS[2 * ORDERS] - EXACT_MOMENTS[ORDERS] ** 2
    deviations = scale**ORDERS * census.moments - EXACT_MOMENTS[ORDERS]
    return deviations[1:] / np.sqrt(variances[1:] / census.size)


def tail_p_value(census, sign, threshold, scale=1.0):
    """Two-sided binomial p-value of the count beyond ``threshold``, if the law's is ``scale``."""
    count, size = census.beyond[sign, threshold], census.size
    probability = stats.norm.sf(threshold, scale=scale)
    return 2 * min(
        stats.binom.cdf(count, size, probability), stats.binom.sf(count - 1, size, probability)
    )


def test_moments_to_order_eight(census):
    assert np.abs(moment_z(census)).max() < Z


def test_moments_show_a_scale_that_is_wrong_by_one_in_a_thousand(census):
    assert moment_z(census, 1.001)[1] > Z  # 0.002 / sqrt(2 / 6.7e7): 11.6 expected


@pytest.mark.parametrize("threshold", THRESHOLDS)
@pytest.mark.parametrize("sign", [-1, 1])
def test_tails(census, sign, threshold):
    assert tail_p_value(census, sign, threshold) > FALSE_ALARM
    # A scale wrong by a tenth: 184 instead of 19 expected beyond 5 sigma.
    assert tail_p_value(census, sign, threshold, 1.1) < FALSE_ALARM


def test_cut_tails_are_seen(census):
    cut = census._replace(beyond={(1, 5.0): 0})
    assert tail_p_value(cut, 1, 5.0) < 1e-7  # 2 exp(−19.2)


def lag_z(x, lag):
    return np.mean(x[:-lag] * x[lag:]) * math.sqrt(x[lag:].size)


@pytest.mark.parametrize("lag", [1, 2, 3])
def test_successive_variates_are_uncorrelated(sample, lag):
    assert abs(lag_z(sample, lag)) < Z
    echoed = sample[lag:] + 0.01 * sample[:-lag]
    assert abs(lag_z(echoed, lag)) > Z  # 29 expected


def pair_square_z(x):
    """Correlation of the squares of Box–Muller partners, which share a radius."""
    square = (x**2 - 1) / math.sqrt(2)
    return np.mean(square[::2] * square[1::2]) * math.sqrt(square.size / 2)


def test_squares_of_partners_are_uncorrelated(sample):
    assert abs(pair_square_z(sample)) < Z
    # A radius of wrong law, scattered by 5 %: half the variance of its square, 0.005, gives 10.
    scatter = np.random.default_rng(0).normal(1, 0.05, size=(len(sample) // 2, N_LANES))
    assert abs(pair_square_z(sample * np.repeat(scatter, 2, axis=0))) > Z


def uncorrelated(streams):
    """Check the columns against each other, and their squares, at ``FALSE_ALARM`` in all."""
    n_rows, n_streams = streams.shape
    pairs = np.triu_indices(n_streams, 1)
    limit = stats.norm.isf(FALSE_ALARM / 2 / (2 * pairs[0].size))
    return all(
        np.abs((x.T @ x)[pairs]).max() < limit * math.sqrt(n_rows)
        for x in (streams, (streams**2 - 1) / math.sqrt(2))
    )


def test_streams_of_neighbouring_paths_and_keys_are_uncorrelated(sample):
    other_key = draw(2**18, generators(key=12)).astype(float)
    streams = np.hstack([sample, other_key])
    assert uncorrelated(streams)
    streams[:, 40] += 0.03 * streams[:, 3]  # 15 standard errors
    assert not uncorrelated(streams)


def test_distinct_seeds_give_distinct_streams():
    streams = np.hstack([draw(8, generators(*seed)) for seed in ((0, 0), (1, 0), (0, N_LANES))])
    assert np.unique(streams, axis=1).shape == streams.shape


@pytest.mark.parametrize("rows_per_call", [2, 10, 512])
def test_a_stream_does_not_depend_on_the_rows_per_call(rows_per_call):
    np.testing.assert_array_equal(draw(512), draw(512, rows_per_call=rows_per_call))


def test_a_stream_does_not_depend_on_the_lane_or_its_neighbours():
    shifted = draw(512, generators(first_path=5))
    np.testing.assert_array_equal(draw(512)[:, 5:], shifted[:, :-5])


def test_generators_are_the_published_ones():
    # From the authors' C programs: xoshiro128plusplus.c at state 1, 2, 3, 4; splitmix64.c at 0.
    state = tuple(np.arange(1, 5, dtype=np.uint32))
    for expected in (641, 1573767, 3222811527, 3517856514):
        word, *state = next_word(*state)
        assert word == expected
    assert mix(np.uint64(0)) == 0xE220A8397B1DCDAF


def plain_python_normals(monkeypatch, n_rows, next_word=xoshiro.next_word.py_func):
    monkeypatch.setattr(xoshiro, "_rotate", xoshiro._rotate.py_func)
    for name in ("horner", "_log_uniform"):
        monkeypatch.setattr(normals, name, getattr(normals, name).py_func)
    monkeypatch.setattr(normals, "next_word", next_word)
    out = np.empty((n_rows, N_LANES), np.float32)
    with np.errstate(over="ignore"):  # unsigned integers wrap around on purpose
        fill_normals.py_func(generators(), out)
    return out


def test_compiled_and_plain_python_agree(monkeypatch):
    # Contraction to fused multiply-adds moves the last digit: 5e-7 below 6.7 is one.
    fast = draw(256)
    np.testing.assert_allclose(fast, plain_python_normals(monkeypatch, 256), rtol=0, atol=1e-6)


@pytest.mark.parametrize("extreme", [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_extreme_words_give_finite_variates(monkeypatch, extreme):
    def stuck(*state):
        return np.uint32(extreme), *state

    drawn = plain_python_normals(monkeypatch, 2, stuck)
    assert np.isfinite(drawn).all()
    assert np.abs(drawn).max() <= math.sqrt(64 * math.log(2)) + 1e-6  # u = 2^−32 in the radius


@pytest.mark.parametrize(
    ("coefficients", "exact", "low", "high", "stated"),
    [
        (normals._SIN, lambda w: np.sin(np.pi * np.sqrt(w)) / np.sqrt(w), 1e-12, 0.25, 5e-8),
        (normals._COS, lambda w: np.cos(np.pi * np.sqrt(w)), 0.0, 0.25, 5e-8),
        (normals._LOG, lambda f: np.log1p(f) / f, 2**-0.5 - 1, 2**0.5 - 1, 2.3e-7),
    ],
    ids=["sine", "cosine", "logarithm"],
)
def test_polynomials_have_the_stated_errors(coefficients, exact, low, high, stated):
    x = np.linspace(low, high, 10_000)
    # The comment states the interpolant's error; rounding its coefficients adds at most this.
    rounding = sum(
        float(np.spacing(abs(c))) / 2 * np.abs(x) ** i for i, c in enumerate(coefficients)
    )
    error = np.abs(np.polynomial.Polynomial(np.array(coefficients, float))(x) - exact(x))
    assert np.all(error < stated + rounding)
    truncated = np.polynomial.Polynomial(np.array(coefficients[:-1], float))(x)
    assert not np.all(np.abs(truncated - exact(x)) < stated + rounding)
