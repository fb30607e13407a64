"""Critical points are found from gradient and Hessian, and agree with the closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hard_landscapes import (
    FLAT_WELL,
    ON_THE_EDGE,
    SINGLE_WELL,
    CurvedValley,
    MuellerBrown,
    Parallel,
    Phases,
    Polynomial,
    Ring,
    Rotated,
    TripleWell,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from landscape_sim.landscapes import (
    QuarticDoubleWell,
    SeparableDoubleWell,
    TiltedDoubleWell,
    find_critical_points,
    find_escape_route,
)
from landscape_sim.validation import InputError

LANDSCAPES = [
    QuarticDoubleWell.from_loss_ratio(4.0, 0.25),
    TiltedDoubleWell.from_loss_ratio(4.0, 0.25, 0.3),
    TiltedDoubleWell.from_loss_ratio(2.0, 0.25, -0.3),
    SeparableDoubleWell.from_loss_ratio(4.0, 0.25, (2.0, 0.5, 3.0)),
]


@given(loss_ratio=st.floats(1.01, 1e6), barrier=st.floats(1e-6, 1e6))
@settings(max_examples=25, deadline=None)
def test_quartic_has_the_asked_loss_ratio_and_the_known_curvatures(loss_ratio, barrier):
    left, saddle, right = find_critical_points(
        QuarticDoubleWell.from_loss_ratio(loss_ratio, barrier)
    )
    assert (left.index, saddle.index, right.index) == (0, 1, 0)
    np.testing.assert_allclose([left.position[0], right.position[0]], [-1, 1], atol=1e-9)
    np.testing.assert_allclose(left.eigenvalues, 8 * barrier, rtol=1e-8)
    np.testing.assert_allclose(saddle.eigenvalues, -4 * barrier, rtol=1e-8)
    np.testing.assert_allclose(saddle.loss / left.loss, loss_ratio, rtol=1e-8)


@pytest.mark.parametrize("landscape", LANDSCAPES)
def test_gradient_and_hessian_are_derivatives_of_the_loss(landscape):
    x = np.random.default_rng(1).normal(size=len(landscape.search_box()))
    step = 1e-5
    for i, e in enumerate(step * np.eye(len(x))):
        slope = (landscape.loss(tuple(x + e)) - landscape.loss(tuple(x - e))) / (2 * step)
        bend = np.subtract(landscape.gradient(tuple(x + e)), landscape.gradient(tuple(x - e)))
        # Central differences: error (step²/6) L''' < 1e-9, rounding 1e-16/step = 1e-11.
        np.testing.assert_allclose(landscape.gradient(tuple(x))[i], slope, atol=1e-8)
        np.testing.assert_allclose(landscape.hessian(tuple(x))[i], bend / (2 * step), atol=1e-8)


@pytest.mark.parametrize("landscape", LANDSCAPES)
def test_route_leads_from_the_left_well_over_the_saddle(landscape):
    route = find_escape_route(landscape)
    assert route.minimum.position[0] < route.saddle.position[0] < route.destination.position[0]
    assert (route.minimum.index, route.saddle.index, route.destination.index) == (0, 1, 0)
    for point in (route.minimum, route.saddle, route.destination):
        np.testing.assert_allclose(landscape.gradient(point.position), 0.0, atol=1e-9)


def test_tilt_makes_the_wells_unequal_and_keeps_the_loss_ratio_of_the_left_one():
    route = find_escape_route(TiltedDoubleWell.from_loss_ratio(4.0, 0.25, 0.3))
    np.testing.assert_allclose(route.loss_ratio, 4.0, rtol=1e-9)
    assert route.destination.loss > route.minimum.loss


def test_escape_curvature_is_that_along_the_escape_not_the_largest():
    route = find_escape_route(SeparableDoubleWell.from_loss_ratio(4.0, 0.25, (5.0, 0.1)))
    np.testing.assert_allclose(route.outlier_curvature, 2.0, rtol=1e-9)


def test_start_is_moved_down_into_its_own_well():
    well = QuarticDoubleWell.from_loss_ratio(4.0, 0.25)
    route = find_escape_route(well, start=(0.4,), target=(-0.3,))
    np.testing.assert_allclose(route.minimum.position, [1.0], atol=1e-9)
    np.testing.assert_allclose(route.destination.position, [-1.0], atol=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: QuarticDoubleWell.from_loss_ratio(1.0, 0.25), "loss_ratio"),
        (lambda: QuarticDoubleWell.from_loss_ratio(float("nan"), 0.25), "loss_ratio"),
        (lambda: QuarticDoubleWell.from_loss_ratio(2.0, -0.25), "barrier"),
        (lambda: TiltedDoubleWell.from_loss_ratio(2.0, 0.25, 1.6), "tilt"),
        (lambda: TiltedDoubleWell.from_loss_ratio(9.0, 0.25, -0.9), "right"),
        (lambda: SeparableDoubleWell.from_loss_ratio(2.0, 0.25, ()), "stiffness"),
        (lambda: SeparableDoubleWell.from_loss_ratio(2.0, 0.25, (1.0, 0.0)), "stiffness"),
        (lambda: find_escape_route(QuarticDoubleWell(-0.1, 1.0)), "positive"),
        (lambda: find_escape_route(LANDSCAPES[0], (-1.0,), (-0.5,)), "no saddle separates"),
        (lambda: find_escape_route(LANDSCAPES[0], (-1.0, 0.0)), "coordinates"),
        (lambda: find_escape_route(LANDSCAPES[0], (float("nan"),)), "finite numbers"),
    ],
)
def test_refuses_in_one_line(call, message):
    with pytest.raises(InputError, match=message) as refusal:
        call()
    assert "\n" not in str(refusal.value)


def test_mueller_brown_as_published():
    points = find_critical_points(MuellerBrown(0.0))
    # Minima and saddles of the literature, to the digits given there.
    known = [
        (-0.822, 0.624, -40.66, 1),
        (-0.558, 1.442, -146.70, 0),
        (-0.050, 0.467, -80.77, 0),
        (0.212, 0.293, -72.25, 1),
        (0.623, 0.028, -108.17, 0),
    ]
    assert [point.index for point in points] == [row[3] for row in known]
    for point, (x, y, loss, _) in zip(points, known, strict=True):
        np.testing.assert_allclose(point.position, (x, y), atol=6e-4)
        np.testing.assert_allclose(point.loss, loss, atol=6e-3)


@pytest.mark.parametrize(
    ("landscape", "indices"),
    [
        (CurvedValley(4.0), [0, 0, 1]),
        (CurvedValley(4000.0), [0, 0, 1]),
        (TripleWell(), [0, 0, 0, 1, 1]),
        (Ring(), [0, 0, 1, 1, 2]),
        (ON_THE_EDGE, [0, 0, 1]),
        (SINGLE_WELL, [0]),
        (FLAT_WELL, [0, 1]),
        (Phases(1), [0, 0, 1]),
        (Phases(2), [0, 0, 0, 0, 1, 1, 1, 1, 2]),
        (Phases(3), [0] * 8 + [1] * 12 + [2] * 6 + [3]),
        (Rotated.at_random(SeparableDoubleWell(0.1, 0.25, (0.3, 1, 2, 2, 5, 0.1, 7))), [0, 0, 1]),
        (Rotated.at_random(Parallel(CurvedValley(10.0), (1, 3, 0.2, 5, 2, 1))), [0, 0, 1]),
    ],
)
def test_every_critical_point_is_found_once(landscape, indices):
    points = find_critical_points(landscape)
    assert sorted(point.index for point in points) == indices
    for point in points:
        scale = np.abs(point.eigenvalues).max()
        np.testing.assert_allclose(landscape.gradient(point.position), 0.0, atol=1e-9 * scale)


def test_a_step_that_vanishes_with_the_hessian_is_no_critical_point():
    with pytest.raises(InputError, match="no critical point"):
        find_critical_points(Polynomial((1.0, 0.0), -1.0, 1.0))
