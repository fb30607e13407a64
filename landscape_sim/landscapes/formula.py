"""Landscapes given by a formula."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import Position
from landscape_sim.landscapes.domain import Domain, read_domain
from landscape_sim.landscapes.expression import (
    Expression,
    formula_text,
    read_expression,
)
from landscape_sim.landscapes.names import read_parameters, read_variables
from landscape_sim.landscapes.quartic import floor_from_loss_ratio
from landscape_sim.validation import InputError

#: The interval of every variable for which none is given.
_DEFAULT_INTERVAL = (-5.0, 5.0)
#: Positions at which a new landscape is tried out, besides the middle of the domain.
_N_TRIALS = 64


class _Numbers(NamedTuple):
    """What two landscapes of one formula may differ in."""

    floor: float
    constants: tuple[float, ...]
    domain: tuple[tuple[float, float], ...]


class Landscape(_Numbers):
    """A landscape given by a formula, with derivatives by computer algebra.

    Made by :meth:`from_expression`. The numbers of the formula are fields: landscapes that
    differ in nothing else share one class, and kernels are compiled once for all of them.

    Attributes
    ----------
    floor : float
        The part of the loss that is constant.
    constants : tuple of float
        The other numbers of the formula.
    domain : tuple of tuple of float
        For each variable an interval ``(low, high)``; together they enclose the critical points.
    variables : tuple of str
        The names of the coordinates.
    template : str
        The formula without its floor, with ``_0``, ``_1``, … for its constants.
    """

    __slots__ = ()
    template: ClassVar[str]
    variables: ClassVar[tuple[str, ...]]

    @staticmethod
    def from_expression(
        expression: str,
        variables: str | Sequence[str],
        domain: Sequence[tuple[float, float]] | None = None,
        parameters: Mapping[str, float] | None = None,
    ) -> Landscape:
        """Return the landscape whose loss is ``expression``.

        Parameters
        ----------
        expression : str
            A formula of numbers, ``+ - * / **``, parentheses, the variables, ``pi`` and
            ``exp``, ``expm1``, ``log``, ``log1p``, ``sqrt``, ``sin``, ``cos``, ``tan``,
            ``sinh``, ``cosh``, ``tanh``, ``atan``. It is read, never run.
        variables : str or sequence of str
            The names of the coordinates in their order, as in ``"x, y"``.
        domain : sequence of pairs, optional
            For each variable an interval ``(low, high)``, where critical points are searched
            and where the formula must be finite; −5 to 5 by default.
        parameters : mapping of str to float, optional
            Names that stand for numbers in the formula. Kernels are compiled once for all values,
            unless one stands in an exponent.

        Raises
        ------
        InputError
            If the formula holds anything else, lacks a variable or a parameter, is not
            twice differentiable, or is not finite somewhere in the domain.

        Examples
        --------
        >>> well = Landscape.from_expression("0.25 + (x**2 - 1)**2 + 0.1*x", "x", [(-2, 2)])
        >>> well.loss((1.0,)), well.gradient((1.0,))
        (0.35, (0.1,))
        >>> print(well.raised_by(0.5))
        0.75 + (x**2 - 1)**2 + 0.1*x
        >>> print(Landscape.from_expression("a + b*x**2", "x", parameters={"a": 1, "b": 2.5}))
        1 + 2.5*x**2
        """
        names = read_variables(variables)
        parts = read_expression(expression, names, read_parameters(parameters, names))
        intervals = _read_domain(domain, len(names))
        landscape = _class_of(parts.template, names)(parts.floor, parts.constants, intervals)
        _try_out(landscape)
        return landscape

    @property
    def formula(self) -> str:
        """The formula with its numbers."""
        return formula_text(Expression(self.floor, self.template, self.constants))

    def raised_by(self, height: float) -> Landscape:
        """Return the landscape with ``height`` added to the loss everywhere."""
        return self._replace(floor=self.floor + height)

    def with_loss_ratio(self, loss_ratio: float, minimum: Position, saddle: Position) -> Landscape:
        """Return the landscape with the floor that makes ``L(saddle)/L(minimum)`` this ratio.

        Raises
        ------
        InputError
            If the ratio does not exceed 1, or the saddle lies no higher than the minimum.

        Examples
        --------
        >>> well = Landscape.from_expression("(x**2 - 1)**2", "x")
        >>> print(well.with_loss_ratio(5.0, minimum=(-1.0,), saddle=(0.0,)))
        0.25 + (x**2 - 1)**2
        """
        low, high = float(self.loss(minimum)), float(self.loss(saddle))
        if not high > low:
            raise InputError(
                f"the loss at the saddle {saddle!r} is {high!r} and at the minimum {minimum!r} "
                f"{low!r}; the saddle must lie higher"
            )
        return self.raised_by(floor_from_loss_ratio(loss_ratio, low, high))

    def loss(self, x: Any) -> Any:
        """Return ``L(x)``."""
        raise NotImplementedError("make a landscape with Landscape.from_expression")

    def gradient(self, x: Any) -> tuple[Any, ...]:
        """Return ``∇L(x)``, a tuple of ``n`` components."""
        raise NotImplementedError("make a landscape with Landscape.from_expression")

    def hessian(self, x: Position) -> NDArray[np.float64]:
        """Return the Hessian of ``L`` at ``x``, shape ``(n, n)``."""
        raise NotImplementedError("make a landscape with Landscape.from_expression")

    def hessians(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the Hessian at every row of ``positions``, shape ``(m, n, n)``, at once."""
        return np.moveaxis(self.hessian(tuple(positions.T)), -1, 0)

    def search_box(self) -> tuple[tuple[float, float], ...]:
        """Return the domain."""
        return self.domain

    # Tuples of equal numbers are equal; landscapes only if the formula is the same too.
    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and tuple.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((type(self), tuple(self)))

    def __str__(self) -> str:
        return self.formula

    def __repr__(self) -> str:
        return (
            f"Landscape.from_expression({self.formula!r}, {', '.join(self.variables)!r}, "
            f"{self.domain!r})"
        )


@lru_cache(maxsize=256)
def _class_of(template: str, variables: tuple[str, ...]) -> type[Landscape]:
    # SymPy takes a third of a second to load.
    from landscape_sim.landscapes.code_generation import module_source
    from landscape_sim.landscapes.generated_module import load_module

    formula_class: type[Landscape] = load_module(
        module_source(template, variables)
    ).FormulaLandscape
    return formula_class


def _read_domain(domain: Iterable[Iterable[float]] | None, dimension: int) -> Domain:
    if domain is None:
        return (_DEFAULT_INTERVAL,) * dimension
    intervals = read_domain(domain, dimension)
    if not all(math.isfinite(high - low) for low, high in intervals):
        raise InputError(
            "domain must give an interval with finite ends, in which the wells are searched for, "
            f"got {domain!r}"
        )
    return intervals


def _try_out(landscape: Landscape) -> None:
    """Refuse a landscape that is not finite, or does not depend on a variable, in its domain."""
    low, high = np.array(landscape.domain).T
    fractions = np.random.default_rng(0).random((_N_TRIALS, len(low)))
    positions = low + (high - low) * np.vstack([np.full(len(low), 0.5), fractions])
    slopes = []
    with np.errstate(all="ignore"):
        for x in positions:
            position = tuple(x)
            slopes.append(np.array(landscape.gradient(position)))
            values = (landscape.loss(position), slopes[-1], landscape.hessian(position))
            if not all(np.all(np.isfinite(value)) for value in values):
                where = ", ".join(
                    f"{name} = {coordinate:.4g}"
                    for name, coordinate in zip(landscape.variables, x, strict=True)
                )
                raise InputError(
                    f"the formula {landscape} or a derivative is not finite and real at {where}; "
                    "change it or narrow the domain"
                )
    for name, moves in zip(landscape.variables, np.any(slopes, axis=0), strict=True):
        if not moves:
            raise InputError(
                f"the formula {landscape} does not depend on {name!r}; leave it out of both"
            )
