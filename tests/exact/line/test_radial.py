"""Radial mean first-passage times against closed forms, SymPy, mpmath and simulation."""

from __future__ import annotations

import math
from typing import NamedTuple

import mpmath
import numpy as np
import pytest
import sympy

from landscape_sim.dynamics import (
    ConstantNoise,
    EulerMaruyama,
    HessianAlignedNoise,
    LossProportionalNoise,
)
from landscape_sim.ensembles import simulate_first_passage
from landscape_sim.exact.line.passage import line_mean_first_passage_time
from landscape_sim.exact.line.radial import radial_mean_first_passage_time
from landscape_sim.landscapes import SeparableDoubleWell
from landscape_sim.landscapes.bowl import QuadraticBowl
from landscape_sim.validation import InputError

TOLERANCE = 1e-8  # the stated relative error
Z = 4.4


def by_sympy(dimension, power, radius):
    """``(1/T) ∫ r^(1−n) L^(1/T) ∫ ρ^(n−1) L^−(1 + 1/T)`` with ``L = 1 + r²``, exactly.

    In ``u = r²`` the integrands are rational for even dimensions.
    """
    u, v = sympy.symbols("u v", positive=True)
    half = dimension // 2
    inner = sympy.integrate(sympy.apart(v ** (half - 1) * (1 + v) ** (-1 - power), v), (v, 0, u))
    outer = sympy.expand(sympy.cancel(u**-half * (1 + u) ** power * sympy.together(inner)))
    return float(power * sympy.integrate(outer, (u, 0, radius**2)) / 4)


@pytest.mark.parametrize(
    ("dimension", "power"), [(2, 1), (2, 2), (2, 5), (4, 1), (4, 2), (4, 3), (6, 4)]
)
def test_bowls_agree_with_sympy(dimension, power):
    bowl = QuadraticBowl.isotropic(1.0, 2.0, dimension)
    found = radial_mean_first_passage_time(bowl, LossProportionalNoise(1 / power), 2.0)
    assert found.mean_time == pytest.approx(by_sympy(dimension, power, 2), rel=TOLERANCE)
    # Negative control: one dimension too few.
    fewer = radial_mean_first_passage_time(
        QuadraticBowl.isotropic(1.0, 2.0, dimension - 1), LossProportionalNoise(1 / power), 2.0
    )
    assert fewer.mean_time != pytest.approx(found.mean_time, rel=1e-3)


@pytest.mark.parametrize(("dimension", "temperature"), [(3, 0.07), (10, 0.13), (1, 0.1)])
def test_any_temperature_agrees_with_mpmath(dimension, temperature):
    bowl = QuadraticBowl.isotropic(0.5, 3.0, dimension)
    found = radial_mean_first_passage_time(bowl, LossProportionalNoise(temperature), 1.5)
    with mpmath.workdps(25):
        power, half = 1 / mpmath.mpf(temperature), mpmath.mpf(dimension) / 2

        def integrand(r):
            # ∫ ρ^(n−1) L^(−1−p) dρ = r^n/n L*^(−1−p) 2F1(1 + p, n/2; n/2 + 1; −h r²/2L*).
            inner = mpmath.hyp2f1(1 + power, half, half + 1, -3 * r * r) / dimension
            return r * (1 + 3 * r * r) ** power * inner / mpmath.mpf("0.5")

        expected = mpmath.log(power * mpmath.quad(integrand, [0, 0.5, 1, 1.5]))
    assert found.log_mean_time == pytest.approx(float(expected), abs=TOLERANCE)


@pytest.mark.parametrize("dimension", [1, 2, 7])
def test_constant_noise_without_a_force_takes_the_square_of_the_radius(dimension):
    flat = QuadraticBowl(1.0, (0.0,) * dimension)
    found = radial_mean_first_passage_time(flat, ConstantNoise(0.3), 2.0)
    assert found.mean_time == pytest.approx(4.0 / (2 * dimension * 0.3), rel=TOLERANCE)


def test_both_sides_of_a_parabola_take_as_long_as_one_with_a_mirror():
    # In one dimension the sphere is two points; from the far one, through the middle, the
    # passage to the near one takes the way there and all of the times over the way back.
    bowl = QuadraticBowl.isotropic(0.5, 2.0, 1)
    both = radial_mean_first_passage_time(bowl, LossProportionalNoise(0.2), 1.0)
    one = line_mean_first_passage_time(bowl, LossProportionalNoise(0.2), 0.0, 1.0)
    back = line_mean_first_passage_time(bowl, LossProportionalNoise(0.2), -1.0, 1.0)
    # E[τ_1] = E[τ_both] + ½ E_{−1}[τ_1].
    expected = one.mean_time - 0.5 * back.mean_time
    assert both.mean_time == pytest.approx(expected, rel=10 * TOLERANCE)


def test_rates_far_below_the_smallest_float_keep_their_logarithm():
    """The slope of ``log κ`` on ``log c`` is ``−(1/T + 1 − n/2)`` for the passage to ``c L*``."""
    bowl, temperature, dimension = QuadraticBowl.isotropic(1.0, 2.0, 4), 0.004, 4
    logs = [
        radial_mean_first_passage_time(
            bowl, LossProportionalNoise(temperature), math.sqrt(c - 1)
        ).log_rate
        for c in (400.0, 404.0)
    ]
    assert logs[1] < -1400
    slope = (logs[1] - logs[0]) / math.log(404 / 400)
    # The prefactor (1 − 1/c)^(n/2) turns the slope by (n/2)/c, its curvature is less still.
    assert slope == pytest.approx(-(1 / temperature + 1 - dimension / 2), abs=2 / 400 + 1e-3)


def test_time_carries_the_unit_of_one_over_the_loss():
    noise = LossProportionalNoise(0.1)
    one = radial_mean_first_passage_time(QuadraticBowl.isotropic(1.0, 2.0, 3), noise, 1.0)
    ten = radial_mean_first_passage_time(QuadraticBowl.isotropic(10.0, 20.0, 3), noise, 1.0)
    assert ten.log_mean_time + math.log(10) == pytest.approx(one.log_mean_time, abs=2 * TOLERANCE)


class Outside(NamedTuple):
    """Everything outside a sphere about the origin, in three dimensions."""

    radius: float
    dimension = 3

    def distance(self, x):
        return self.radius - np.sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2])

    def direction(self, x):
        r = self.radius - self.distance(x)
        return (x[0] / r, x[1] / r, x[2] / r)


@pytest.mark.slow
def test_agrees_with_simulation():
    bowl, noise = QuadraticBowl.isotropic(0.2, 2.0, 3), LossProportionalNoise(0.25)
    exact = radial_mean_first_passage_time(bowl, noise, 0.8).mean_time
    sample = simulate_first_passage(
        bowl,
        EulerMaruyama(noise, 0.0025),
        (0.0, 0.0, 0.0),
        Outside(0.8),
        n_paths=10_000,
        max_time=1e6,
        seed=4,
    )
    error = sample.times.std(ddof=1) / math.sqrt(len(sample.times))
    assert abs(sample.times.mean() - exact) < Z * error
    hotter = radial_mean_first_passage_time(bowl, LossProportionalNoise(0.275), 0.8).mean_time
    assert abs(sample.times.mean() - hotter) > Z * error


BOWL = QuadraticBowl.isotropic(1.0, 2.0, 2)
NOISE = LossProportionalNoise(0.2)


@pytest.mark.parametrize(
    ("landscape", "noise", "radius", "message"),
    [
        (BOWL, NOISE, -1.0, "radius"),
        (BOWL, LossProportionalNoise(0.0), 1.0, "strength of the noise"),
        (BOWL, HessianAlignedNoise.from_hessian(np.diag([1.0, 2.0]), 0.1, 1), 1.0, "not isotropic"),
        (QuadraticBowl(1.0, (2.0, 2.1)), NOISE, 1.0, "not radial"),
        (SeparableDoubleWell(0.25, 1.0, (8.0,)), NOISE, 1.0, "not radial"),
        (QuadraticBowl(-0.1, (2.0, 2.0)), NOISE, 1.0, "positive and finite"),
    ],
)
def test_refuses_in_one_line(landscape, noise, radius, message):
    with pytest.raises(InputError, match=message) as refusal:
        radial_mean_first_passage_time(landscape, noise, radius)
    assert "\n" not in str(refusal.value)
