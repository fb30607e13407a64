"""Every way downhill comes to an end, or is refused."""

from __future__ import annotations

import pytest

import landscape_sim as ls
from landscape_sim.landscapes import descend, find_escape_route


def landscape(formula, *intervals):
    variables = "x, y" if "y" in formula else "x"
    return ls.Landscape.from_expression(formula, variables, intervals or None)


@pytest.mark.parametrize(
    "formula",
    [
        "1 + x**2/2 - x**20/1000",
        "1 + x**2 - 1e-6*exp(6*x)",
        "5 - exp(x**3 - 3*x)",
        "sinh(cos(x*x) + x**3 - x)",
    ],
)
def test_a_flow_that_runs_away_is_refused_with_a_remedy(formula):
    with pytest.raises(ls.InputError, match=r"comes to no end; .* narrow the domain"):
        find_escape_route(landscape(formula))


def test_wells_beside_poles_are_found():
    # Quadrature between the poles at ±π/2 gives these heights.
    route = find_escape_route(landscape("2 + (x**2 - 1)**2 + 0.01*tan(x)"), (-1.0,), (1.0,))
    assert route.loss_ratio == pytest.approx(1.51183, rel=1e-5)


@pytest.mark.parametrize(
    ("formula", "start", "minimum"),
    [
        ("0.2 + (x**2 - 1)**4", (-0.8,), (-1.0,)),
        ("0.2 + (x**2 - 1)**4 + y**4", (-0.8, 0.1), (-1.0, 0.0)),
        ("0.1 + x**4", (0.5,), (0.0,)),
    ],
)
def test_a_flat_minimum_is_found_where_it_may_be_flat(formula, start, minimum):
    found = descend(landscape(formula), start, may_be_flat=True).minimum
    assert found.position == pytest.approx(minimum, abs=1e-6)
    with pytest.raises(ls.InputError, match=r"is flat.*n_outliers.*exact or simulate"):
        descend(landscape(formula), start)


def test_a_well_outside_the_box_is_reached_or_the_box_is_named():
    waves = landscape("1.2 - cos(x) + 0.002*x**2")
    assert descend(waves, (12.5,)).minimum.position == pytest.approx((12.516,), abs=1e-3)
    with pytest.raises(ls.InputError, match=r"outside the search box .* widen it \(the domain"):
        descend(waves, (12.0,))
    wider = landscape("1.2 - cos(x) + 0.002*x**2", (-20, 20))
    assert descend(wider, (12.0,)).minimum.position == pytest.approx((12.516,), abs=1e-3)


@pytest.mark.parametrize("unit", [1e-300, 1e-320, 1e300])
def test_units_beyond_products_of_floats_are_refused(unit):
    with pytest.raises(ls.InputError, match="state it in other units"):
        find_escape_route(landscape(f"{unit!r}*(0.25 + (x**2 - 1)**2)"), (-1.0,), (1.0,))


@pytest.mark.parametrize("length", [1e-6, 1e6])
def test_other_lengths_need_their_domain_and_say_so(length):
    formula = f"0.25 + ((x/{length!r})**2 - 1)**2"
    route = find_escape_route(landscape(formula, (-3 * length, 3 * length)), (-length,), (length,))
    assert route.outlier_curvature * length**2 == pytest.approx(8.0)
    if length < 1.0:
        with pytest.raises(ls.InputError, match="count as one; narrow"):
            ls.Escape(landscape(formula), (-length,), (length,), temperature=0.2)


def test_no_critical_point_comes_with_a_remedy():
    with pytest.raises(ls.InputError, match=r"no critical point .*; move or widen"):
        find_escape_route(landscape("10 + x"))
