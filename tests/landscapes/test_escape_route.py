"""Routes in any dimension: which saddle, which path, which curvature; and why there is none."""

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
    Ring,
    Rotated,
    TripleWell,
)

from landscape_sim.landscapes import (
    Landscape,
    OutlierSection,
    QuarticDoubleWell,
    SeparableDoubleWell,
    find_critical_points,
    find_escape_route,
)
from landscape_sim.validation import InputError

SEPARABLE = [
    SeparableDoubleWell.from_loss_ratio(4.0, 0.25, stiffness)
    for stiffness in ((0.3,), (0.01,), (2.0,), (2.0, 2.0, 0.5), (0.3, 1.0, 2.0, 2.0, 5.0, 0.1, 7.0))
]
HARD = [
    CurvedValley(4.0),
    CurvedValley(400.0),
    TripleWell(),
    Ring(),
    MuellerBrown(200.0),
    Phases(2),
    ON_THE_EDGE,
    Rotated.at_random(SEPARABLE[-1]),
    Rotated.at_random(Parallel(CurvedValley(10.0), (1.0, 3.0, 0.2, 5.0, 2.0, 1.0))),
]


@pytest.mark.parametrize("landscape", HARD)
def test_the_path_goes_uphill_to_the_saddle_and_downhill_from_it_along_the_gradient(landscape):
    route = find_escape_route(landscape)
    path, spacing = route.path, np.linalg.norm(np.diff(route.path, axis=0), axis=1)
    np.testing.assert_array_equal(
        path[[0, -1]], [route.minimum.position, route.destination.position]
    )
    # Chords at equal arc lengths differ by (curvature × spacing)²/24; here that is below 0.1²/24.
    np.testing.assert_allclose(spacing, spacing.mean(), rtol=1e-3)
    top = int(np.argmin(np.linalg.norm(path - route.saddle.position, axis=1)))
    assert np.linalg.norm(path[top] - route.saddle.position) <= spacing.max()
    height = np.array([landscape.loss(tuple(x)) for x in path])
    assert np.all(np.diff(height[: top - 1]) > 0)
    assert np.all(np.diff(height[top + 1 :]) < 0)
    # Away from the ends of its halves, where the gradient vanishes, the path follows it, to an
    # angle of 0.01 between chord and tangent.
    inner = [i for i in range(2, len(path) - 2) if min(abs(i - top), i, len(path) - i) > 10]
    tangent = np.array([path[i + 1] - path[i - 1] for i in inner])
    slope = np.array([landscape.gradient(tuple(path[i])) for i in inner])
    cosine = np.abs(np.sum(tangent * slope, axis=1)) / np.linalg.norm(tangent, axis=1)
    np.testing.assert_allclose(cosine / np.linalg.norm(slope, axis=1), 1.0, atol=1e-4)


@pytest.mark.parametrize("landscape", SEPARABLE)
@pytest.mark.parametrize("view", [lambda landscape: landscape, Rotated.at_random])
def test_escape_curvature_is_that_along_the_escape(landscape, view):
    # The double well's own curvature, whether stiffer or softer than the others or equal.
    route = find_escape_route(view(landscape))
    np.testing.assert_allclose(route.outlier_curvature, 2.0, rtol=1e-9)


def test_escape_curvature_is_taken_along_a_curved_path_not_along_the_line_to_the_saddle():
    route = find_escape_route(Ring())
    np.testing.assert_allclose(route.outlier_curvature, 0.4)  # along the ring
    # The control: the line to the saddle points rather across the ring, where it is 8.
    line = np.subtract(route.saddle.position, route.minimum.position)
    overlaps = np.abs(route.minimum.eigenvectors.T @ line)
    np.testing.assert_allclose(route.minimum.eigenvalues[np.argmax(overlaps)], 8.0)


def test_wells_behind_a_third_are_refused_and_the_third_is_named():
    with pytest.raises(InputError, match=r"through \(0, 0\); .* take \(0, 0\) as the target"):
        find_escape_route(TripleWell(), (-1.0, 0.1), (0.9, 0.0))
    with pytest.raises(InputError, match=r"through \(-0.05001, 0.4667\)"):
        find_escape_route(MuellerBrown(200.0), (-0.5, 1.4), (0.6, 0.0))


def test_a_named_saddle_is_taken_or_said_to_join_others():
    ring = Ring()
    for side in (-1.0, 1.0):
        route = find_escape_route(ring, start=(1.0, 0.0), saddle=(0.1, 0.9 * side))
        np.testing.assert_allclose(route.saddle.position, [0.0, side * 0.9**0.5], atol=1e-9)
        np.testing.assert_allclose(route.destination.position, [-1.0, 0.0], atol=1e-9)
    joins = r"joins the minima \(0, 0\) and \(1, 0\), so it does not lead from \(-1, 0\)"
    with pytest.raises(InputError, match=joins):
        find_escape_route(TripleWell(), start=(-1.0, 0.0), saddle=(0.6, 0.0))
    with pytest.raises(InputError, match="no saddle of index 1 near"):
        find_escape_route(TripleWell(), saddle=(0.0, 0.0))


def test_without_a_target_the_lowest_saddle_decides():
    route = find_escape_route(MuellerBrown(200.0), start=(-0.05, 0.47))
    np.testing.assert_allclose(route.destination.position, [0.623, 0.028], atol=1e-3)


def test_landscapes_of_equal_numbers_are_not_mistaken_for_one_another():
    class Twin(QuarticDoubleWell):
        def hessian(self, x):
            return 4.0 * super().hessian(x)

        def gradient(self, x):
            return (4.0 * super().gradient(x)[0],)

    quartic = QuarticDoubleWell(0.25, 1.0)
    twin = Twin(*quartic)
    assert twin == quartic
    (left, *_), (other, *_) = find_critical_points(quartic), find_critical_points(twin)
    np.testing.assert_allclose(other.eigenvalues, 4.0 * left.eigenvalues)
    inside = [
        find_critical_points(OutlierSection(well, (0.0,), ((1.0,),), ((1.0,),)))[0].eigenvalues
        for well in (quartic, twin)
    ]
    np.testing.assert_allclose(inside[1], 4.0 * inside[0])


def test_a_well_too_narrow_for_the_search_is_reached_from_its_target():
    bowl = "0.6 + (x**2 + y**2)/2"
    hole = "0.9*exp(-((x - 2.1234)**2 + (y - 1.37)**2)/0.0008)"
    landscape = Landscape.from_expression(f"0.5 + {bowl} - {hole}", "x, y", [(-3, 3), (-3, 3)])
    assert len(find_critical_points(landscape)) == 1  # what the fallback is for
    route = find_escape_route(landscape, start=(0.0, 0.0), target=(2.1234, 1.37))
    np.testing.assert_allclose(route.destination.position, (2.1234, 1.37), atol=5e-3)
    assert route.saddle.index == 1
    np.testing.assert_allclose(landscape.gradient(route.saddle.position), 0.0, atol=1e-6)
    # The saddle lies on the side of the bowl's middle, some widths of the hole before it.
    away = np.subtract((2.1234, 1.37), route.saddle.position)
    assert 0.02 < np.linalg.norm(away) < 0.2
    assert away @ (2.1234, 1.37) / np.linalg.norm(away) / np.hypot(2.1234, 1.37) > 0.99


FLAT = SeparableDoubleWell(floor=0.1, barrier=0.25, stiffness=(0.0,))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: find_escape_route(SINGLE_WELL), "no second minimum"),
        (lambda: find_escape_route(SINGLE_WELL, target=(0.5,)), "no other minimum"),
        (lambda: find_escape_route(FLAT), r"flat at .* \(n_outliers\)"),
        (lambda: find_escape_route(Rotated.at_random(FLAT)), r"flat at .* \(n_outliers\)"),
        (lambda: find_escape_route(FLAT_WELL, start=(2.0,)), r"well of \(0\), which is flat"),
        (lambda: find_escape_route(FLAT_WELL, start=(0.1,)), r"well of \(-?0.*\), which is flat"),
        (lambda: find_escape_route(Ring(), start=(0.0, 0.0)), "outside every well"),
        (lambda: find_escape_route(Ring(), saddle=(0.0,)), "must have 2 coordinates"),
        (lambda: find_escape_route(MuellerBrown(120.0), (0.6, 0.0)), "positive on the basin"),
        (lambda: find_escape_route(MuellerBrown(90.0), (0.6, 0.0)), "raise the loss floor"),
    ],
)
def test_refuses_in_one_line(call, message):
    with pytest.raises(InputError, match=message) as refusal:
        call()
    assert "\n" not in str(refusal.value)


def test_equal_curvatures_are_frozen_together_or_not_at_all():
    well = SeparableDoubleWell(floor=0.25, barrier=0.25, stiffness=(2.0, 2.0, 0.1))
    minimum = find_escape_route(well).minimum
    with pytest.raises(InputError, match=r"n_outliers = 2 divides .* curvature 2; choose 3"):
        OutlierSection.at(well, minimum, 2)
    assert len(OutlierSection.at(well, minimum, 3).axes) == 3
