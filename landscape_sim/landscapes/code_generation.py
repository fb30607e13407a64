"""From a formula to Python source: loss, gradient and Hessian, derived by SymPy.

What is printed are multiplications where NumPy and Numba would call the power function of
the C library, and one division a quotient: the step loop over lanes stays vectorised.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Sequence
from typing import Any

import sympy
from sympy.codegen import cfunctions
from sympy.printing.numpy import NumPyPrinter

from landscape_sim.landscapes.expression import FUNCTIONS, LARGEST_EXPONENT
from landscape_sim.validation import InputError

_OPERATORS: dict[type[ast.operator], Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
#: Of the gradient, and of the Hessian by an estimate; the longest then takes some seconds.
_MOST_OPERATIONS, _MOST_SECOND_OPERATIONS = 5000, 100_000
_Assignments = list[tuple[sympy.Symbol, sympy.Expr]]
_Code = tuple[list[str], list[str]]
_OF_SYMPY = {name: getattr(sympy, name, None) or getattr(cfunctions, name) for name in FUNCTIONS}
_SMOOTH = tuple(function for name, function in _OF_SYMPY.items() if name != "sqrt")
#: What kernels compile to packed instructions.
_PRINTED = {name: f"elementary.{name}" for name in FUNCTIONS if name != "sqrt"}

_MODULE = '''"""A landscape that landscape_sim made from a formula; it can be made again."""

import numpy

from landscape_sim import elementary
from landscape_sim.landscapes.formula import Landscape


class FormulaLandscape(Landscape):
    __slots__ = ()
    template = {template!r}
    variables = {variables!r}

    def loss(self, x):
        {loss}

    def gradient(self, x):
        {gradient}

    def hessian(self, x):
        {hessian}
'''


def module_source(template: str, variables: tuple[str, ...]) -> str:
    """Return the source of a module whose class ``FormulaLandscape`` is the formula's.

    Parameters
    ----------
    template : str
        As in :class:`landscape_sim.landscapes.expression.Expression`.
    variables : tuple of str
        The names of the coordinates.

    Raises
    ------
    InputError
        If the formula is not smooth, or too long to be derived twice.
    """
    return _Writer(template, variables).module()


class _Writer:
    """Derives one formula and writes its methods.

    In the source, coordinates are ``v0, v1, …`` and numbers ``c0, c1, …``: no name of the
    user's becomes code.
    """

    def __init__(self, template: str, variables: tuple[str, ...]) -> None:
        self._template, self._variables = template, variables
        tree = ast.parse(template, mode="eval").body
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        n_constants = len(names - set(variables) - set(FUNCTIONS))
        self._coordinates = [sympy.Symbol(f"v{i}", real=True) for i in range(len(variables))]
        self._constants = [sympy.Symbol(f"c{i}", real=True) for i in range(n_constants)]
        symbols = dict(zip(variables, self._coordinates, strict=True))
        symbols |= {f"_{i}": constant for i, constant in enumerate(self._constants)}
        self._loss = _as_sympy(tree, symbols)
        _require_smooth(self._loss)

    def module(self) -> str:
        """Return the source of the module."""
        gradient = [sympy.diff(self._loss, v) for v in self._coordinates]
        n_operations = sum(sympy.count_ops(slope) for slope in gradient)
        if n_operations > _MOST_OPERATIONS:
            raise InputError(
                f"the formula's gradient takes {n_operations} operations; up to "
                f"{_MOST_OPERATIONS} are derived once more, so write the formula more simply"
            )
        # Where a derivative multiplies what it derives by a factor, the next does so again.
        n_second = n_operations**2 // max(1, sympy.count_ops(self._loss))
        if n_second > _MOST_SECOND_OPERATIONS:
            raise InputError(
                f"the formula's second derivatives take some {n_second} operations; up to "
                f"{_MOST_SECOND_OPERATIONS} are derived, so write the formula more simply"
            )
        n = len(gradient)
        upper = {
            (i, j): sympy.diff(gradient[i], self._coordinates[j])
            for i in range(n)
            for j in range(i, n)
        }
        # Loss and gradient have the same subexpressions, of which a kernel then keeps one.
        shared, reduced = _shared([self._loss, *gradient])
        loss_lines, (loss,) = self._statements(shared, reduced[:1])
        gradient_lines, slopes = self._statements(shared, reduced[1:])
        hessian_lines, curvatures = self._statements(*_shared(list(upper.values())))
        slopes = self._as_wide_as_x(slopes, gradient)
        curvatures = self._as_wide_as_x(curvatures, list(upper.values()))
        entry = dict(zip(upper, curvatures, strict=True))
        rows = [[entry[min(i, j), max(i, j)] for j in range(n)] for i in range(n)]
        matrix = ", ".join(f"[{', '.join(row)}]" for row in rows)
        return _MODULE.format(
            template=self._template,
            variables=self._variables,
            loss=_block([*loss_lines, f"return self.floor + {loss}"]),
            gradient=_block([*gradient_lines, f"return ({', '.join(slopes)},)"]),
            hessian=_block([*hessian_lines, f"return numpy.array([{matrix}], dtype=float)"]),
        )

    def _as_wide_as_x(self, texts: list[str], expressions: list[sympy.Expr]) -> list[str]:
        """Return sources whose values are arrays where coordinates are, also of a constant."""
        return [
            text if expression.has(*self._coordinates) else f"{text} + 0.0*x[0]"
            for text, expression in zip(texts, expressions, strict=True)
        ]

    def _statements(self, shared: _Assignments, reduced: list[sympy.Expr]) -> _Code:
        """Return assignments of what the expressions need, and the expressions."""
        used = set().union(*(e.free_symbols for e in reduced))
        needed: _Assignments = []
        for symbol, value in reversed(shared):
            if symbol in used:
                needed.insert(0, (symbol, value))
                used |= value.free_symbols
        lines = [
            f"{symbol} = {source}[{i}]"
            for source, symbols in (("x", self._coordinates), ("self.constants", self._constants))
            for i, symbol in enumerate(symbols)
            if symbol in used
        ]
        printer = _Printer(self._coordinates)
        for symbol, value in needed:
            lines.append(f"{symbol} = {printer.doprint(value)}")
            if value.has(*printer.varying):
                printer.varying.append(symbol)
        return lines, [printer.doprint(e) for e in reduced]


def _shared(expressions: list[sympy.Expr]) -> tuple[_Assignments, list[sympy.Expr]]:
    """Return assignments of what the expressions share, and the expressions in these terms."""
    bases = _power_bases(expressions)
    shared, reduced = sympy.cse([*expressions, *bases], sympy.numbered_symbols("t"))
    return shared, reduced[: len(expressions)]


def _block(lines: Sequence[str]) -> str:
    return "\n        ".join(lines)


def _as_sympy(node: ast.expr, symbols: dict[str, sympy.Expr]) -> sympy.Expr:
    match node:
        case ast.Name(id=name):
            return symbols[name]
        case ast.UnaryOp(operand=operand):
            return -_as_sympy(operand, symbols)
        case ast.BinOp(left=base, op=ast.Pow(), right=right):
            exponent = ast.literal_eval(right)
            halves = 2 * exponent
            exact = sympy.Rational(int(halves), 2) if halves == int(halves) else exponent
            return _as_sympy(base, symbols) ** exact
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_as_sympy(left, symbols), _as_sympy(right, symbols))
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return _OF_SYMPY[name](_as_sympy(argument, symbols))
    raise TypeError(f"no template has {ast.dump(node)}")


def _require_smooth(loss: sympy.Expr) -> None:
    """Refuse absolute values, which SymPy makes of roots of squares, and what is undefined."""
    if loss.has(sympy.Abs) or not all(isinstance(f, _SMOOTH) for f in loss.atoms(sympy.Function)):
        raise InputError(
            "the formula has a root of a square, which is not twice differentiable; "
            "write it without the root"
        )
    if loss.has(sympy.zoo, sympy.nan, sympy.oo, sympy.I):
        raise InputError("the formula is nowhere finite and real; correct it")
    if any(abs(power.exp) > LARGEST_EXPONENT for power in loss.atoms(sympy.Pow)):
        raise InputError(
            f"the formula's powers of powers go beyond ±{LARGEST_EXPONENT}; lower the exponents"
        )


def _power_bases(expressions: Sequence[sympy.Expr]) -> list[sympy.Expr]:
    """Return every sum, product or function that is raised to an integer power.

    As expressions of their own they get names, so that a power is a product of names.
    """
    powers = set().union(*(e.atoms(sympy.Pow) for e in expressions))
    bases = {p.base for p in powers if p.exp.is_Integer and not p.base.is_Symbol}
    return sorted(bases, key=sympy.default_sort_key)


class _Printer(NumPyPrinter):  # type: ignore[misc]  # SymPy is not annotated
    """Prints products for powers, and what does not vary first in a product.

    The compiler takes the leading, constant part of a product out of the loop over lanes.
    """

    def __init__(self, varying: Sequence[sympy.Symbol]) -> None:
        super().__init__({"fully_qualified_modules": True, "user_functions": _PRINTED})
        self.varying = list(varying)

    def _print_Integer(self, expr: sympy.Integer) -> str:
        return repr(float(expr))

    _print_Rational = _print_Float = _print_Integer

    def _print_Mul(self, expr: sympy.Mul) -> str:
        number, factors = expr.as_coeff_mul()
        upper: list[sympy.Expr] = []
        lower: list[sympy.Expr] = []
        for factor in factors:
            base, exponent = factor.as_base_exp()
            is_below = exponent.is_negative and not isinstance(factor, sympy.exp)
            (lower if is_below else upper).append(base**-exponent if is_below else factor)
        sign = "-" if number < 0 else ""
        numbers = [] if abs(number) == 1 else [sympy.Abs(number)]
        above = self._product([*numbers, *upper]) or "1.0"
        return f"{sign}{above}/({self._product(lower)})" if lower else f"{sign}{above}"

    def _product(self, factors: Sequence[sympy.Expr]) -> str:
        ordered = sorted(factors, key=lambda factor: factor.has(*self.varying))
        return "*".join(f"({self._print(f)})" if f.is_Add else self._print(f) for f in ordered)

    def _print_Pow(self, expr: sympy.Pow, rational: bool = False) -> str:
        base, exponent = expr.as_base_exp()
        if exponent.is_negative:
            return f"1.0/({self._print(base**-exponent)})"
        whole, fraction = divmod(exponent, 1)
        text = f"({self._print(base)})" if not base.is_Symbol else self._print(base)
        if fraction == 0:
            return _repeated(text, int(whole))
        if fraction == sympy.Rational(1, 2):
            root = f"numpy.sqrt({self._print(base)})"
            return f"{_repeated(text, int(whole))}*{root}" if whole else root
        return f"elementary.power({self._print(base)}, {float(exponent)!r})"


def _repeated(factor: str, times: int) -> str:
    """Return a product, halved into equal parts so that the compiler can share them."""
    if times == 1:
        return factor
    half = _repeated(factor, times // 2)
    half = f"({half})" if times > 3 else half
    return f"{half}*{half}*{factor}" if times % 2 else f"{half}*{half}"
