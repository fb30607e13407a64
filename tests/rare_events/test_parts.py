"""Scores, the core of a well, and what replicas say together."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from scipy.linalg import solve_continuous_lyapunov

from landscape_sim.dynamics import HessianAlignedNoise, LeimkuhlerMatthews, LossProportionalNoise
from landscape_sim.estimators.rate_interval import log_t_interval
from landscape_sim.landscapes import (
    Ball,
    HalfSpace,
    Landscape,
    Outside,
    QuadraticBowl,
    QuarticDoubleWell,
    SeparableDoubleWell,
)
from landscape_sim.rare_events.core import describe_well
from landscape_sim.rare_events.heights import (
    committor_score,
    loss_then_progress,
    potential_then_progress,
)
from landscape_sim.rare_events.rare_escape import simulate_rare_escape
from landscape_sim.rare_events.replicas import ReplicaSample
from landscape_sim.rare_events.scores import check_score, progress_along
from landscape_sim.rare_events.several_ways import score_of_ways
from landscape_sim.rare_events.splitting import splitting_escape_rate
from landscape_sim.validation import InputError

WELL = QuarticDoubleWell(0.25, 1.0)
PLANE = SeparableDoubleWell(0.25, 1.0, (2.0,))


def test_progress_is_the_length_covered_of_each_stretch():
    corner = progress_along([(0.0, 0.0), (2.0, 0.0), (2.0, 3.0)])
    assert corner.score((1.5, 0.0)) == pytest.approx(1.5)
    assert corner.score((2.0, 1.0)) == pytest.approx(3.0)
    assert corner.score((-1.0, -1.0)) == 0.0
    assert corner.score((9.0, 9.0)) == pytest.approx(5.0)


def test_a_point_on_the_straight_line_costs_nothing():
    straight = progress_along([(0.0, 0.0), (1.0, 1.0), (3.0, 3.0)])
    whole = progress_along([(0.0, 0.0), (3.0, 3.0)])
    assert type(straight) is type(whole)
    assert straight.length == pytest.approx(whole.length)
    there_and_back = progress_along([(0.0, 0.0), (1.0, 0.0), (0.5, 0.0)])
    assert there_and_back.score((0.75, 0.0)) == pytest.approx(1.0)


def test_one_way_ends_in_the_target():
    noise = LossProportionalNoise(0.1)
    plane = score_of_ways(WELL, noise, (-1.0,), [()], HalfSpace(1.0, (1.0,)))
    assert plane.score((1.0,)) == pytest.approx(2.0)
    bowl = QuadraticBowl(1.0, (1.0, 1.0))
    ball = score_of_ways(bowl, noise, (-1.0, 0.0), [((0.0, 0.0),)], Ball((0.0, 2.0), 0.25))
    assert ball.score((0.0, 2.0)) == pytest.approx(3.0)


class SlowThenSteep(NamedTuple):
    """``log L`` climbs by 4 to both sides: evenly to the right, at the end only to the left."""

    def loss(self, x):
        return np.exp(np.where(x[0] > 0, 2.0 * x[0], 40.0 * np.maximum(-x[0] - 1.9, 0.0)))


def test_of_two_ways_what_is_as_hard_to_reach_scores_the_same():
    sides = Outside((0.0,), 2.0)
    score = score_of_ways(SlowThenSteep(), LossProportionalNoise(0.1), (0.0,), [()], sides)
    # As far to the left, but no climb: worth one noise strength in distance, of 40 and one.
    assert score.score((-1.75,)) < 0.06 < 0.4 < score.score((1.0,))


def test_loss_then_progress_grows_up_to_the_saddle_and_beyond():
    score = loss_then_progress(WELL, [(-1.0,), (0.0,), (1.0,)], (0.0,))
    values = [score.score((x,)) for x in np.linspace(-1.0, 1.0, 41)]
    assert np.all(np.diff(values) > 0.0)


def test_as_high_as_the_saddle_progress_ranks_places():
    way = [(-1.0, 0.0), (0.0, 0.0), (1.0, 0.0)]
    score = loss_then_progress(PLANE, way, (0.0, 0.0))
    # On the outer wall, beside the start and beside the saddle, all higher than that; then beyond.
    ranks = [score.score(x) for x in [(-1.5, 0.0), (-0.8, 1.5), (-0.1, 0.5), (0.3, 0.0)]]
    assert ranks == sorted(ranks)
    assert ranks[0] == 1.0 > score.score((-0.5, 0.0))
    x, y = np.linspace(-2.0, 2.0, 81), np.linspace(-1.0, 1.0, 41)
    values = PLANE.loss(np.meshgrid(x, y, indexing="ij"))
    values[0] = np.inf
    table = potential_then_progress(values, x, y, way, (0.0, 0.0))
    for place in [(-0.8, 0.1), (-0.3, 0.2), (-0.1, 0.5)]:
        assert table.score(place) == pytest.approx(score.score(place), abs=2e-3)
    with pytest.raises(InputError, match="height of the saddle"):
        potential_then_progress(values - 9.0, x, y, way, (0.0, 0.0))


def test_a_committor_on_a_grid_is_interpolated_in_its_logarithm():
    x, y = np.linspace(0.0, 1.0, 5), np.linspace(-1.0, 1.0, 9)
    score = committor_score(np.exp(np.add.outer(2.0 * x, y)), x, y)
    assert score.score((0.3, 0.13)) == pytest.approx(0.73)
    assert score.score((-5.0, 9.0)) == pytest.approx(1.0)  # the nearest edge
    with pytest.raises(InputError, match="shape"):
        committor_score(np.ones((3, 3)), x, y)
    with pytest.raises(InputError, match="evenly"):
        committor_score(np.ones((5, 9)), x**2, y)


def test_the_core_is_measured_in_standard_deviations_of_the_stationary_law():
    matrix = np.array([[3.0, 1.0], [1.0, 2.0]])
    noise = HessianAlignedNoise.from_hessian(matrix, 0.01, 1)
    well = describe_well(PLANE, noise, (-1.0, 0.0))
    rows = np.array(well.core.whitening)
    hessian = PLANE.hessian((-1.0, 0.0))
    covariance = solve_continuous_lyapunov(hessian, 2.0 * 0.25 * noise.matrix(2))
    np.testing.assert_allclose(rows @ covariance @ rows.T, np.eye(2), atol=1e-12)
    assert well.core.excess((-1.0, 0.0)) == pytest.approx(-2.0)
    half_a_deviation = (math.sqrt(2.0) + 0.5) * np.linalg.inv(rows)[:, 0]
    assert well.core.excess(half_a_deviation - (1.0, 0.0)) == pytest.approx(well.surface)
    assert (well.fastest, well.slowest) == pytest.approx((1 / 8, 1 / 2))


def test_the_core_of_a_well_that_is_flat_at_its_bottom_is_as_wide_as_the_well():
    flat = Landscape.from_expression("0.2 + 0.4*(x**2 - 1)**4 + 0.004*(x**2 - 1)**2", "x")
    core = describe_well(flat, LossProportionalNoise(0.128), (-1.0,)).core
    width = 1.0 / core.whitening[0][0]
    # A parabola of its curvature would reach beyond the saddle: 0.89.
    assert width < 0.25
    rise = max(math.log(flat.loss((-1.0 + side * width,)) / 0.2) for side in (-1.0, 1.0))
    assert rise == pytest.approx(0.128 / 2.0)


class Falling(NamedTuple):
    peak: float

    def score(self, x):
        return -abs(x[0] - self.peak)


class Undefined(NamedTuple):
    edge: float

    def score(self, x):
        return x[0] + 0.0 * np.sqrt(self.edge - x[0])


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (Falling(-1.0), "falls from -0 at the start to -2 in the target"),
        (Falling(-0.5), "falls from -0.5 at the start to -1.5 in the target"),
        (Undefined(-0.5), "the score is nan at"),
    ],
)
def test_scores_that_lead_elsewhere_are_refused(score, message):
    with pytest.raises(InputError, match=message):
        check_score(score, (-1.0,), HalfSpace(1.0, (1.0,)))
    check_score(Falling(1.0), (-1.0,), HalfSpace(1.0, (1.0,)))


def test_a_score_that_stops_growing_bounds_nothing():
    well = QuarticDoubleWell.from_loss_ratio(5.0, 0.25)
    score, target = progress_along([(-1.0,), (-0.9,)]), HalfSpace(1.0, (1.0,))
    with pytest.raises(InputError, match="does not increase beyond") as refusal:
        simulate_rare_escape(well, LossProportionalNoise(0.1), (-1.0,), target, score=score)
    assert "a rate below" not in str(refusal.value)


def test_a_ball_that_paths_do_not_meet_is_refused_at_once():
    many = SeparableDoubleWell.from_loss_ratio(2.0, 0.25, (2.0,) * 19)
    rest = (0.0,) * 19
    scheme = LeimkuhlerMatthews(LossProportionalNoise(0.4), 0.01)
    with pytest.raises(
        InputError, match=r"radius 0.25 is small beside the distance .* target_radius"
    ):
        splitting_escape_rate(many, scheme, (-1.0, *rest), Ball((1.0, *rest), 0.25))


def test_the_core_needs_a_minimum():
    with pytest.raises(InputError, match="begin at a minimum"):
        describe_well(PLANE, LossProportionalNoise(0.1), (0.0, 0.0))


def sample(log_probability):
    n = len(log_probability)
    return ReplicaSample(np.array(log_probability), np.full(n, 10.0), np.full(n, 5.0), 0)


def test_the_mean_is_that_of_the_replicas_and_the_extinct_count():
    found = sample([math.log(0.1), math.log(0.3), -math.inf, math.log(0.4)])
    assert found.log_rate == pytest.approx(math.log(0.2 * 10.0 / 5.0))
    spread = np.std([0.1, 0.3, 0.0, 0.4], ddof=1)
    assert found.relative_standard_error == pytest.approx(spread / 0.2 / 2.0)
    assert (found.n_extinct, found.mean_loop_time) == (1, 0.5)
    assert math.isinf(sample([-math.inf] * 3).relative_standard_error)
    tiny = sample([-800.0, -800.0 + math.log(3.0)])
    assert tiny.log_rate == pytest.approx(-800.0 + math.log(2.0) + math.log(2.0))


def test_intervals_cover_the_mean_of_skewed_replicas():
    # Products of many shares are log-normal. 2000 intervals from 40 replicas of variance 0.4:
    # the share that covers has the standard error 0.005. The larger of two errors with half of
    # the degrees of freedom covers a little more than it says.
    random = np.random.default_rng(0)
    hits = {1.0: 0, 0.5: 0}
    for _ in range(2000):
        found = sample(random.normal(-0.5 * math.log(1.4), math.sqrt(math.log(1.4)), 40))
        truth = math.log(2.0)
        for width in hits:
            error = width * found.relative_standard_error
            interval = log_t_interval(found.log_rate, error, found.degrees_of_freedom, 0.95)
            hits[width] += interval.log_low < truth < interval.log_high
    assert 0.94 < hits[1.0] / 2000 < 0.98
    assert hits[0.5] / 2000 < 0.75  # negative control
