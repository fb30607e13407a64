"""The random numbers: moments, tails, independence of streams, and their plain-Python twin.

Every check is a z test with |z| < 5 (false alarm 6e-7 each, seeds fixed).
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from landscape_sim.kernels import normals
from landscape_sim.kernels.normals import N_LANES, fill_normals, seed_lane

Z = 5.0


def generators(key=11, first_path=0):
    states = np.empty((4, N_LANES), np.uint32)
    for lane in range(N_LANES):
        seed_lane(states, lane, np.uint64(key), first_path + lane)
    return states


def draw(n_rows, states=None, rows_per_call=64):
    states = generators() if states is None else states
    scratch = np.empty((4, N_LANES), np.uint32)
    out = np.empty((n_rows, N_LANES), np.float32)
    for row in range(0, n_rows, rows_per_call):
        fill_normals(states, scratch, out[row : row + rows_per_call])
    return out


@pytest.fixture(scope="module")
def sample():
    return draw(2**18).astype(float)


def moment_z(x, order):
    """Deviation of a raw moment from that of a standard normal, in standard errors."""

    def exact(k):
        return 0.0 if k % 2 else float(math.prod(range(k - 1, 0, -2)))

    error = math.sqrt((exact(2 * order) - exact(order) ** 2) / x.size)
    return (np.mean(x**order) - exact(order)) / error


@pytest.mark.parametrize("order", range(1, 9))
def test_moments(sample, order):
    assert abs(moment_z(sample, order)) < Z


def test_a_scale_wrong_by_three_in_a_thousand_is_seen(sample):
    assert abs(moment_z(1.003 * sample, 2)) > Z  # 12 standard errors away


@pytest.mark.parametrize("threshold", [1.0, 2.0, 3.0, 4.0, 5.0])
@pytest.mark.parametrize("sign", [-1, 1])
def test_tails(sample, threshold, sign):
    probability = 0.5 * math.erfc(threshold / math.sqrt(2))
    expected = probability * sample.size
    count = np.count_nonzero(sign * sample > threshold)
    # Beyond 5 sigma 2.4 are expected: there the Poisson law, not its normal limit, bounds it.
    assert abs(count - expected) < Z * math.sqrt(expected) + Z


def test_neighbours_in_time_and_streams_are_uncorrelated(sample):
    n = sample.shape[0]
    for lag in (1, 2, 3):
        z = np.mean(sample[:-lag] * sample[lag:]) * math.sqrt(sample[lag:].size)
        assert abs(z) < Z
    across = sample.T @ sample / math.sqrt(n)
    np.fill_diagonal(across, 0.0)
    assert np.abs(across).max() < Z + 1  # 496 pairs: false alarm 1e-6 in all


def test_squares_are_uncorrelated_too(sample):
    square = (sample**2 - 1) / math.sqrt(2)
    assert abs(np.mean(square[::2] * square[1::2])) * math.sqrt(square.size / 2) < Z


def test_a_stream_does_not_depend_on_the_block_or_on_the_other_lanes():
    whole = draw(512)
    np.testing.assert_array_equal(whole, draw(512, rows_per_call=6 * 2 + 20))
    np.testing.assert_array_equal(
        whole[:, 5:], draw(512, generators(first_path=5))[:, : N_LANES - 5]
    )
    assert np.all(np.any(whole != draw(512, generators(key=12)), axis=0))


def test_compiled_and_plain_python_agree(monkeypatch):
    fast = draw(64)
    for name in ("mix", "draw_words", "polynomial"):
        monkeypatch.setattr(normals, name, getattr(normals, name).py_func)
    slow = np.empty((64, N_LANES), np.float32)
    with np.errstate(over="ignore"):
        fill_normals.py_func(generators(), np.empty((4, N_LANES), np.uint32), slow)
    # Contraction to fused multiply-adds moves the last digits of single precision.
    np.testing.assert_allclose(fast, slow, rtol=3e-6, atol=3e-7)


def test_polynomials_have_the_stated_errors():
    angle = np.linspace(-0.5, 0.5, 10_001)
    f = np.linspace(2**-0.5 - 1, 2**0.5 - 1, 10_001)
    sine = angle * np.polyval(np.array(normals._SIN[::-1], float), angle**2)
    cosine = np.polyval(np.array(normals._COS[::-1], float), angle**2)
    logarithm = np.polyval(np.array(normals._LOG[::-1], float), f)
    single = 2.0**-24  # the coefficients are rounded to single precision
    assert np.abs(sine - np.sin(np.pi * angle)).max() < 5e-8 + 2 * single
    assert np.abs(cosine - np.cos(np.pi * angle)).max() < 5e-8 + 2 * single
    exact = np.divide(np.log1p(f), f, out=np.ones_like(f), where=f != 0)
    assert np.abs(logarithm - exact).max() < 2.3e-7 + 2 * single
