"""The quasi-potential on a grid: against closed forms, and against instantons."""

from __future__ import annotations

import math

import numpy as np
import pytest

import landscape_sim as ls
from landscape_sim.large_deviations.diffusion import DiffusionHamiltonian
from landscape_sim.large_deviations.instanton import find_instantons
from landscape_sim.quasi_potential.grid import quasi_potential
from landscape_sim.validation import InputError

#: The method is of first order in the spacing; authors report a percent at such grids.
CLOSE = 0.01
SQUARE = (-1.0, 1.0), (-1.0, 1.0)


def one(x):
    return np.broadcast_to(np.eye(2), (len(x), 2, 2))


def turning(rotation):
    """Return a linear drift with ``V = 2 x² + y²``, whatever the rotation."""

    def drift(x):
        across = np.stack([-rotation * x[:, 1], 2.0 * rotation * x[:, 0]], axis=1)
        return across - x * np.array([2.0, 1.0])

    return drift


@pytest.mark.parametrize("rotation", [0.0, 1.0, 10.0])
def test_linear_drift_with_rotation(rotation):
    found = quasi_potential(turning(rotation), one, (0.0, 0.0), SQUARE, n_cells=96)
    x, y = np.meshgrid(*found.axes, indexing="ij")
    exact = 2.0 * x**2 + y**2
    is_known = np.isfinite(found.values) & (exact > 0.1)
    assert is_known.mean() > 0.3
    assert found.values[is_known] == pytest.approx(exact[is_known], rel=CLOSE)
    # Negative control: the potential of the same drift without its factor of two.
    assert np.abs(found.values[is_known] / (0.5 * exact[is_known]) - 1).min() > CLOSE


def maier_stein(bend):
    def drift(x):
        u, v = x.T
        return np.stack([u - u**3 - bend * u * v**2, -(1.0 + u**2) * v], axis=1)

    return drift


@pytest.mark.parametrize("bend", [1.0, 3.0])
def test_maier_and_stein_leave_along_the_axis(bend):
    """Up to ``α = 4μ`` the instanton is the axis, and ``V = ½``; for ``α = 1`` it is a gradient."""
    box = (-1.8, 1.8), (-1.0, 1.0)
    found = quasi_potential(maier_stein(bend), one, (-1.0, 0.0), box, n_cells=128)
    assert found((0.0, 0.0)) == pytest.approx(0.5, rel=CLOSE)


def test_beyond_the_bifurcation_it_is_less():
    """Maier and Stein, J. Stat. Phys. 83 (1996) 291: above ``α = 4μ`` two paths leave the axis."""
    box = (-1.8, 1.8), (-1.0, 1.0)
    found = quasi_potential(maier_stein(10.0), one, (-1.0, 0.0), box, n_cells=128)
    assert found((0.0, 0.0)) < 0.4


@pytest.mark.parametrize(
    ("name", "domain", "n_cells"),
    [
        ("stiff-2d", ((-2.0, 2.0), (-4.0, 4.0)), 160),
        pytest.param("curved-valley", None, 400, marks=pytest.mark.slow),
        pytest.param("bent-channel", None, 400, marks=pytest.mark.slow),
        pytest.param("mueller-brown", None, 400, marks=pytest.mark.slow),
    ],
)
def test_instantons_under_aligned_noise(name, domain, n_cells):
    """At the saddle, to a percent: also where the path goes far round, or has no prefactor."""
    entry = ls.from_catalogue(name)
    escape = ls.Escape(
        entry.landscape, entry.start, entry.target, temperature=0.05, noise="hessian"
    )
    hamiltonian = DiffusionHamiltonian.of_noise(entry.landscape, escape.noise, 0.05)
    route = escape.route
    ends = route.minimum.position, route.saddle.position
    found = quasi_potential(
        lambda x: hamiltonian.slopes(x, np.zeros_like(x)).momentum,
        lambda x: hamiltonian.spread(x, np.zeros_like(x)),
        ends[0],
        domain or entry.landscape.search_box(),
        n_cells,
    )
    least = find_instantons(hamiltonian, *ends, route.path[: route.top])[0].action
    assert found(ends[1]) == pytest.approx(least, rel=CLOSE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"minimum": (0.5, 0.0)}, "no stable point"),
        ({"minimum": (3.0, 0.0)}, "no stable point"),
        ({"drift": lambda x: -turning(1.0)(x)}, "no stable point"),
        ({"covariance": lambda x: 0.0 * one(x)}, "covariance must be positive"),
        ({"n_cells": 8}, "n_cells must lie between"),
    ],
)
def test_refusals(change, message):
    arguments = {"drift": turning(1.0), "covariance": one, "minimum": (0.0, 0.0), "domain": SQUARE}
    with pytest.raises(InputError, match=message):
        quasi_potential(**(arguments | change))


def test_a_value_beyond_the_edge_is_no_number():
    found = quasi_potential(turning(0.0), one, (0.0, 0.0), SQUARE, n_cells=32)
    for position in ((0.99, 0.99), (2.0, 0.0)):
        with pytest.raises(InputError, match="widen the domain"):
            found(position)
    assert math.isfinite(found((0.5, 0.5)))
