"""The error of a mean of few numbers is as large as the error, by its square."""

from __future__ import annotations

import numpy as np
import pytest

from landscape_sim.estimators.student import student_error
from landscape_sim.validation import InputError


@pytest.mark.parametrize("size", [6, 10, 40])
def test_the_square_of_the_score_has_mean_one(size):
    numbers = np.random.default_rng(0).standard_normal((4000, size))
    squares = np.array([(row.mean() / student_error(row)) ** 2 for row in numbers])
    error = squares.std() / 4000**0.5
    # False alarm: 1e-5 at 4.4.
    assert abs(squares.mean() - 1) < 4.4 * error
    # Negative control: s/sqrt(m), without the factor of Student's law.
    if size < 40:
        factor = (size - 1) / (size - 3)
        assert abs(factor * squares.mean() - 1) > 4.4 * factor * error


def test_skewed_numbers_have_larger_errors():
    numbers = np.random.default_rng(1).exponential(size=(4000, 40))
    squares = np.array([((row.mean() - 1) / student_error(row)) ** 2 for row in numbers])
    # Student's law alone is the negative control; the correction is of first order in 1/m.
    alone = numbers.std(axis=1, ddof=1) / 40**0.5 * (39 / 37) ** 0.5
    excess = np.mean(((numbers.mean(axis=1) - 1) / alone) ** 2) - 1
    assert excess > 0.2
    assert abs(squares.mean() - 1) < 0.6 * excess


def test_three_numbers_have_no_such_error():
    with pytest.raises(InputError, match="needs 4 numbers at least, got 3"):
        student_error([1.0, 2.0, 3.0])
