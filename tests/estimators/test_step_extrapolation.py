"""Richardson extrapolation against its definition, and the coverage of its standard error."""

from __future__ import annotations

import numpy as np
import pytest

from landscape_sim.estimators import extrapolate_to_zero_step
from landscape_sim.validation import InputError


def test_two_levels_are_the_classical_formula():
    fit = extrapolate_to_zero_step([0.1, 0.2], [10.0, 11.0], [0.3, 0.4])
    assert fit.value == pytest.approx(2 * 10.0 - 11.0)
    assert fit.standard_error == pytest.approx(np.hypot(2 * 0.3, 0.4))
    assert fit.correction == pytest.approx(-1.0)
    assert fit.nonlinearity == pytest.approx(0.0, abs=1e-9)


def test_a_curved_ladder_is_reported():
    h = np.array([0.1, 0.2, 0.4])
    assert extrapolate_to_zero_step(h, 5 + h**2, [0.001] * 3).nonlinearity > 4
    assert extrapolate_to_zero_step(h, 5 + h, [0.001] * 3).nonlinearity < 1e-6


def test_the_standard_error_is_that_of_repetitions():
    # 4000 repetitions: the ratio of standard deviations has a standard error of 1.1 %.
    h, errors = np.array([0.05, 0.1, 0.2]), np.array([0.03, 0.02, 0.01])
    rng = np.random.default_rng(5)
    fits = [
        extrapolate_to_zero_step(h, 3 + 2 * h + errors * rng.standard_normal(3), errors)
        for _ in range(4000)
    ]
    values = np.array([fit.value for fit in fits])
    stated = fits[0].standard_error
    assert abs(values.std() / stated - 1) < 4.4 * 0.0112
    assert abs(values.mean() - 3) < 4.4 * stated / np.sqrt(4000)
    assert abs((3 + 2 * 0.05) - 3) > 4.4 * stated / np.sqrt(4000)  # the finest level alone


@pytest.mark.parametrize(
    ("steps", "errors", "message"),
    [([0.1, 0.1], [1.0, 1.0], "two different"), ([0.1, 0.2], [1.0, 0.0], "standard_errors")],
)
def test_refuses(steps, errors, message):
    with pytest.raises(InputError, match=message):
        extrapolate_to_zero_step(steps, [1.0, 2.0], errors)
