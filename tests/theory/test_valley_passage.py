"""The leading power law of the valley against the exact radial solution."""

from __future__ import annotations

import math

import pytest

from landscape_sim.dynamics import LossProportionalNoise
from landscape_sim.exact.line.radial import radial_mean_first_passage_time
from landscape_sim.landscapes import QuadraticBowl
from landscape_sim.theory.valley_passage import valley_passage_time
from landscape_sim.validation import InputError


def exact(threshold, temperature, h, n, floor=0.7):
    bowl = QuadraticBowl.isotropic(floor, h, n)
    radius = (2 * floor * (threshold - 1) / h) ** 0.5
    return radial_mean_first_passage_time(
        bowl, LossProportionalNoise(temperature), radius
    ).mean_time


@pytest.mark.parametrize(("temperature", "n"), [(0.3, 1), (0.25, 2), (0.4, 3), (0.2, 6)])
def test_it_is_the_limit_of_the_exact_time(temperature, n):
    law = [
        valley_passage_time(c, temperature=temperature, outlier_curvature=2.5, n_outliers=n)
        for c in (100.0, 1000.0)
    ]
    errors = [law[i] / exact(c, temperature, 2.5, n) - 1 for i, c in enumerate((100.0, 1000.0))]
    # The corrections are of relative order 1/c: ten times smaller, hence a limit of exactly 1.
    assert abs(errors[1]) < 0.05
    assert errors[0] / errors[1] == pytest.approx(10, rel=0.1)


def test_a_wrong_prefactor_would_be_seen():
    # Negative control: half the time differs by far more than the correction.
    law = valley_passage_time(1000.0, temperature=0.3, outlier_curvature=2.5, n_outliers=1)
    assert abs(0.5 * law / exact(1000.0, 0.3, 2.5, 1) - 1) > 0.4


def test_a_time_beyond_the_floats_is_infinite():
    """``c^a`` with ``a = 100.5`` and ``c = 1e10`` is 1e1005; the last power that fits is finite."""
    setting = {"temperature": 0.01, "outlier_curvature": 1.0, "n_outliers": 1}
    assert valley_passage_time(1e10, **setting) == math.inf
    assert 1e300 < valley_passage_time(1e3, **setting) < math.inf


@pytest.mark.parametrize(
    ("threshold", "temperature", "curvature", "n", "message"),
    [
        (1.0, 0.3, 1.0, 1, "above 1"),
        (2.0, 0.3, 0.0, 1, "outlier_curvature"),
        (2.0, -0.3, 1.0, 1, "temperature"),
        (2.0, 1.0, 1.0, 4, "critical dimension"),
    ],
)
def test_bad_input_is_refused(threshold, temperature, curvature, n, message):
    with pytest.raises(InputError, match=message):
        valley_passage_time(
            threshold, temperature=temperature, outlier_curvature=curvature, n_outliers=n
        )
