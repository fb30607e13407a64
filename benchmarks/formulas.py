"""Formulas with elementary functions: packed, one call a number, as polynomials, and in C.

``python -m benchmarks.formulas`` prints every ratio with its target; it takes a minute.
"""

from __future__ import annotations

import ast
import ctypes
import inspect
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import sympy

import landscape_sim as ls
from benchmarks.engines import Run, Unavailable, compiled_c
from benchmarks.pages import markdown
from benchmarks.rounds import instruction_set, interleaved, ratio
from landscape_sim.ensembles.model import random_key
from landscape_sim.kernels.first_passage import MEAN_OVERSHOOT
from landscape_sim.landscapes.generated_module import load_module

TEMPERATURE, TIME_STEP, MAX_TIME, N_PATHS = 0.1, 0.01, 1000.0, 128
#: The least speed over one library call a number, over a polynomial, and over C.
TARGETS = {"one call a number": 5.0, "polynomial": 0.35, "C, gcc and libmvec": 0.7}


@dataclass(frozen=True)
class Formula:
    """A double well with elementary functions."""

    name: str
    text: str
    variables: str = "x"

    @property
    def landscape(self) -> ls.Landscape:
        """The landscape, as it is compiled."""
        return ls.Landscape.from_expression(self.text, self.variables)

    @property
    def one_call_a_number(self) -> ls.Landscape:
        """The same with NumPy's functions, which Numba compiles to calls of the C library."""
        landscape = self.landscape
        source = inspect.getsource(sys.modules[type(landscape).__module__])
        scalar = load_module(source.replace("elementary.", "numpy."))
        return scalar.FormulaLandscape(*landscape)  # type: ignore[no-any-return]

    @property
    def polynomial(self) -> ls.Landscape:
        """As many operations: the square of its argument in place of every function."""
        squared = ast.unparse(_Squared().visit(ast.parse(self.text, mode="eval")))
        return ls.Landscape.from_expression(squared, self.variables)

    @property
    def c_statements(self) -> str:
        """Loss and slopes in C, with common subexpressions once."""
        loss = sympy.sympify(self.text)
        names = self.variables.replace(",", " ").split()
        coordinates = {name: sympy.Symbol(f"x{i}") for i, name in enumerate(names)}
        loss = loss.subs(coordinates)
        outputs = [loss, *(sympy.diff(loss, x) for x in coordinates.values())]
        shared, reduced = sympy.cse(outputs, sympy.numbered_symbols("t"))
        named = zip(("loss", "slope0", "slope1"), reduced, strict=False)
        return "\n".join(
            f"double {name} = {sympy.ccode(value)};" for name, value in (*shared, *named)
        )


class _Squared(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        return ast.BinOp(node.args[0], ast.Pow(), ast.Constant(2))

    def visit_Sub(self, node: ast.Sub) -> ast.operator:
        return ast.Add()  # the loss stays positive


FORMULAS = (
    Formula("exp and log", "1.2 + log(0.5 + (x**2 - 1)**2) + 0.1*exp(-x**2)"),
    Formula("cos", "1.25 + cos(3*x)"),
    Formula("tanh", "0.25 + tanh((x**2 - 1)**2)"),
    Formula(
        "two Gaussians in the plane",
        "1.3 - exp(-2*((x+1)**2 + y**2)) - exp(-2*((x-1)**2 + y**2)) + 0.05*(x**2 + y**2)",
        "x, y",
    ),
)


def kernel_run(landscape: Any) -> Run:
    """Return this package's kernel on a landscape, one thread."""
    across = (0.0,) * (len(landscape.variables) - 1)
    start, end = (-1.0, *across), (1.0, *across)
    return lambda: (
        ls.simulate_first_passage(
            landscape,
            ls.EulerMaruyama(ls.LossProportionalNoise(TEMPERATURE), TIME_STEP),
            start,
            ls.HalfSpace.beyond(end, seen_from=start),
            n_paths=N_PATHS,
            max_time=MAX_TIME,
            seed=0,
            n_threads=1,
        ).path_steps
    )


def c_run(formula: Formula) -> Run:
    """Return the same kernel in C, whose vector functions are those of libmvec."""
    n = len(formula.landscape.variables)
    file = Path(mkdtemp(prefix="landscape_sim-c-")) / "formula.h"
    file.write_text(formula.c_statements)
    # Else gcc joins sine and cosine to one function, which libmvec does not have.
    apart = "-fdisable-tree-sincos"
    kernel = compiled_c(apart, f"-DDIMENSION={n}", f'-DFORMULA="{file}"')
    along = (1.0,) + (0.0,) * (n - 1)
    model = (ctypes.c_double * (6 + 2 * n))(
        *(0.0, 0.0, *[0.0] * n, TEMPERATURE, TIME_STEP, 1.0, *along, MEAN_OVERSHOOT)
    )
    steps = np.empty(N_PATHS)

    def run() -> int:
        kernel(
            model,
            ctypes.c_uint64(int(random_key(0))),
            ctypes.c_int64(N_PATHS),
            ctypes.c_double(MAX_TIME / TIME_STEP),
            steps.ctypes.data_as(ctypes.c_void_p),
        )
        return int(steps.sum())

    return run


def formulas_table() -> str:
    """Return the speed of packed functions over each reference, with its target."""
    rows = []
    for formula in FORMULAS:
        runs = {
            "packed": kernel_run(formula.landscape),
            "one call a number": kernel_run(formula.one_call_a_number),
            "polynomial": kernel_run(formula.polynomial),
        }
        with suppress(Unavailable):
            runs["C, gcc and libmvec"] = c_run(formula)
        speeds = interleaved(runs)
        for reference, target in TARGETS.items():
            if reference in runs:
                value = ratio(speeds, "packed", reference)
                verdict = "met" if value >= target else "not met"
                rows.append([formula.name, reference, f"{value:.2f}", f"{target:g}", verdict])
    table = markdown(["formula", "speed over", "ratio", "target", ""], rows)
    return f"Compiled to {instruction_set()}, one thread:\n\n{table}"


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    sys.stdout.write(formulas_table())
