"""Landscapes from formulas: derivatives, kernels, the cache, and equality."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import landscape_sim as ls
from landscape_sim import Landscape

CHECKOUT = str(Path(__file__).resolve().parents[2])

EIGHT = [f"x{i}" for i in range(8)]
FORMULAS = [
    ("0.25 + (x**2 - 1)**2 + 0.1*x", "x", None),
    ("1/x**3 + 3.5*x/(2 + x**2)**2 + x**1.5 + x**-0.5 + x**0.3 - x**-2.5", "x", [(0.5, 3)]),
    ("4*(x**-12 - x**-6) + 2 + x**7/(1 + x)", "x", [(0.9, 3)]),
    ("sin(x) + cos(2*x) + tan(x/9) + sinh(x) + cosh(x/2) + tanh(x) + atan(x)", "x", None),
    ("log1p(exp(-4*x)) + expm1(x/3) - x*log1p(x**2)", "x", None),
    ("exp(-x) + log(2 + x**2) + sqrt(1 + x**4) + 1/sqrt(2 + cos(x)) + (1 + x**2)**1.3", "x", None),
    ("x - 2*y", "x, y", None),
    ("3 + log(1 + exp(-x**2 - y**2) + cosh(x)) + y + x**2*y**3", "x, y", None),
    ("5 - log(exp(-x**2 - 2*(y - 1)**2) + exp(-(x - 2)**2 - y**2) + 0.1)", "x, y", None),
    ("1 + (x*y - z)**2 + (y - w**2)**4 + exp(-(x + w)**2)", "x, y, z, w", [(-2, 2)] * 4),
    ("+".join(f"0.3*({a}**2 - {b})**2 + 0.1*exp(sin({a}))"
              for a, b in zip(EIGHT, EIGHT[1:] + EIGHT[:1], strict=True)), EIGHT, None),
]  # fmt: skip


@pytest.fixture(params=FORMULAS, ids=lambda case: case[0][:30])
def landscape(request):
    return Landscape.from_expression(*request.param)


def positions(landscape, n):
    low, high = np.array(landscape.search_box()).T
    return low + (high - low) * np.random.default_rng(3).random((n, len(low)))


def complex_step(function, x):
    """Return the derivatives of ``function`` at ``x``, rows by coordinate, exact to rounding."""
    return [np.imag(function(tuple(x + 1e-200j * e))) / 1e-200 for e in np.eye(len(x))]


def assert_derivatives(landscape, x):
    # A complex step subtracts nothing, so what differs is rounding: 2e-16 for each of some
    # hundred operations, times a cancellation that stays below 100 at these positions.
    gradient, hessian = landscape.gradient(tuple(x)), landscape.hessian(tuple(x))
    size = max(1.0, np.max(np.abs(hessian)), np.max(np.abs(gradient)))
    for values, function in ((gradient, landscape.loss), (hessian, landscape.gradient)):
        np.testing.assert_allclose(values, complex_step(function, x), rtol=0, atol=2e-12 * size)


def test_gradient_and_hessian_are_the_derivatives_of_the_loss(landscape):
    for x in positions(landscape, 20):
        assert_derivatives(landscape, x)


def test_a_wrong_derivative_would_be_seen():
    right = Landscape.from_expression("1 + (x**2 - 1)**2", "x")

    class Wrong(type(right)):
        def gradient(self, x):
            return (right.gradient(x)[0] * (1 + 1e-9),)

    with pytest.raises(AssertionError):
        assert_derivatives(Wrong(*right), np.array([0.7]))


def test_loss_and_gradient_broadcast(landscape):
    x = positions(landscape, 6).T.reshape(-1, 2, 3)
    loss, gradient = landscape.loss(tuple(x)), landscape.gradient(tuple(x))
    assert np.shape(loss) == (2, 3)
    assert np.shape(gradient) == x.shape
    for index in np.ndindex(2, 3):
        one = tuple(map(float, x[(slice(None), *index)]))
        np.testing.assert_allclose(landscape.loss(one), loss[index], rtol=1e-14)
        expected = [component[index] for component in gradient]
        np.testing.assert_allclose(landscape.gradient(one), expected, rtol=1e-14)


def test_whole_and_half_powers_are_products_and_roots():
    text = "4*(x**-12 - x**-6) + 1/x**3 + (1 + x**2)**-1.5 + (2 + sin(x))**7"
    landscape = Landscape.from_expression(text, "x", [(0.5, 3)])
    code = inspect.getsource(type(landscape)).partition("def loss")[2]
    assert "**" not in code
    assert "sqrt" in code
    assert "power" not in code
    # Negative control: other powers are left to a function.
    other = Landscape.from_expression("x**0.3", "x", [(0.5, 3)])
    assert "elementary.power" in inspect.getsource(type(other)).partition("def")[2]


QUARTIC = ls.QuarticDoubleWell.from_loss_ratio(2.5, 0.25)
TILTED = ls.TiltedDoubleWell.from_loss_ratio(2.5, 0.25, 0.3)
SEPARABLE = ls.SeparableDoubleWell.from_loss_ratio(3.6, 0.25, (2.0, 0.5, 3.0))
WRITTEN_BY_HAND = [
    (QUARTIC, f"{QUARTIC.floor!r} + 0.25*(x**2 - 1)**2", "x"),
    (TILTED, f"{TILTED.floor!r} + 0.25*((x**2 - 1)**2 + 0.3*x)", "x"),
    (
        SEPARABLE,
        f"{SEPARABLE.floor!r} + 0.25*(x**2 - 1)**2 + 0.5*(2*y**2 + 0.5*z**2 + 3*w**2)",
        "x, y, z, w",
    ),
]


@pytest.mark.parametrize(("by_hand", "formula", "variables"), WRITTEN_BY_HAND)
def test_equals_the_class_written_by_hand_to_the_last_digits(by_hand, formula, variables):
    landscape = Landscape.from_expression(formula, variables)
    for x in positions(by_hand, 50):
        # At most ten roundings of terms that add up to this.
        last_digits = 10 * 2.0**-53 * (1.0 + (x[0] ** 2 + 1.0) ** 2 + 3.0 * np.sum(x**2))
        x = tuple(x)
        np.testing.assert_allclose(landscape.loss(x), by_hand.loss(x), atol=last_digits, rtol=0)
        for derivative in ("gradient", "hessian"):
            np.testing.assert_allclose(
                getattr(landscape, derivative)(x),
                getattr(by_hand, derivative)(x),
                atol=8 * last_digits,
                rtol=0,
            )


def test_the_kernel_passes_as_it_does_with_the_class_written_by_hand():
    by_hand, formula, variables = WRITTEN_BY_HAND[2]
    rest = (0.0, 0.0, 0.0)
    times = [
        ls.simulate_first_passage(
            landscape,
            ls.EulerMaruyama(ls.LossProportionalNoise(0.5), 0.02),
            (-1.0, *rest),
            ls.HalfSpace.beyond((0.0, *rest), seen_from=(-1.0, *rest)),
            n_paths=64,
            max_time=100.0,
            seed=1,
        ).times
        for landscape in (by_hand, Landscape.from_expression(formula, variables))
    ]
    # The same random numbers: only last digits differ, and a path may once in a while be
    # found beyond the boundary one step earlier or later.
    assert np.count_nonzero(np.isclose(*times, rtol=1e-9)) >= 62


def test_other_numbers_are_the_same_class():
    one, other = (
        Landscape.from_expression(text, "x")
        for text in ("0.25 + (x**2 - 1)**2 + 0.1*x", "(x**2 - 4)**2 - 2 + -0.3*x")
    )
    assert type(one) is type(other)
    assert one != other
    assert (other.floor, other.constants) == (-2.0, (4.0, -0.3))


def test_equal_formulas_are_equal_and_others_are_not():
    def make(text, variables="x", domain=None):
        return Landscape.from_expression(text, variables, domain)

    square, again, fourth = make("1 + 2*x**2"), make("2 * x**2+1.0"), make("1 + 2*x**4")
    assert square == again
    assert hash(square) == hash(again)
    # The fields are the same numbers: as plain tuples the two would be equal.
    assert tuple(square) == tuple(fourth)
    assert square != fourth
    assert tuple(square) != square
    assert square != make("1 + 2*x**2", domain=[(-1, 1)])
    assert square != make("1 + 2*y**2", "y")
    assert len({square, again, fourth}) == 2
    assert [p.eigenvalues[0] for p in ls.find_critical_points(square)] == [4.0]
    assert ls.find_critical_points(make("1 + x**2 + 2*x**4"))[0].eigenvalues[0] == 2.0


def test_repr_and_str_give_the_formula_again():
    landscape = Landscape.from_expression("0.25+(x**2-1)**2 + y**2", "x,y", [(-2, 2), (-1, 1)])
    assert str(landscape) == landscape.formula == "0.25 + (x**2 - 1)**2 + y**2"
    assert landscape.variables == ("x", "y")
    assert eval(repr(landscape), {"Landscape": Landscape}) == landscape


def test_raising_the_floor_moves_no_critical_point_and_makes_no_class():
    well = Landscape.from_expression("(x**2 - 1)**2 + 0.3*x", "x", [(-2, 2)])
    low, saddle, _ = ls.find_critical_points(well)
    raised = well.with_loss_ratio(4.0, low.position, saddle.position)
    assert type(raised) is type(well)
    np.testing.assert_allclose(raised.loss(saddle.position) / raised.loss(low.position), 4.0)
    expected = ls.TiltedDoubleWell.from_loss_ratio(4.0, 1.0, 0.3)
    np.testing.assert_allclose(raised.floor, expected.floor, rtol=1e-9)
    np.testing.assert_allclose(raised.raised_by(0.5).loss((0.3,)) - raised.loss((0.3,)), 0.5)
    for ratio, ends, message in [
        (1.0, (low, saddle), "loss_ratio"),
        (2.0, (saddle, low), "must lie higher"),
    ]:
        with pytest.raises(ls.InputError, match=message):
            well.with_loss_ratio(ratio, *(end.position for end in ends))


SCRIPT = """
    import landscape_sim as ls
    from landscape_sim.jit import compiled
    from landscape_sim.kernels.first_passage import run_blocks

    for numbers in ((0.25, 1.0), (0.5, 2.0)):
        well = ls.Landscape.from_expression("%r + %r*(x**2 - 1)**2" % numbers, "x")
        model = well, ls.EulerMaruyama(ls.LossProportionalNoise(1.0), 0.05), ls.HalfSpace(
            0.5, (1.0,)
        )
        ls.simulate_first_passage(
            model[0], model[1], (-1.0,), model[2], n_paths=4, max_time=1.0, seed=0
        )
    stats = compiled(run_blocks, *model).stats
    print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


def run_python(program, **environment):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": CHECKOUT, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_second_process_compiles_nothing_and_other_numbers_neither(tmp_path):
    # SymPy's sets are ordered otherwise under another hash seed; the source must not be.
    first, second = (
        run_python(SCRIPT, NUMBA_CACHE_DIR=str(tmp_path), PYTHONHASHSEED=seed).split()
        for seed in ("1", "2")
    )
    assert first == ["0", "1"]
    assert second == ["1", "0"]


def test_two_formulas_of_one_shape_are_two_kernels():
    # Their classes have one name and fields of one name: to Numba's dispatchers they are one.
    passages = [
        ls.simulate_first_passage(
            Landscape.from_expression(formula, "x"),
            ls.EulerMaruyama(ls.ConstantNoise(1e-12), 0.125),
            (0.0,),
            ls.HalfSpace(0.5, (1.0,)),
            n_paths=1,
            max_time=4.0,
            seed=0,
        )
        for formula in ("9 - 0.25*x", "9 + 0.25*x")
    ]
    assert [bool(passage.is_censored[0]) for passage in passages] == [False, True]


def test_nothing_is_written_and_no_file_is_run(tmp_path):
    program = """
        import landscape_sim as ls
        well = ls.Landscape.from_expression("7 + x**6 + x**2", "x")
        print(well.loss((2.0,)), type(well).__module__)
    """
    loss, name = run_python(program, NUMBA_CACHE_DIR=str(tmp_path / "cache")).split()
    assert loss == "75.0"
    assert not (tmp_path / "cache").exists()
    for place in (tmp_path, tmp_path / "formulas"):
        place.mkdir(exist_ok=True)
        (place / f"{name}.py").write_text("raise SystemExit")
    again = run_python(program, NUMBA_CACHE_DIR=str(tmp_path), PYTHONPATH=f"{CHECKOUT}:{tmp_path}")
    assert again.split() == [loss, name]


def test_second_derivatives_without_end_are_refused_before():
    nested = "x"
    for _ in range(15):
        nested = f"tanh(cos({nested})*x + sin(x*y))"
    with pytest.raises(
        ls.InputError, match=r"second derivatives take .* write the formula more simply"
    ):
        Landscape.from_expression(f"1 + {nested}", "x, y")
