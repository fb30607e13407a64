"""What every rate keeps: its interval, the symmetries of its landscape, and paths of their own."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landscape_sim.dynamics import EulerMaruyama, LossProportionalNoise
from landscape_sim.ensembles import simulate_first_passage
from landscape_sim.escape.escape import Escape
from landscape_sim.estimators import estimate_rate
from landscape_sim.estimators.rate_interval import log_t_interval
from landscape_sim.exact.line.passage import line_mean_first_passage_time
from landscape_sim.landscapes import HalfSpace, QuarticDoubleWell
from landscape_sim.results import FirstPassageSample

LEVELS = st.floats(1e-12, 0.999999999)


class TiltedWell(NamedTuple):
    """``height · (0.25 + (u² − 1)²/2 + u/10)`` with ``u = (x − shift)/length``."""

    shift: float
    length: float
    height: float

    def loss(self, x):
        u = (x[0] - self.shift) / self.length
        return self.height * (0.25 + 0.5 * (u * u - 1) ** 2 + 0.1 * u)

    def gradient(self, x):
        u = (x[0] - self.shift) / self.length
        return (self.height / self.length * (2 * u * (u * u - 1) + 0.1),)

    def hessian(self, x):
        u = (x[0] - self.shift) / self.length
        return np.array([[self.height / self.length**2 * (6 * u * u - 2)]])

    def search_box(self):
        return ((self.shift - 2 * self.length, self.shift + 2 * self.length),)


class TurnedWells(NamedTuple):
    """``0.25 + (u² − 1)²/2 + v²`` with axes turned by an angle."""

    cosine: float
    sine: float

    def loss(self, x):
        u, v = self.cosine * x[0] + self.sine * x[1], self.cosine * x[1] - self.sine * x[0]
        return 0.25 + 0.5 * (u * u - 1) ** 2 + v * v

    def gradient(self, x):
        u, v = self.cosine * x[0] + self.sine * x[1], self.cosine * x[1] - self.sine * x[0]
        along, across = 2 * u * (u * u - 1), 2 * v
        return (
            self.cosine * along - self.sine * across,
            self.sine * along + self.cosine * across,
        )

    def hessian(self, x):
        u = self.cosine * x[0] + self.sine * x[1]
        turn = np.array([[self.cosine, self.sine], [-self.sine, self.cosine]])
        return turn.T @ np.diag([6 * u * u - 2, 2.0]) @ turn

    def search_box(self):
        return ((-2.5, 2.5), (-2.5, 2.5))


@settings(deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.floats(1e-200, 1e200), st.booleans()), min_size=1, max_size=20), LEVELS
)
def test_a_counted_rate_lies_in_its_interval(paths, level):
    times, flags = map(np.array, zip(*paths, strict=True))
    estimate = estimate_rate(FirstPassageSample(times, flags), level)
    assert 0 <= estimate.interval.low <= estimate.rate <= estimate.interval.high < math.inf


@settings(deadline=None, derandomize=True)
@given(st.floats(-1e4, 700), st.floats(1e-9, 10), st.integers(1, 100), LEVELS)
def test_a_split_or_an_extrapolated_rate_lies_in_its_interval(log_rate, error, freedom, level):
    interval = log_t_interval(log_rate, error, freedom, level)
    assert interval.log_low <= log_rate <= interval.log_high < math.inf
    assert math.exp(log_rate) in interval


@settings(deadline=None, derandomize=True, max_examples=25)
@given(
    st.floats(-100, 100), st.floats(1e-6, 1e6), st.floats(1e-9, 1e9), st.sampled_from([0.3, 0.02])
)
def test_exact_rates_follow_translation_and_scale(moves, length, height, temperature):
    noise = LossProportionalNoise(temperature)
    before = line_mean_first_passage_time(TiltedWell(0.0, 1.0, 1.0), noise, -1.0, 1.0)
    shift = moves * length
    after = line_mean_first_passage_time(
        TiltedWell(shift, length, height), noise, shift - length, shift + length
    )
    # Time is counted in lengths² over heights. A shift rounds the positions.
    expected = before.log_mean_time + math.log(length**2 / height)
    error = before.relative_error + after.relative_error + 1e-12 * (1 + abs(moves)) / temperature
    assert abs(after.log_mean_time - expected) < error


@settings(deadline=None, derandomize=True, max_examples=10)
@given(st.floats(0.0, 2 * math.pi))
def test_the_formula_does_not_turn_with_the_landscape(angle):
    cosine, sine = math.cos(angle), math.sin(angle)
    before, after = (
        Escape(TurnedWells(c, s), (-c, -s), (c, s), temperature=0.1).formula().log_rate
        for c, s in ((1.0, 0.0), (cosine, sine))
    )
    assert after == pytest.approx(before, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("angle", [0.3, 1.0, 2.2])
def test_exact_rates_in_the_plane_do_not_turn_with_the_landscape(angle):
    cosine, sine = math.cos(angle), math.sin(angle)
    before, after = (
        Escape(TurnedWells(c, s), (-c, -s), (c, s), temperature=0.3).exact(n_cells=200)
        for c, s in ((1.0, 0.0), (cosine, sine))
    )
    error = before.relative_discretisation_error + after.relative_discretisation_error
    assert abs(after.log_rate - before.log_rate) < error


@settings(deadline=None, derandomize=True, max_examples=6)
@given(st.integers(1, 80), st.integers(1, 80), st.integers(1, 5), st.integers(0, 2**64))
def test_paths_depend_on_the_seed_and_their_number_alone(fewer, more, n_threads, seed):
    def times(n_paths, threads):
        return simulate_first_passage(
            QuarticDoubleWell.from_loss_ratio(2.0, 0.25),
            EulerMaruyama(LossProportionalNoise(0.5), 0.02),
            (-1.0,),
            HalfSpace.beyond((1.0,), seen_from=(-1.0,)),
            n_paths=n_paths,
            max_time=1e5,
            seed=seed,
            n_threads=threads,
        ).times

    few, many = times(fewer, 1), times(fewer + more, n_threads)
    np.testing.assert_array_equal(few, many[:fewer])
