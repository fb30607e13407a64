"""Standard normal variates, one reproducible stream a path, many lanes at once.

Box and Muller's transform of xoshiro128++ with polynomial logarithm, sine and
cosine: no branch and no table, so that the loop over lanes becomes packed
instructions. The variates are single precision and reach 6.6 standard deviations.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from landscape_sim.jit import PASTED, inlined
from landscape_sim.packed_functions.bits import bits_of, float_of
from landscape_sim.packed_functions.polynomials import horner
from landscape_sim.random_numbers.xoshiro import next_word

#: Paths that are stepped side by side; a multiple of every vector register's width.
N_LANES = 32

_f32, _i32, _u32 = np.float32, np.int32, np.uint32

# Chebyshev interpolants, rounded to single precision; with w the squared angle
# in half turns: sin(π√w)/√w and cos(π√w) on [0, 1/4], error 5e-8; with
# f = mantissa − 1: log(1 + f)/f on [1/√2 − 1, √2 − 1], error 2.3e-7.
_SIN = tuple(map(_f32, (3.1415927, -5.1677103, 2.5500774, -0.5982904, 0.07765591)))
_COS = tuple(map(_f32, (0.99999994, -4.934793, 4.0584106, -1.3318729, 0.21968243)))
_LOG = tuple(
    map(
        _f32,
        (
            *(0.99999994, -0.50000376, 0.33334607, -0.24968907),
            *(0.19913349, -0.17278206, 0.16126248, -0.09895351),
        ),
    )
)
_LOG_2 = _f32(0.6931472)
_MINUS_TWO, _ONE, _HALF = _f32(-2.0), _f32(1.0), _f32(0.5)
_TWO_TO_MINUS_32 = _f32(2.0**-32)
_BITS_OF_SQRT_HALF, _LOW_31_BITS = _i32(0x3F3504F3), _u32(0x7FFFFFFF)


@inlined
def fill_normals(generators: Any, normals: Any) -> None:
    """Fill ``normals`` with independent standard normal variates, lane by lane.

    Parameters
    ----------
    generators : ndarray of uint32, shape (4, N_LANES)
        State of each lane's generator; advanced.
    normals : ndarray of float32, shape (m, N_LANES), m even
        Rows ``2j`` and ``2j + 1`` hold one Box–Muller pair a lane, so a stream
        does not depend on ``m``.
    """
    for pair in range(0, len(normals), 2):
        # Every intermediate is cast back to 32 bits: Numba computes integers in
        # 64, which would double the width of the registers and halve the speed.
        for lane in range(N_LANES):
            word, s0, s1, s2, s3 = next_word(
                generators[0, lane], generators[1, lane], generators[2, lane], generators[3, lane]
            )
            angle_word, s0, s1, s2, s3 = next_word(s0, s1, s2, s3)
            generators[0, lane], generators[1, lane] = s0, s1
            generators[2, lane], generators[3, lane] = s2, s3
            radius = np.sqrt(_MINUS_TWO * _log_uniform(_i32(word & _LOW_31_BITS)))
            # The angle covers a half turn; the sign bit left over from the
            # radius gives the other half, which saves the range reduction.
            sign = _ONE if _i32(word) >= _i32(0) else -_ONE
            angle = _f32(_i32(angle_word)) * _TWO_TO_MINUS_32
            square = angle * angle
            normals[pair, lane] = sign * radius * horner(_COS, square)
            normals[pair + 1, lane] = radius * angle * horner(_SIN, square)


@njit(**PASTED)
def _log_uniform(numerator: Any) -> Any:
    """Return ``log((numerator + 1/2) / 2^31)`` for 31 random bits."""
    bits = bits_of(_f32(numerator) + _HALF)
    power = _i32(_i32(bits - _BITS_OF_SQRT_HALF) >> _i32(23))
    f = float_of(_i32(bits - _i32(power << _i32(23)))) - _ONE
    return f * horner(_LOG, f) + _f32(_i32(power - _i32(31))) * _LOG_2
