"""More than two dimensions, about an axis of symmetry: quadrature, simulation, the plane, turns.

Deterministic comparisons allow the error that the result states, and no more. Simulated means
are compared within z = 4.4 standard errors (false alarm 1.1e-5 a check, seeds fixed). The wrong
weight ``r^{n−1}`` is that of one dimension more.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import landscape_sim as ls
from landscape_sim.exact.line.radial import radial_mean_first_passage_time
from landscape_sim.exact.plane import passage as plane_passage
from landscape_sim.exact.plane.cells import cell_volumes
from landscape_sim.exact.plane.framing import axial_frame, landmark
from landscape_sim.exact.plane.passage import plane_mean_first_passage_time

Z = 4.4


def well(n, loss_ratio=2.0, stiffness=1.0):
    return ls.SeparableDoubleWell.from_loss_ratio(loss_ratio, 0.25, (stiffness,) * (n - 1))


def ends(n, radius=0.4):
    return (-1.0, *[0.0] * (n - 1)), ls.Ball((1.0, *[0.0] * (n - 1)), radius)


def stated(passage, expected):
    return abs(passage.mean_time / expected - 1.0) / passage.relative_error


@pytest.mark.parametrize("n", [3, 4, 6, 20])
def test_from_beside_the_middle_to_a_sphere_it_is_the_radial_quadrature(n):
    # A problem in (z, r), whose answer the strong Markov property has from quadrature.
    noise, start, sphere = ls.LossProportionalNoise(0.2 / math.sqrt(n)), 0.5, 1.5

    def expected(dimension):
        bowl = ls.QuadraticBowl.isotropic(0.5, 2.0, dimension)
        outer, inner = (radial_mean_first_passage_time(bowl, noise, r) for r in (sphere, start))
        return outer.mean_time - inner.mean_time

    bowl, middle = ls.QuadraticBowl.isotropic(0.5, 2.0, n), (0.0,) * n
    found = ls.mean_first_passage_time(
        bowl, noise, (start, *middle[1:]), ls.Outside(middle, sphere), n_cells=100
    )
    assert found.relative_error < 0.005
    assert stated(found, expected(n)) < 1.0
    # Negative control: the weight of one dimension more.
    assert stated(found, expected(n + 1)) > 10.0


@pytest.mark.parametrize(("n", "aligned"), [(3, False), (4, True), (6, False)])
def test_agrees_with_simulation(n, aligned):
    # The scheme's bias at this step, 0.3 %, is a quarter of a standard error.
    def noise(n):
        if not aligned:
            return ls.LossProportionalNoise(0.2)
        hessian = np.diag([2.0, *[1.0] * (n - 1)])
        return ls.HessianAlignedNoise.from_hessian(hessian, 0.1, 1)

    start, target = ends(n)
    scheme = ls.EulerMaruyama(noise(n), 0.005)
    sample = ls.simulate_first_passage(
        well(n), scheme, start, target, n_paths=6_000, max_time=1e7, seed=5
    )
    error = sample.times.std(ddof=1) / math.sqrt(len(sample.times))
    passage = ls.mean_first_passage_time(well(n), noise(n), start, target, n_cells=100)
    assert abs(sample.times.mean() - passage.mean_time) < Z * error
    # Negative control: the weight of one dimension more.
    other = ls.mean_first_passage_time(well(n + 1), noise(n + 1), *ends(n + 1), n_cells=100)
    assert abs(sample.times.mean() - other.mean_time) > Z * error


@pytest.mark.parametrize("across", [8.0, 16.0])
def test_without_a_weight_the_half_plane_is_the_plane(monkeypatch, across):
    noise = ls.HessianAlignedNoise.from_hessian(np.diag([8.0, across]), 0.02, 1)
    landscape, (start, target) = well(2, 5.0, 2.0), ends(2, 0.25)
    plane = ls.mean_first_passage_time(landscape, noise, start, target, n_cells=100)

    def half(landscape, noise, start, target, domain, **_):
        towards = landmark(target, start) - np.array(start)
        everywhere = np.array([(-np.inf, np.inf)] * 2)
        return axial_frame(landscape, noise, np.array(start), towards, everywhere)

    monkeypatch.setattr(plane_passage, "make_frame", half)
    folded = ls.mean_first_passage_time(landscape, noise, start, target, n_cells=100)
    assert folded.y.min() == 0.0
    errors = plane.relative_error + folded.relative_error
    assert abs(plane.log_mean_time - folded.log_mean_time) < errors < 0.002


@pytest.mark.parametrize("noise", ["isotropic", "hessian"])
def test_an_axis_may_point_anywhere(noise):
    turned = ls.Landscape.from_expression(
        "0.25 + 0.25*((0.6*x + 0.8*z)**2 - 1)**2 + 2*(0.8*x - 0.6*z)**2 + 2*y**2", "x,y,z"
    )
    escape = ls.Escape(
        turned, (-0.6, 0, -0.8), (0.6, 0, 0.8), temperature=0.15, noise=noise, target_radius=0.25
    )
    straight = ls.Escape(well(3, 2.0, 4.0), temperature=0.15, noise=noise, target_radius=0.25)
    found, expected = escape.exact(n_cells=60), straight.exact(n_cells=60)
    assert found.log_rate == pytest.approx(expected.log_rate, abs=1e-6)
    assert found.detail.x.min() < 0.0 < found.detail.x.max()  # along the axis from the start


def test_committor_and_quasi_stationary_distribution_are_those_of_rings():
    noise, (start, target) = ls.LossProportionalNoise(0.12), ends(4, 0.25)
    arguments = well(4, 4.0, 2.0), noise
    passage = ls.mean_first_passage_time(*arguments, start, target, n_cells=100)
    settled = ls.plane_quasi_stationary_distribution(*arguments, start, target, n_cells=100)
    # One over the mean time, up to rate × relaxation time, here half a unit.
    allowed = settled.rate + settled.relative_error + passage.relative_error
    assert settled.log_rate == pytest.approx(passage.log_rate, abs=allowed)
    volumes = cell_volumes((settled.x[:, 0], settled.y[0]), 2)
    assert np.nansum(settled.density * volumes) == pytest.approx(1.0, abs=1e-9)
    committor = ls.plane_committor(*arguments, ls.Ball(start, 0.25), target, n_cells=100)
    middle = np.argmin(np.hypot(committor.x - 1.0, committor.y))
    assert committor.values.flat[middle] == pytest.approx(0.5, abs=committor.error)
    # Of each two passages through the well one is a transition.
    assert committor.transition is not None
    errors = committor.transition.relative_error + passage.relative_error
    assert committor.transition.log_rate == pytest.approx(passage.log_rate, abs=allowed + errors)


UNEQUAL = ls.SeparableDoubleWell.from_loss_ratio(2.0, 0.25, (1.0, 1.001))
ROUND, (START, TARGET) = well(3), ends(3)
WEAK = ls.LossProportionalNoise(0.1)


@pytest.mark.parametrize(
    ("landscape", "noise", "start", "domain", "message"),
    [
        (UNEQUAL, WEAK, START, None, r"axis of symmetry.*the loss has none.*simulate"),
        (ROUND, WEAK, (-1.0, 0.3, 0.0), None, "the loss has none"),
        (
            ROUND,
            ls.HessianAlignedNoise.from_hessian(np.diag([2.0, 1.0, 1.001]), 0.1, 1),
            *(START, None, "not the same in all directions across"),
        ),
        (
            ROUND,
            ls.ConstantHessianAlignedNoise.from_hessian(np.diag([2.0, 0.0, 0.0]), 0.2, 0.1, 1),
            *(START, None, "must be positive along both"),
        ),
        (ROUND, WEAK, START, ((-9, 9), (-9, 9), (-0.4, 9)), "the domain cuts the well off"),
        (
            ROUND,
            ls.HessianAlignedNoise.from_hessian(np.diag([2.0, 8.0, 8.0]), 0.05, 1),
            *(START, ((-9, 9), (-9, 9), (-0.9, 9)), "the domain cuts off ways that matter"),
        ),
    ],
)
def test_what_is_not_symmetric_or_cut_off_is_refused_in_one_line(
    landscape, noise, start, domain, message
):
    with pytest.raises(ls.InputError, match=message) as refusal:
        plane_mean_first_passage_time(landscape, noise, start, TARGET, n_cells=60, domain=domain)
    assert "\n" not in str(refusal.value)


def test_a_domain_that_holds_the_rings_changes_nothing():
    free = ls.mean_first_passage_time(ROUND, WEAK, START, TARGET, n_cells=60)
    box = ((-4, 4), (-3, 3), (-3, 3))
    within = ls.mean_first_passage_time(ROUND, WEAK, START, TARGET, n_cells=60, domain=box)
    errors = free.relative_error + within.relative_error
    assert abs(free.log_mean_time - within.log_mean_time) < errors


def test_one_side_of_a_bump_is_seen():
    # Symmetric within 1e-3 of the noise everywhere, but for one place off the axis.
    bumped = ls.Landscape.from_expression(
        "0.25 + 0.25*(x**2 - 1)**2 + y**2 + z**2 + 0.02*exp(-40*(x**2 + (y - 0.3)**2 + z**2))",
        "x,y,z",
    )
    with pytest.raises(ls.InputError, match="the loss has none"):
        plane_mean_first_passage_time(bumped, WEAK, START, TARGET, n_cells=60)


def test_an_asymmetry_beside_a_large_constant_is_seen():
    # A billionth of the loss is a whole unit of it.
    oval = ls.Landscape.from_expression("1e9 + 0.25*(x**2 - 1)**2 + y**2 + 1.5*z**2", "x,y,z")
    with pytest.raises(ls.InputError, match="the loss has none"):
        plane_mean_first_passage_time(oval, ls.ConstantNoise(0.1), START, TARGET, n_cells=60)
