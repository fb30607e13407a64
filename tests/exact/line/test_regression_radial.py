"""Passage times of a regression with its exact noise, against two other solvers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from landscape_sim.exact.line.interval import interval_exit_time
from landscape_sim.exact.line.regression_radial import regression_passage_time
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


def by_finite_differences(ratio, temperature, h, n, n_cells):
    """``G_r τ'' + [−h r + G_t (n − 1)/r] τ' = −1`` with ``τ' = 0`` at 0 and ``τ(R) = 0``.

    ``G_r = (T/2h)(2 h L + h² r²)`` is half the noise along the radius, ``G_t = (T/2h) 2 h L``
    across it: the generator itself, and neither scale nor speed density. ``L* = ½``.
    """
    edge = math.sqrt((ratio - 1) / h)
    r = np.linspace(0.0, edge, n_cells + 1)
    step = r[1]
    across = temperature * (0.5 + 0.5 * h * r**2)
    along = across + temperature / 2 * h * r**2
    with np.errstate(divide="ignore", invalid="ignore"):
        drift = -h * r + across * (n - 1) / r
    lower = along / step**2 - drift / (2 * step)
    upper = along / step**2 + drift / (2 * step)
    matrix = np.diag(-2 * along / step**2) + np.diag(lower[1:], -1) + np.diag(upper[:-1], 1)
    # At the origin the Laplacian of a radial function is n τ'', and τ is even.
    matrix[0, :2] = 2 * n * along[0] / step**2 * np.array([-1.0, 1.0])
    return np.linalg.solve(matrix[:-1, :-1], -np.ones(n_cells))[0]


@pytest.mark.parametrize(
    ("n", "ratio", "temperature"), [(2, 2.0, 0.2), (3, 1.5, 0.1), (8, 3.0, 0.3)]
)
def test_more_dimensions_agree_with_finite_differences(n, ratio, temperature):
    """Central differences are of second order: extrapolated over three grids, and their change."""
    h = 1.7
    coarse, middle, fine = (
        by_finite_differences(ratio, temperature, h, n, cells) for cells in (200, 400, 800)
    )
    better, best = (4 * middle - coarse) / 3, (4 * fine - middle) / 3
    found = regression_passage_time(ratio, temperature=temperature, curvature=h, dimension=n)
    error = abs(best - better)
    assert error < 1e-4 * best
    assert abs(found.mean_time - best) <= error + 1e-8 * best
    # Negative control: another dimension.
    other = regression_passage_time(ratio, temperature=temperature, curvature=h, dimension=n + 1)
    assert abs(other.mean_time - best) > 100 * error


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
