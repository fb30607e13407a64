"""Walls by every road from one statement of the escape, on a loss that ends beyond them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

import landscape_sim as ls

Z = 4.4  # false alarm 1.1e-5, of intervals of 95 % that are 1.96 standard errors wide
WALLS = ls.Walls([(-0.55, 0.55), (-0.3, 0.3)])
# The root is that of a negative number beyond |x| = 0.6.
LOSS = "0.5 + 8*(x**2 - 0.16)**2 + y**2 + 0.1*sqrt(0.36 - x**2)"
ENDS = (-0.4, 0.0), (0.4, 0.0)


class Watched(NamedTuple):
    """A landscape of a box that is an error outside."""

    landscape: Any

    def inside(self, x):
        for c, (low, high) in zip(x, self.landscape.domain, strict=True):
            assert np.all((np.asarray(c) >= low) & (np.asarray(c) <= high))
        return x

    def loss(self, x):
        return self.landscape.loss(self.inside(x))

    def gradient(self, x):
        return self.landscape.gradient(self.inside(x))

    def hessian(self, x):
        return self.landscape.hessian(self.inside(x))

    def search_box(self):
        return self.landscape.search_box()


def walled(**settings):
    surface = ls.Landscape.from_expression(LOSS, "x, y", WALLS)
    return ls.Escape(surface, *ENDS, **{"temperature": 0.15, "domain": WALLS} | settings)


@pytest.mark.parametrize("noise", ["isotropic", pytest.param("hessian", marks=pytest.mark.slow)])
def test_simulation_splitting_and_exact_rate_agree(noise):
    escape = walled(noise=noise)
    exact = escape.exact(n_cells=200)
    for found in (escape.simulate(relative_error=0.05), escape.split(relative_error=0.1)):
        margin = Z / 1.96 * (found.interval.log_high - found.interval.log_low) / 2.0
        assert abs(found.log_rate - exact.log_rate) < margin
        assert margin < 0.6
    # Negative control: a third of the room across, in which paths are elsewhere.
    narrow = ls.Walls([(-0.42, 0.55), (-0.3, 0.3)])
    other = walled(noise=noise, domain=narrow).exact(n_cells=200)
    assert other.log_rate > exact.log_rate + 0.2


def test_nobody_asks_for_the_loss_outside():
    surface = Watched(ls.Landscape.from_expression(LOSS, "x, y", WALLS))
    settings = {"temperature": 0.15, "target_radius": 0.1}
    walled = ls.Escape(surface, *ENDS, domain=WALLS, **settings)
    assert walled.exact(n_cells=100).rate > 0.0
    # Negative control: as a mere domain it is asked for by the search already.
    with pytest.raises(AssertionError):
        ls.Escape(surface, *ENDS, domain=tuple(WALLS), **settings)


@pytest.mark.parametrize("method", ["formula", "instanton"])
def test_laws_that_know_no_walls_say_so(method):
    with pytest.raises(ls.InputError, match="knows no walls") as refusal:
        walled().rate(method)
    assert "\n" not in str(refusal.value)


def test_a_picture_refuses_walls():
    with pytest.raises(ls.InputError, match="a picture knows no walls"):
        ls.draw_pictures(walled())


def test_a_simulation_needs_a_target_within_the_walls():
    surface = ls.Landscape.from_expression("0.5 + (x**2 - 1)**2", "x")
    with pytest.raises(ls.InputError, match="does not hold any of"):
        ls.simulate(
            *(surface, ls.ConstantNoise(0.2), (-1.0,), ls.HalfSpace(1.0, (1.0,))),
            walls=ls.Walls([(-2.0, 0.5)]),
        )
