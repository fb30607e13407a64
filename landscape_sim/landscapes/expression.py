"""Formulas as text: read against a short list of what is allowed, and never run.

Numbers are taken out of the text, so that two formulas which differ in their numbers
alone have one template: ``0.5*x**2`` becomes ``_0*x**2`` with ``_0 = 0.5``.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from landscape_sim.validation import InputError, listed

#: The functions that a formula may use, each with its value at a number.
FUNCTIONS: dict[str, Callable[[float], float]] = {
    name: getattr(math, name)
    for name in (
        *("exp", "expm1", "log", "log1p", "sqrt"),
        *("sin", "cos", "tan", "sinh", "cosh", "tanh", "atan"),
    )
}
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
#: Of a variable; a power is printed as so many multiplications.
LARGEST_EXPONENT = 64
_LONGEST_TEXT = 2000
_DEEPEST_NESTING = 64
_LONGEST_EXCERPT = 40

#: A piece of a formula: its value if no variable occurs in it, else its syntax tree.
_Term = float | ast.expr


@dataclass(frozen=True)
class Expression:
    """A formula that has been read: ``floor + template(constants)``.

    Attributes
    ----------
    floor : float
        The sum of the numbers that stand alone.
    template : str
        The rest, with names ``_0``, ``_1``, … for its numbers; only exponents stay in it.
    constants : tuple of float
        The numbers.
    """

    floor: float
    template: str
    constants: tuple[float, ...]


def read_expression(
    text: str, variables: tuple[str, ...], parameters: Mapping[str, float] | None = None
) -> Expression:
    """Return the formula in ``text``.

    The values of ``parameters`` are numbers like those that are written out: formulas that differ
    in them alone have one template, unless they stand in an exponent.

    Raises
    ------
    InputError
        If the text holds anything but numbers, ``+ - * / **``, parentheses, the variables, the
        parameters, ``pi`` and the functions; if it is too long, too deeply nested or has too
        large an exponent; or if a variable or a parameter does not occur in it.

    Examples
    --------
    >>> read_expression("0.25 + (x**2 - 1)**2 + 0.1*x", ("x",))
    Expression(floor=0.25, template='(x**2 - _0)**2 + _1*x', constants=(1.0, 0.1))
    >>> read_expression("a + b*x**2", ("x",), {"a": 0.5, "b": 2.0})
    Expression(floor=0.5, template='_0*x**2', constants=(2.0,))
    """
    tree = _parse(text)
    reader = _Reader(text.strip(), variables, parameters or {})
    floor, rest = reader.split(tree, 0)
    idle = [name for name in parameters or {} if name not in reader.named]
    if idle:
        raise InputError(f"the parameter {idle[0]!r} does not occur in the formula; leave it out")
    used = {node.id for node in ast.walk(rest) if isinstance(node, ast.Name)} if rest else set()
    unused = [name for name in variables if name not in used]
    if rest is None or unused:
        raise InputError(
            f"the variable {unused[0]!r} does not occur in the formula; leave it out of variables"
        )
    template = re.sub(r" (\*\*|\*|/) ", r"\1", ast.unparse(rest))
    return Expression(floor, template, tuple(reader.constants))


def formula_text(expression: Expression) -> str:
    """Return the text of a formula, its numbers filled in; reading it gives the formula again.

    >>> formula_text(Expression(0.25, "(x**2 - _0)**2 + _1*x", (1.0, -0.1)))
    '0.25 + (x**2 - 1)**2 + -0.1*x'
    """

    def number(match: re.Match[str]) -> str:
        return _number_text(expression.constants[int(match[1])])

    filled = re.sub(r"\b_(\d+)\b", number, expression.template)
    return f"{_number_text(expression.floor)} + {filled}" if expression.floor else filled


def _number_text(value: float) -> str:
    return repr(value).removesuffix(".0")


def _parse(text: str) -> ast.expr:
    if not isinstance(text, str):
        raise InputError(f"the formula must be text, got {text!r}")
    if len(text) > _LONGEST_TEXT:
        raise InputError(
            f"the formula has {len(text)} characters; up to {_LONGEST_TEXT} are read, shorten it"
        )
    if not text.isascii():
        odd = next(character for character in text if not character.isascii())
        raise InputError(
            f"the formula has {odd!r} at character {text.strip().index(odd) + 1}; "
            "use plain ASCII letters and signs"
        )
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        where = f" at character {error.offset}" if error.offset else ""
        raise InputError(
            f"the formula {_excerpt(text)} cannot be read{where}: {error.msg}; write it in Python"
        ) from None
    except (ValueError, MemoryError, RecursionError):
        raise InputError(
            f"the formula {_excerpt(text)} is nested too deeply to be read; split it up"
        ) from None


def _excerpt(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_EXCERPT else text[:_LONGEST_EXCERPT] + "…")


class _Reader:
    """Walks a syntax tree, folds what is constant and takes the numbers out."""

    def __init__(
        self, text: str, variables: tuple[str, ...], parameters: Mapping[str, float]
    ) -> None:
        self.constants: list[float] = []
        self.named: set[str] = set()
        self._text = text
        self._variables = variables
        self._parameters = parameters
        self._allowed = (
            "allowed are numbers, + - * / **, parentheses and "
            f"{listed((*variables, *parameters, 'pi', *FUNCTIONS), most=40)}"
        )

    def split(self, node: ast.expr, depth: int) -> tuple[float, ast.expr | None]:
        """Return the numbers of a sum, added up, and what else there is."""
        if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)):
            term = self._read(node, depth)
            return (term, None) if isinstance(term, float) else (0.0, term)
        self._check_depth(node, depth)
        left, left_rest = self.split(node.left, depth + 1)
        right, right_rest = self.split(node.right, depth + 1)
        floor = self._fold(node, _OPERATORS[type(node.op)], left, right)
        if right_rest is None:
            return floor, left_rest
        if left_rest is not None:
            return floor, ast.BinOp(left_rest, node.op, right_rest)
        is_sum = isinstance(node.op, ast.Add)
        return floor, right_rest if is_sum else ast.UnaryOp(ast.USub(), right_rest)

    def _read(self, node: ast.expr, depth: int) -> _Term:
        self._check_depth(node, depth)
        match node:
            # Not bool, which is an int to isinstance.
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return self._fold(node, float, value)
            case ast.Name(id="pi"):
                return math.pi
            case ast.Name(id=name) if name in self._variables:
                return node
            case ast.Name(id=name) if name in self._parameters:
                self.named.add(name)
                return self._parameters[name]
            case ast.Name(id=name):
                raise self._refusal(node, f"is unknown; {self._allowed}")
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._read(operand, depth + 1)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                term = self._read(operand, depth + 1)
                return -term if isinstance(term, float) else ast.UnaryOp(node.op, term)
            case ast.BinOp(op=ast.Pow()):
                return self._power(node, depth)
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()):
                return self._operation(node, depth)
            case ast.BinOp(op=ast.BitXor()):
                raise self._refusal(node, "has the sign ^; write ** for a power")
            case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if (
                name in FUNCTIONS
            ):
                term = self._read(argument, depth + 1)
                if isinstance(term, float):
                    return self._fold(node, FUNCTIONS[name], term)
                return ast.Call(node.func, [term], [])
        raise self._refusal(node, f"is not allowed; {self._allowed}")

    def _operation(self, node: ast.BinOp, depth: int) -> _Term:
        left, right = self._read(node.left, depth + 1), self._read(node.right, depth + 1)
        if isinstance(left, float) and isinstance(right, float):
            return self._fold(node, _OPERATORS[type(node.op)], left, right)
        if isinstance(node.op, ast.Div) and right == 0.0:
            raise self._refusal(node, "divides by zero; correct the divisor")
        return ast.BinOp(self._take_out(left), node.op, self._take_out(right))

    def _power(self, node: ast.BinOp, depth: int) -> _Term:
        base, exponent = self._read(node.left, depth + 1), self._read(node.right, depth + 1)
        if not isinstance(exponent, float):
            raise self._refusal(node, "has a variable exponent; write a**b as exp(b*log(a))")
        if isinstance(base, float):
            return self._fold(node, operator.pow, base, exponent)
        if abs(exponent) > LARGEST_EXPONENT:
            raise self._refusal(node, f"has an exponent beyond ±{LARGEST_EXPONENT}; lower it")
        number = int(exponent) if exponent.is_integer() else exponent
        return ast.BinOp(base, node.op, ast.Constant(number))

    def _take_out(self, term: _Term) -> ast.expr:
        if not isinstance(term, float):
            return term
        self.constants.append(term)
        return ast.Name(f"_{len(self.constants) - 1}", ast.Load())

    def _fold(self, node: ast.expr, function: Callable[..., float], *values: float) -> float:
        try:
            value = function(*values)
        except (ArithmeticError, ValueError):
            value = math.nan
        if isinstance(value, complex) or not math.isfinite(value):
            raise self._refusal(node, "has no finite real value; correct its numbers")
        return float(value)

    def _check_depth(self, node: ast.expr, depth: int) -> None:
        if depth > _DEEPEST_NESTING:
            raise self._refusal(
                node, f"is nested deeper than {_DEEPEST_NESTING}; put parts of sums in parentheses"
            )

    def _refusal(self, node: ast.expr, reason: str) -> InputError:
        piece = ast.get_source_segment(self._text, node) or self._text
        before = self._text.split("\n")[: node.lineno - 1]
        position = sum(len(line) + 1 for line in before) + node.col_offset + 1
        return InputError(f"the formula's {_excerpt(piece)} at character {position} {reason}")
