"""Exact mean first-passage times against closed forms, mpmath and one another."""

from __future__ import annotations

import math
from typing import NamedTuple

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landscape_sim.dynamics import ConstantNoise, LossProportionalNoise
from landscape_sim.exact.line.passage import line_mean_first_passage_time
from landscape_sim.landscapes import Landscape, QuarticDoubleWell, TiltedDoubleWell
from landscape_sim.validation import InputError

TOLERANCE = 1e-8  # the stated relative error


class Parabola(NamedTuple):
    """``L = floor + h x²/2``."""

    floor: float
    curvature: float

    def loss(self, x):
        return self.floor + 0.5 * self.curvature * x[0] ** 2

    def gradient(self, x):
        return (self.curvature * x[0],)


def test_harmonic_well_under_constant_noise():
    # From the bottom to a: ∫_0^{a√(h/D)} √(π/2) e^{y²/2} (1 + erf(y/√2)) dy / h.
    h, diffusion, a = 2.0, 0.3, 1.4
    with mpmath.workdps(30):
        end = a * mpmath.sqrt(h / mpmath.mpf(diffusion))
        closed = (
            mpmath.quad(
                lambda y: (
                    mpmath.sqrt(mpmath.pi / 2)
                    * mpmath.exp(y * y / 2)
                    * (1 + mpmath.erf(y / 2**0.5))
                ),
                [0, end],
            )
            / h
        )
    found = line_mean_first_passage_time(Parabola(0.0, h), ConstantNoise(diffusion), 0.0, a)
    assert found.mean_time == pytest.approx(float(closed), rel=TOLERANCE)


def test_parabola_under_loss_proportional_noise_at_temperature_one():
    # (1/T)∫L∫L^-2 with L = 1 + x²: (π/4)(b + b³/3) + ∫ (1+y²)/2 [y/(1+y²) + atan y] dy, b = 1.
    closed = math.pi / 2 + (1 - math.log(2)) / 6
    found = line_mean_first_passage_time(Parabola(1.0, 2.0), LossProportionalNoise(1.0), 0.0, 1.0)
    assert found.mean_time == pytest.approx(closed, rel=TOLERANCE)


def by_mpmath(landscape, temperature, start, target):
    """The double integral at 30 digits, split where the integrand bends."""
    power = mpmath.mpf(1) / mpmath.mpf(temperature)

    def loss(z):
        return landscape.loss((z,))

    def inner(y):
        knots = [-mpmath.inf, -3, -2, -1.3, -1, -0.7, -0.3, 0, 0.3, 0.7, 1]
        return mpmath.quad(lambda z: loss(z) ** (-1 - power), [k for k in knots if k < y] + [y])

    with mpmath.workdps(22):
        outer = mpmath.quad(lambda y: loss(y) ** power * inner(y), [start, 0, target], maxdegree=5)
        return float(mpmath.log(power * outer))


@pytest.mark.parametrize(
    ("landscape", "temperature"),
    [
        (QuarticDoubleWell.from_loss_ratio(3.0, 0.25), 0.5),
        (TiltedDoubleWell.from_loss_ratio(2.0, 1.0, 0.3), 0.2),
    ],
)
def test_double_wells_agree_with_mpmath(landscape, temperature):
    found = line_mean_first_passage_time(landscape, LossProportionalNoise(temperature), -1.0, 1.0)
    expected = by_mpmath(landscape, temperature, -1.0, 1.0)
    assert found.log_mean_time == pytest.approx(expected, abs=TOLERANCE)


def test_rates_far_below_the_smallest_float_keep_their_logarithm():
    """At rates down to 1e-1300 the deviation from Eq. (15) is still ``c T + O(T²)``."""
    well = QuarticDoubleWell.from_loss_ratio(1e3, 0.25)  # h* = 2, h^s = -1
    deviations = []
    for temperature in (0.01, 0.005, 0.0025):
        found = line_mean_first_passage_time(well, LossProportionalNoise(temperature), -1.0, 1.0)
        exponent = 1 / temperature + 0.5
        formula = math.log(math.sqrt(2.0) / (2 * math.pi)) - exponent * math.log(1e3)
        deviations.append(formula - found.log_rate)
        assert found.relative_error <= TOLERANCE
    assert found.log_rate < -2700
    assert found.rate == 0.0
    # Halving T halves the deviation, up to O(T) = 1 %; an absolute error of 1e-8 in the
    # logarithm would show in the last digits only.
    ratios = np.divide(deviations[:-1], deviations[1:])
    np.testing.assert_allclose(ratios, 2.0, rtol=0.02)


@given(
    temperature=st.floats(0.01, 1.0),
    loss_ratio=st.floats(1.2, 1e4),
    scale=st.floats(1e-3, 1e3),
)
@settings(max_examples=15, deadline=None)
def test_symmetries(temperature, loss_ratio, scale):
    well = QuarticDoubleWell.from_loss_ratio(loss_ratio, 0.25)
    forth = line_mean_first_passage_time(well, LossProportionalNoise(temperature), -1.0, 1.0)
    back = line_mean_first_passage_time(well, LossProportionalNoise(temperature), 1.0, -1.0)
    scaled = line_mean_first_passage_time(
        QuarticDoubleWell(scale * well.floor, scale * well.barrier),
        LossProportionalNoise(temperature),
        -1.0,
        1.0,
    )
    assert back.log_mean_time == pytest.approx(forth.log_mean_time, abs=2 * TOLERANCE)
    # The time carries the unit of 1/L.
    assert scaled.log_mean_time + math.log(scale) == pytest.approx(
        forth.log_mean_time, abs=2 * TOLERANCE
    )


def test_times_add_along_the_way():
    well = QuarticDoubleWell.from_loss_ratio(4.0, 0.25)
    parts = [
        line_mean_first_passage_time(well, LossProportionalNoise(0.2), a, b).mean_time
        for a, b in ((-1.0, -0.2), (-0.2, 0.3), (0.3, 1.0))
    ]
    whole = line_mean_first_passage_time(well, LossProportionalNoise(0.2), -1.0, 1.0).mean_time
    assert sum(parts) == pytest.approx(whole, rel=2 * TOLERANCE)


def test_the_saddle_alone_takes_half_asymptotically():
    halves = []
    for temperature in (0.04, 0.02, 0.01):
        well = QuarticDoubleWell.from_loss_ratio(4.0, 0.25)
        saddle = line_mean_first_passage_time(
            well, LossProportionalNoise(temperature), -1.0, 0.0
        ).mean_time
        whole = line_mean_first_passage_time(
            well, LossProportionalNoise(temperature), -1.0, 1.0
        ).mean_time
        halves.append(saddle / whole)
    # By the symmetry of the scale density the deviation is exponentially small.
    np.testing.assert_allclose(halves[-1], 0.5, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda w: line_mean_first_passage_time(w, LossProportionalNoise(0.0), -1.0, 1.0),
            "temperature=0.0",
        ),
        (
            lambda w: line_mean_first_passage_time(w, LossProportionalNoise(0.2), -1.0, -1.0),
            "start and target",
        ),
        (
            lambda w: line_mean_first_passage_time(w, LossProportionalNoise(0.2), -1.0, math.inf),
            "start and target",
        ),
        (
            lambda w: line_mean_first_passage_time(
                QuarticDoubleWell(-0.1, 0.2), LossProportionalNoise(0.2), -1, 1
            ),
            "positive",
        ),
        (
            lambda w: line_mean_first_passage_time(w, ConstantNoise(-1.0), -1.0, 1.0),
            "diffusion=-1.0",
        ),
    ],
)
def test_refuses_in_one_line(call, message):
    with pytest.raises(InputError, match=message) as refusal:
        call(QuarticDoubleWell.from_loss_ratio(3.0, 0.25))
    assert "\n" not in str(refusal.value)


def test_a_loss_that_oscillates_far_away_needs_its_domain_and_says_so():
    formula, place = "1.2 - cos(x) + 0.002*x**2", 12.516275
    noise, waves = LossProportionalNoise(0.6), Landscape.from_expression(formula, "x")
    with pytest.raises(InputError, match=r"oscillate far away; give the domain"):
        line_mean_first_passage_time(waves, noise, 0.0, place)
    passage = line_mean_first_passage_time(waves, noise, 0.0, place, (-40.0, 40.0))
    assert passage.relative_error < 1e-3
