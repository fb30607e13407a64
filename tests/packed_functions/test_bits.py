"""What is read from the bits of numbers, compiled: as Python says it, over all kinds of numbers."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from landscape_sim.packed_functions.bits import is_not_negative, is_positive

TINY, HUGE = np.finfo(float).smallest_subnormal, np.finfo(float).max
KINDS = np.array([0.0, TINY, 1e-300, 1.0, HUGE, np.inf, np.nan])


@pytest.mark.parametrize("function", [is_positive, is_not_negative])
def test_signs_are_read_as_python_reads_them(function):
    @njit
    def compiled(numbers):
        answers = np.zeros(len(numbers), np.bool_)
        for i in range(len(numbers)):
            answers[i] = function(numbers[i])
        return answers

    numbers = np.tile(np.concatenate([KINDS, -KINDS]), 9)  # longer than any register
    expected = [function(number) for number in numbers.tolist()]
    assert compiled(numbers).tolist() == expected
    assert 0 < sum(expected) < len(expected)
