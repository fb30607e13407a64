"""Passage times of a regression with its exact noise, against two other solvers."""

from __future__ import annotations

import math

import pytest

from landscape_sim.exact.interval import interval_exit_time
from landscape_sim.exact.regression_radial import regression_passage_time
from landscape_sim.validation import InputError


@pytest.mark.parametrize(("ratio", "temperature"), [(1.5, 0.3), (3.0, 0.1)])
def test_one_dimension_is_an_interval(ratio, temperature):
    """``2 G = (η/B)(2 h L* + 2 h² u²)`` with ``h = 2``, ``L* = 0.7``."""
    h, floor = 2.0, 0.7
    edge = math.sqrt(2 * (ratio - 1) * floor / h)
    interval = interval_exit_time(
        lambda u: -h * u,
        lambda u: temperature / h / 2 * (2 * h * floor + 2 * h**2 * u**2),
        *(0.0, -edge, edge),
    )
    found = regression_passage_time(ratio, temperature=temperature, curvature=h, dimension=1)
    assert found.mean_time == pytest.approx(interval.mean_time, rel=1e-6)


def test_the_exponent_of_large_levels():
    """Far out the time grows like ``c^(B/(2ηh) + 1/2 + …)``: ``q r^(2-n) ~ r^(2 p + 2 − n)``."""
    temperature, n = 0.5, 3
    times = [
        regression_passage_time(c, temperature=temperature, curvature=1.0, dimension=n).mean_time
        for c in (1e4, 2e4)
    ]
    power = 0.5 / temperature + (n - 1) / 4
    # ∫ r^(1-n) q dr with q ~ r^(2 power), and a convergent inner integral; c ~ r².
    slope = math.log(times[1] / times[0], 2)
    assert slope == pytest.approx(power + 1 - n / 2, abs=0.02)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"loss_ratio": 1.0}, "loss_ratio"),
        ({"temperature": 0.0}, "temperature"),
        ({"dimension": 0}, "dimension"),
    ],
)
def test_refuses(change, message):
    arguments = {"loss_ratio": 2.0, "temperature": 0.1, "curvature": 1.0, "dimension": 1, **change}
    with pytest.raises(InputError, match=message):
        regression_passage_time(arguments.pop("loss_ratio"), **arguments)
