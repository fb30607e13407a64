"""Gradients and Hessians that are not those of the loss are refused; those that are never."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from hard_landscapes import CurvedValley, MuellerBrown, Phases, Rotated

import landscape_sim as ls
from landscape_sim.landscapes import check_derivatives


class View(NamedTuple):
    """Another landscape in other units, its gradient and Hessian off by factors."""

    inner: Any
    length: float = 1.0
    height: float = 1.0
    floor: float = 0.0
    gradient_factor: float = 1.0
    hessian_factor: float = 1.0

    def _inside(self, x):
        return tuple(coordinate / self.length for coordinate in x)

    def loss(self, x):
        return self.floor + self.height * self.inner.loss(self._inside(x))

    def gradient(self, x):
        factor = self.gradient_factor * self.height / self.length
        return tuple(factor * slope for slope in self.inner.gradient(self._inside(x)))

    def hessian(self, x):
        factor = self.hessian_factor * self.height / self.length**2
        return factor * np.asarray(self.inner.hessian(self._inside(x)))

    def search_box(self):
        box = self.inner.search_box()
        return tuple((low * self.length, high * self.length) for low, high in box)


LANDSCAPES = [
    *(entry.landscape for entry in ls.catalogue()),
    *(CurvedValley(400.0), MuellerBrown(200.0), Phases(3), Rotated.at_random(CurvedValley(4.0))),
    ls.Landscape.from_expression("5 - exp(x**3 - 3*x)", "x"),
    ls.Landscape.from_expression("2 + (x**2 - 1)**2 + 0.01*tan(x)", "x"),
    ls.Landscape.from_expression("sinh(cos(x*x) + x**3 - x)", "x"),
    ls.Landscape.from_expression("1 + x**64", "x"),
    ls.Landscape.from_expression("2 + sin(300*x)", "x"),
]


@pytest.mark.parametrize("landscape", LANDSCAPES)
def test_no_false_alarm_in_any_units(landscape):
    for length in (1e-6, 1.0, 1e9):
        for height in (1e-9, 1.0, 1e9):
            for floor in (0.0, 1e3 * height):
                check_derivatives(View(landscape, length, height, floor))


@pytest.mark.parametrize("landscape", LANDSCAPES[:-1])
@pytest.mark.parametrize("factor", [2.0, -1.0, 0.5, 1.01])
def test_a_factor_is_seen(landscape, factor):
    # Where rounding hides the loss's own changes, the Hessian disagrees with the gradient.
    wrong = r"the (gradient|Hessian) is not that of the (loss|gradient): at .* correct"
    with pytest.raises(ls.InputError, match=wrong):
        check_derivatives(View(landscape, gradient_factor=factor))
    with pytest.raises(ls.InputError, match="the Hessian is not that of the gradient"):
        check_derivatives(View(landscape, hessian_factor=factor))


def test_an_escape_of_such_a_landscape_is_refused():
    wrong = View(ls.QuarticDoubleWell(0.25, 1.0), gradient_factor=2.0)
    with pytest.raises(ls.InputError, match="the gradient is not that of the loss"):
        ls.Escape(wrong, (-1.0,), (1.0,), temperature=0.2)
