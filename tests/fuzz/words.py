"""What somebody may type for a number, a position or a formula: valid, borderline and absurd."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

NUMBERS = st.sampled_from(
    [
        *("0", "-1", "-0.0", "1e-3", "1e3", "1e-10", "1e10", "1e-100", "1e100", "1e16"),
        *("nan", "inf", "-inf", "1e308", "1e-308", "1e-320", "5e-324", "1e400", "9" * 401),
        *("9007199254740993", "18446744073709551616", "2.5", "0,0", "1,2,3", "1,1"),
    ]
)
WORDS = st.sampled_from(
    [
        *("", " ", "abc", "0x10", "1_0", "٣", "1;2", "1e", "--", "None", "True", "½", "\udcff"),
        *("\x1b[31m", "a\nb", "[red]x[/]", "x" * 300, ",", ":", "-3:3", "a/b", "../x"),
    ]
)
ANY_TEXT = st.text(max_size=12).filter(lambda text: "\0" not in text)


def weighted(*choices: tuple[int, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Return one of the strategies, in these proportions; ``one_of`` takes equal ones for one."""
    numbers = [number for number, (weight, _) in enumerate(choices) for _ in range(weight)]
    return st.sampled_from(numbers).flatmap(lambda number: choices[number][1])


def seldom(draw: st.DrawFn) -> bool:
    """Return True once in forty times; Hypothesis likes the ends of a range."""
    return draw(st.integers(0, 39)) == 17


ABSURD = weighted((3, NUMBERS), (1, WORDS), (1, ANY_TEXT))
#: Formulas with known wells, their variables, and positions near them.
WELLS = st.sampled_from(
    [
        ("0.25 + (x**2 - 1)**2", "x", "-1", "1"),
        ("0.25 + 0.5*(x**2 - 1)**2 + 0.1*x", "x", "-1", "1"),
        ("0.2 + 0.4*(x**2 - 1)**4", "x", "-1", "1"),
        ("0.3 + x**2*(x**2 - 1)**2", "x", "0", "1"),
        ("2 - cos(x)", "x", "0", "6.28"),
        ("1 + x**2", "x", "0", "1"),
        ("0.25 + 0.5*(x**2 - 1)**2 + y**2 + 0.3*x*y", "x,y", "-1,0", "1,0"),
        ("0.2 + (x**2 - 1)**2 + 10*y**2", "x,y", "-1,0", "1,0"),
        ("0.5 + (x**2 - 1)**2 + y**2 + z**2", "x,y,z", "-1,0,0", "1,0,0"),
        ("1 + x**2/2 - x**20/1000", "x", "0", "2"),
        ("2 + (x**2-1)**2 + 0.01*tan(x)", "x", "-1", "1"),
        ("1 + x**2 - 1e-6*exp(6*x)", "x", "0", "3"),
        ("1 + 1e-9*((x/1e-6)**2 - 1)**2", "x", "-1e-6", "1e-6"),
    ]
)
_LEAVES = st.sampled_from(["x", "y", "pi", "1", "2", "0.5", "3", "1e-3", "1e10", "0", "10"])
_FUNCTIONS = st.sampled_from(["exp", "log", "sqrt", "sin", "cos", "tanh", "abs", "cosh", "atan"])
#: Formulas of the grammar, most of them without any well.
FORMULAS = st.recursive(
    _LEAVES,
    lambda parts: st.one_of(
        st.tuples(parts, st.sampled_from(["+", "-", "*", "/"]), parts).map(
            lambda sides: f"({sides[0]} {sides[1]} {sides[2]})"
        ),
        st.tuples(parts, st.integers(-2, 6)).map(lambda power: f"({power[0]})**{power[1]}"),
        st.tuples(_FUNCTIONS, parts).map(lambda call: f"{call[0]}({call[1]})"),
    ),
    max_leaves=6,
)
