"""Answers that must not hang on which pass is found, how large a ball is, what lies beside.

The numbers are of quadrature and finite volumes written for them alone.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import landscape_sim as ls
from landscape_sim.escape.methods import exact
from landscape_sim.escape.methods.formula import arrhenius_of
from landscape_sim.escape.methods.simulate import simulated_rate_at_step
from landscape_sim.exact.plane import passage as plane_passage
from landscape_sim.exact.plane.refinement import extrapolate
from landscape_sim.theory.well_network import log_mean_passage_time

#: A wall between the wells, with a gap beside the straight line.
GAP = (
    "0.25 + 0.2*(x**2 - 1)**2 + 0.3*y**2"
    " + 0.6*exp(-(x/0.2)**2)*(1 - 0.9*exp(-((y - 0.613)/0.2)**2))"
)
RING = "0.2 + 0.4*(x**2 + y**2 - 1)**2 + 0.15*y**2"
SMALL = "0.25 + 0.5*((x/0.2)**2 - 1)**2 + (y/0.2)**2"
TRIPLE = "0.1 + 1.6875*x**2*(x**2 - 1)**2"
FLAT = "0.2 + (x**2 - 1)**4"
LEFT, RIGHT = (-1.0, 0.0), (1.0, 0.0)


def plane(formula, **settings):
    return ls.Escape(ls.Landscape.from_expression(formula, "x, y"), LEFT, RIGHT, **settings)


def line(formula, start, target, **settings):
    return ls.Escape(ls.Landscape.from_expression(formula, "x"), start, target, **settings)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_pass_beside_the_straight_line_is_found_on_either_side(side):
    formula = GAP.replace("y - 0.613", f"y - {side * 0.613}")
    escape = plane(formula, learning_rate=0.05, batch_size=1)
    lowest, straight = escape.routes
    np.testing.assert_allclose(lowest.saddle.position, (0.0, side * 0.5996), atol=1e-3)
    np.testing.assert_allclose(straight.saddle.position, (0.0, side * 0.0025), atol=1e-3)
    # The law is 7 % off at this temperature; over the straight line it would be 40 times lower.
    assert escape.formula().rate == pytest.approx(7.58e-7, rel=0.08)
    assert escape.exact(n_cells=240).rate == pytest.approx(7.58e-7, rel=2e-3)


def test_the_noise_of_a_minimum_does_not_hang_on_the_pass():
    landscape = ls.Landscape.from_expression(GAP, "x, y")
    settings = {"learning_rate": 0.05, "batch_size": 1}
    over = [
        ls.Escape(landscape, LEFT, RIGHT, **settings, saddle=saddle)
        for saddle in ((0.0, 0.6), (0.0, 0.0))
    ]
    assert [escape.temperature for escape in over] == [pytest.approx(0.08, rel=1e-6)] * 2
    assert [len(escape.routes) for escape in over] == [1, 1]
    routes = [escape.route for escape in over]
    assert routes[0].loss_ratio < 0.7 * routes[1].loss_ratio
    # Either path climbs half the barrier in the stiff direction.
    assert routes[0].outlier_curvature == routes[1].outlier_curvature
    # Another target changes nothing either.
    triple = [line(TRIPLE, (-1.0,), (target,), **settings) for target in (0.0, 1.0)]
    assert triple[0].noise == triple[1].noise


@pytest.mark.parametrize("noise", ["isotropic", "constant"])
def test_equal_passes_are_counted(noise):
    escape = plane(RING, learning_rate=0.15, batch_size=1, noise=noise)
    heights = [route.saddle.position[1] for route in escape.routes]
    assert sorted(round(y, 6) for y in heights) == [-0.901388, 0.901388]
    answer = escape.formula()
    each = [law.rate for law in answer.detail.passes]
    assert answer.rate == pytest.approx(sum(each), rel=1e-12)
    assert each[0] == pytest.approx(each[1], rel=1e-9)
    if noise == "isotropic":
        assert answer.rate == pytest.approx(1.0394e-6, rel=0.02)
        law = answer.detail
        by_factors = law.log_prefactor - law.exponent * math.log(law.loss_ratio)
        assert by_factors == pytest.approx(law.log_rate, abs=1e-12)
    else:
        assert arrhenius_of(escape) == answer.detail


def test_the_target_is_a_length_of_the_landscape():
    def rate(factor, **settings):
        formula = SMALL.replace("0.2)", f"{0.2 * factor!r})")
        reach = 3.0 * factor
        landscape = ls.Landscape.from_expression(formula, "x, y", [(-reach, reach)] * 2)
        ends = ((-0.2 * factor, 0.0), (0.2 * factor, 0.0))
        escape = ls.Escape(landscape, *ends, temperature=0.15, **settings)
        answer = escape.exact(n_cells=160)
        return escape.target.radius / factor, answer.rate * factor**2

    radius, expected = rate(1.0)
    assert radius == 0.05
    assert expected == pytest.approx(7.490e-3, rel=1e-3)
    for factor in (1e-6, 1e6):
        assert rate(factor) == (pytest.approx(0.05), pytest.approx(expected, rel=1e-6))
    for radius in (0.21, 0.25):
        with pytest.raises(ls.InputError, match=r"to the saddle \(0, 0\).* lower it to 0.05"):
            rate(1.0, target_radius=radius)
    with pytest.raises(ls.InputError, match=r"the start .* lies within .* lower it to 0.05"):
        rate(1.0, target_radius=0.5)


def test_targets_beyond_a_third_well_have_no_formula_but_every_other_answer():
    escape = line(TRIPLE, (-1.0,), (1.0,), temperature=0.3)
    exact = escape.exact().rate
    assert exact == pytest.approx(2.556e-3, rel=1e-3)
    simulated = simulated_rate_at_step(
        escape, relaxation_time_step=0.05, n_paths=400, max_time=10.0 / exact, seed=3
    )
    # 4.4 standard errors, and 5 % for the step.
    assert abs(math.log(simulated.rate / exact)) < 4.4 / math.sqrt(400) + 0.05
    with pytest.raises(ls.InputError, match=r"leads through \(0\); .* take \(0\) as the target"):
        escape.formula()


def test_minima_without_curvature_have_exact_rates():
    escape = line(FLAT, (-0.9,), (1.0,), temperature=0.3)
    # log ∫∫ of the scale and speed densities, by a sum over 4e4 points each.
    x = np.linspace(-4.0, 1.0, 40_001)
    log_loss = np.log(0.2 + (x**2 - 1.0) ** 4)
    speed = np.exp(-(1.0 + 1.0 / 0.3) * log_loss) / 0.3
    scale = np.exp(log_loss / 0.3)
    inner = np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]) * np.diff(x))])
    outer = np.where(x >= -1.0, scale * inner, 0.0)
    time = np.sum(0.5 * (outer[1:] + outer[:-1]) * np.diff(x))
    assert escape.exact().rate == pytest.approx(1.0 / time, rel=1e-3)
    with pytest.raises(ls.InputError, match="is flat"):
        escape.formula()
    with pytest.raises(ls.InputError, match=r"flat along the escape.*give temperature"):
        line(FLAT, (-0.9,), (1.0,), learning_rate=0.1, batch_size=1)
    with pytest.raises(ls.InputError, match=r"'hessian' vanishes.*choose isotropic or constant"):
        line(FLAT, (-0.9,), (1.0,), temperature=0.3, noise="hessian")
    named = line(FLAT, (-0.9,), (1.0,), learning_rate=0.1, batch_size=1, outlier_curvature=3.0)
    assert named.exact().rate == pytest.approx(escape.exact().rate, rel=1e-9)


MUELLER_BROWN = ls.from_catalogue("mueller-brown").landscape


def test_a_deeper_neighbour_is_said_with_the_answer():
    escape = ls.Escape(
        MUELLER_BROWN, (-0.05, 0.467), (0.62, 0.03), learning_rate=0.06, batch_size=1
    )
    answer = escape.formula()
    (network,) = [caveat for caveat in answer.caveats if "direct passes" in caveat]
    assert "deepest at (-0.5582, 1.442)" in network
    named = float(network.split("is about ")[1].split()[0])
    # Three times too many would be the direct rate over two hundred.
    assert abs(math.log(named / 1.0564e-3)) < math.log(1.5)
    assert answer.rate > 100 * named


def test_noise_across_the_escape_and_low_barriers_are_said_with_the_answer():
    stiff = ls.from_catalogue("stiff-2d")
    ends = stiff.landscape, stiff.start, stiff.target
    across = ls.Escape(*ends, temperature=0.1, noise="hessian").formula()
    assert [("10 times as strong across" in caveat) for caveat in across.caveats] == [True]
    assert ls.Escape(*ends, temperature=0.1).formula().caveats == ()
    low = ls.Escape(*ends, temperature=0.5).formula()
    assert [("barrier is 2.51 noise strengths" in caveat) for caveat in low.caveats] == [True]
    assert ls.rates([low]).rows()[0]["caveats"] == low.caveats[0]


def test_a_barrier_that_is_no_parabola_is_said_with_the_answer():
    spike = ls.Landscape.from_expression("0.15 + 0.1*(x**2-1)**2 + 0.4*exp(-(x/0.02)**2)", "x")
    escape = ls.Escape(spike, (-1.0,), (1.0,), temperature=0.3)
    answer = escape.formula()
    assert ["2.9 times as wide" in caveat for caveat in answer.caveats] == [True]
    # As much as the formula is too high.
    assert answer.rate / escape.exact().rate == pytest.approx(3.0, rel=0.05)


def test_a_temperature_beyond_any_ends_in_caveats_too():
    answer = ls.Escape(ls.QuarticDoubleWell(0.25, 1.0), temperature=1e307).formula()
    assert len(answer.caveats) == 2


def test_no_word_where_there_is_nothing_to_say():
    for name in ("quartic", "tilted-quartic", "curved-valley", "separable-4d"):
        entry = ls.from_catalogue(name)
        escape = ls.Escape(entry.landscape, entry.start, entry.target, temperature=0.1)
        assert escape.formula().caveats == (), name


def test_passage_times_through_a_network_of_wells():
    random = np.random.default_rng(1)
    rates = np.exp(random.normal(scale=8.0, size=(6, 6)))
    np.fill_diagonal(rates, 0.0)
    others = [0, 2, 3, 4, 5]
    generator = np.diag(rates[others].sum(axis=1)) - rates[np.ix_(others, others)]
    expected = np.linalg.solve(generator, np.ones(5))[0]
    with np.errstate(divide="ignore"):
        found = log_mean_passage_time(np.log(rates), 0, 1)
    assert found == pytest.approx(math.log(expected), rel=1e-6)
    with pytest.raises(ls.InputError, match="no way leads"):
        log_mean_passage_time(np.full((2, 2), -np.inf), 0, 1)


@pytest.mark.parametrize("temperature", [5e-324, 1e-320, 1e-305, 1e-15])
def test_a_rate_without_a_digit_is_refused(temperature):
    escape = {"start": (-1.0,), "target": (1.0,), "temperature": temperature}
    with pytest.raises(ls.InputError, match="raise"):
        ls.Escape(ls.QuarticDoubleWell(0.25, 1.0), **escape).formula()


def test_a_grid_whose_coarser_ones_know_no_rate_is_too_coarse(monkeypatch):
    # Rounding, which is not the same on every processor, decides whether a coarser grid has none
    # here, or one that is far off.
    def without_coarsest(grid, log_values):
        full, half, _ = log_values
        return extrapolate(grid, (full, half, math.nan))

    monkeypatch.setattr(plane_passage, "extrapolate", without_coarsest)
    entry = ls.from_catalogue("curved-valley")
    escape = ls.Escape(
        entry.landscape, entry.start, entry.target, temperature=0.0101745, noise="hessian"
    )
    # The rate is e^-6.31: on 1600 cells, on 800 and on 400, where it is no more than 1 % off.
    with pytest.raises(ls.InputError, match=r"too coarse .*; use n_cells = 800"):
        escape.exact(n_cells=400)


def test_a_grid_is_refined_until_it_is_fine_enough(monkeypatch):
    narrow = GAP.replace("/0.2", "/0.1")
    escape = plane(narrow, temperature=0.08)
    # Its error grows before it falls: the advice of one grid may not do for the next.
    for n_cells in (80, 220):
        with pytest.raises(ls.InputError, match=r"too coarse .*; use n_cells = \d+"):
            escape.exact(n_cells=n_cells)
    monkeypatch.setattr(exact, "_CELLS", (80, 160, 320))
    answer = escape.exact()
    assert answer.relative_discretisation_error < 0.01
    assert answer.rate == pytest.approx(escape.exact(n_cells=400).rate, rel=0.01)
    monkeypatch.setattr(exact, "_CELLS", (80, 160))
    with pytest.raises(ls.InputError, match="160 cells are too coarse"):
        escape.exact()
