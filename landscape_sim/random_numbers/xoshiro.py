"""xoshiro128++ (Blackman and Vigna 2021): the source of random bits, one stream a path.

Its four 32-bit words advance by additions, rotations and exclusive ors alone,
so that a loop over lanes becomes packed instructions. A stream is seeded from
(key, path) by splitmix64 and depends on nothing else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from landscape_sim.jit import JIT_FLAGS, PASTED

_u32, _u64 = np.uint32, np.uint64


@njit(**PASTED)
def mix(z: Any) -> Any:
    """Return the splitmix64 hash of ``z``: a bijection of 64-bit integers."""
    z = _u64(z + _u64(0x9E3779B97F4A7C15))
    z = _u64((z ^ (z >> _u64(30))) * _u64(0xBF58476D1CE4E5B9))
    z = _u64((z ^ (z >> _u64(27))) * _u64(0x94D049BB133111EB))
    return _u64(z ^ (z >> _u64(31)))


@njit(**JIT_FLAGS)
def seed_lane(generators: Any, lane: int, key: Any, path: int) -> None:
    """Start the stream of ``path`` in ``lane``; no two paths of one key share a state."""
    first = mix(_u64(key) ^ mix(_u64(path)))
    second = mix(first)
    generators[0, lane] = _u32(first & _u64(0xFFFFFFFF))
    generators[1, lane] = _u32(first >> _u64(32))
    generators[2, lane] = _u32(second & _u64(0xFFFFFFFF))
    generators[3, lane] = _u32((second >> _u64(32)) | _u64(1))  # the state must not be zero


@njit(**PASTED)
def next_word(s0: Any, s1: Any, s2: Any, s3: Any) -> tuple[Any, Any, Any, Any, Any]:
    """Return 32 random bits and the four words of the state that follows."""
    word = _u32(_rotate(_u32(s0 + s3), 7) + s0)
    shifted = _u32(s1 << _u32(9))
    s2 = _u32(s2 ^ s0)
    s3 = _u32(s3 ^ s1)
    s1 = _u32(s1 ^ s2)
    s0 = _u32(s0 ^ s3)
    return word, s0, s1, _u32(s2 ^ shifted), _rotate(s3, 11)


@njit(**PASTED)
def _rotate(x: Any, left: int) -> Any:
    return _u32(_u32(x << _u32(left)) | _u32(x >> _u32(32 - left)))
