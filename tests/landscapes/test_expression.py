"""Formulas as text: what is read, what is refused, and that nothing is run."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landscape_sim import InputError, Landscape

#: Refused text and what the refusal has to name; 9**9**9**9 as an integer would never end.
REFUSED = [
    ("__import__('os').system('true')", "__import__"),
    ("(lambda: 0)()", "lambda"),
    ("x.real", "'x.real' at character 1 is not allowed; allowed are numbers"),
    ("1 + x.__class__", "'x.__class__' at character 5"),
    ("x[0]", "x\\[0\\]"),
    ("[x for x in (1, 2)]", "for x in"),
    ("'a'*x", "'a'"),
    ("f'{x}'", "not allowed"),
    ("exp(x, 2)", "exp\\(x, 2\\)"),
    ("exp(a=x)", "exp\\(a=x\\)"),
    ("exp(*x)", "exp"),
    ("foo(x)", "foo"),
    ("abs(x)", "allowed are .*atan"),
    ("exp", "'exp' at character 1 is unknown"),
    ("x**2 + y", "'y' at character 8 is unknown; allowed are .* x, pi"),
    ("(x**2\n + qq)", "'qq' at character 10"),
    ("x if x else 1", "not allowed"),
    ("x and 1", "not allowed"),
    ("x < 1", "not allowed"),
    ("x % 2", "not allowed"),
    ("(x := 3)", "not allowed"),
    ("True*x", "True"),
    ("1j*x", "1j"),
    ("...", "not allowed"),
    ("x^2", "write \\*\\*"),
    ("2**x", "exp\\(b\\*log\\(a\\)\\)"),
    ("x**x", "variable exponent"),
    ("x**65", "beyond ±64"),
    ("x**-65", "beyond ±64"),
    ("((x**64)**64)**64", "powers of powers"),
    ("9**9**9**9*x", "no finite real value"),
    ("1e999*x", "no finite real value"),
    ("9" * 1500 + "*x", "no finite real value"),
    ("(-8)**(1/3)*x", "no finite real value"),
    ("log(-1)*x", "no finite real value"),
    ("1/0 + x", "no finite real value"),
    ("x/0", "divides by zero"),
    ("x/(1 - 1)", "divides by zero"),
    ("-" * 1500 + "x", "nested deeper than 64"),
    ("x+" * 900 + "x", "nested deeper than 64"),
    ("(" * 300 + "x" + ")" * 300, "cannot be read"),
    ("x" * 2001, "2001 characters"),
    ("*".join(f"(x + {i})" for i in range(60)), "gradient takes"),
    ("x = 1", "cannot be read"),
    ("import os", "cannot be read"),
    ("x; x", "cannot be read"),
    ("x 2", "cannot be read"),
    ("", "cannot be read"),
    ("\x00x", "cannot be read"),
    ("x²", "'²' at character 2"),
    (None, "must be text"),
    ("3", "'x' does not occur"),
    ("x - x", "does not depend on 'x'"),
    ("0*x", "does not depend on 'x'"),
    ("sqrt(x**2)", "root of a square"),
    ("(x**2 + 1) + ((2*x)**2)**1.5", "root of a square"),
    ("1/(x - x)", "nowhere finite"),
    ("log(x)", "at x = 0; change it or narrow the domain"),
    ("1/x", "not finite and real at x = 0"),
    ("x**0.5", "not finite and real"),
    ("exp(exp(x**2))", "not finite and real"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_refuses_in_one_line(text, message):
    with pytest.raises(InputError, match=message) as refusal:
        Landscape.from_expression(text, "x")
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ("x, x", "'x' is named twice"),
        ("x, 1a", "'1a' is no name"),
        ("x, _y", "'_y' is no name"),
        ("x, lambda", "'lambda' already means"),
        ("x, exp", "'exp' already means"),
        (["x", "pi"], "'pi' already means"),
        (["x", "y z"], "'y z' is no name"),
        (["x", 3], "3 is no name"),
        ("", "'' is no name"),
        ([], "at least one"),
        (None, "at least one"),
        ("x, y", "'y' does not occur"),
    ],
)
def test_refuses_variables_that_are_no_names_or_not_used(variables, message):
    with pytest.raises(InputError, match=message) as refusal:
        Landscape.from_expression("1 + x**2", variables)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "domain", [5, (-2, 2), [(2, -2)], [(0, math.inf)], [(-1, 1), (-1, 1)], [("a", 1)], []]
)
def test_refuses_a_domain_that_is_no_box(domain):
    with pytest.raises(InputError, match="domain must give an interval"):
        Landscape.from_expression("1 + x**2", "x", domain)


def test_nothing_is_run(tmp_path):
    written = tmp_path / "written"
    with pytest.raises(InputError):
        Landscape.from_expression(f"x + open({str(written)!r}, 'w').write('')", "x")
    assert not written.exists()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0.25+(x**2-1)**2+0.1*x", "0.25 + (x**2 - 1)**2 + 0.1*x"),
        ("(x**2 - 1)**2 + 0.1*x + 0.25", "0.25 + (x**2 - 1)**2 + 0.1*x"),
        ("1/4 + x/(2*pi)**2", "0.25 + x/39.47841760435743"),
        ("2 - x + 3 - (1 - x**4)", "4 + -x - -x**4"),
        ("-x**2 + -2*x - 1e-30*x**3", "-x**2 + -2*x - 1e-30*x**3"),
        ("(1 + x**2)**-0.5 + sqrt(2)*x", "(1 + x**2)**-0.5 + 1.4142135623730951*x"),
        ("1_000*x # a comment", "1000*x"),
    ],
)
def test_a_formula_is_shown_with_its_numbers(text, shown):
    landscape = Landscape.from_expression(text, "x")
    assert str(landscape) == shown
    assert Landscape.from_expression(str(landscape), "x") == landscape


def combined(parts):
    pairs = st.tuples(parts, st.sampled_from("+-*"), parts)
    return st.one_of(
        pairs.map(lambda pair: f"({pair[0]}) {pair[1]} ({pair[2]})"),
        parts.map(lambda part: f"-({part})"),
        parts.map(lambda part: f"({part})/4"),
    )


#: Multiples of 1/4 up to 2: what is made of a few of them is exact in double precision.
QUARTERS = st.integers(-8, 8).map(lambda k: k / 4)
LEAVES = st.sampled_from(["x", "y", "x**2", "y**2"]) | QUARTERS.map(repr)


@given(formula=st.recursive(LEAVES, combined, max_leaves=6), x=QUARTERS, y=QUARTERS)
@settings(max_examples=60, deadline=None)
def test_a_formula_means_what_it_means_in_exact_arithmetic(formula, x, y):
    text = f"x**2 + y**2/2 + {formula}"
    try:
        landscape = Landscape.from_expression(text, "x, y")
    except InputError as refusal:
        assert "does not depend" in str(refusal)  # noqa: PT017
        return
    exact = eval(
        re.sub(r"(\d+\.\d+)", r"Fraction(\1)", text),
        {"Fraction": Fraction, "x": Fraction(x), "y": Fraction(y)},
    )
    assert landscape.loss((x, y)) == exact
    assert Landscape.from_expression(landscape.formula, "x, y") == landscape


@pytest.mark.parametrize(
    "name",
    ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "atan"],
)
def test_functions_and_pi_are_those_of_the_mathematics(name):
    landscape = Landscape.from_expression(f"x + {name}(x/2) + {name}(pi/5)", "x", [(1, 2)])
    value = 1.5 + getattr(mpmath, name)(0.75) + getattr(mpmath, name)(mpmath.pi / 5)
    np.testing.assert_allclose(landscape.loss((1.5,)), float(value), rtol=1e-15)


@pytest.mark.parametrize("exponent", [-5, -2.5, -2, -1, -0.5, 0.3, 0.5, 1, 1.5, 2, 3, 4, 7, 64])
def test_powers_are_powers(exponent):
    landscape = Landscape.from_expression(f"(x/3)**{exponent}", "x", [(1, 2)])
    # A power by multiplications is rounded as often as its exponent says.
    tolerance = 2.0**-53 * (abs(exponent) + 5)
    for x in (1.1, 1.7):
        expected = mpmath.power(mpmath.mpf(x) / 3, exponent)
        np.testing.assert_allclose(landscape.loss((x,)), float(expected), rtol=tolerance)
