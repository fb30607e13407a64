"""Instantons in ten and twenty dimensions, separable and coupled, against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import landscape_sim as ls
from landscape_sim.large_deviations.diffusion import DiffusionHamiltonian
from landscape_sim.large_deviations.instanton import find_instantons

TEMPERATURE = 0.05


def eyring_kramers(landscape, minimum, saddle):
    """Return the logarithm of the law on ``log L``, from its definition."""
    low, high = landscape.hessian(minimum), landscape.hessian(saddle)
    loss_ratio = landscape.loss(saddle) / landscape.loss(minimum)
    attempts = math.log(-np.linalg.eigvalsh(high)[0] / (2 * math.pi))
    attempts += 0.5 * (np.linalg.slogdet(low)[1] - np.linalg.slogdet(high)[1])
    n = len(minimum)
    return attempts - (1 / TEMPERATURE + 1 - n / 2) * math.log(loss_ratio)


def coupled(dimension):
    """Return a double well whose other directions are bent, and hang on one another."""
    names = [f"x{i}" for i in range(dimension)]
    stiffness = np.linspace(0.5, 4.0, dimension - 1)
    terms = [
        f"{0.5 * stiffness[i - 1]:.6f}*(x{i} - {0.3 / i:.6f}*x0**2 - 0.1*x{i - 1})**2"
        for i in range(1, dimension)
    ]
    formula = " + ".join(["0.25 + 0.25*(x0**2 - 1)**2", *terms])
    return ls.Landscape.from_expression(formula, names, ((-2.0, 2.0),) * dimension)


def bottom(dimension):
    """Return the minimum of :func:`coupled`, where every bracket vanishes."""
    x = [-1.0]
    for i in range(1, dimension):
        x.append(float(f"{0.3 / i:.6f}") + 0.1 * x[-1])
    return tuple(x)


@pytest.mark.parametrize("dimension", [10, pytest.param(20, marks=pytest.mark.slow)])
def test_a_bent_well_under_isotropic_noise(dimension):
    landscape, saddle = coupled(dimension), (0.0,) * dimension
    noise = ls.LossProportionalNoise(TEMPERATURE)
    hamiltonian = DiffusionHamiltonian.of_noise(landscape, noise, 0.025)
    (only,) = find_instantons(hamiltonian, bottom(dimension), saddle)
    expected = eyring_kramers(landscape, bottom(dimension), saddle)
    assert only.log_rate == pytest.approx(expected, abs=1e-6)
    assert np.abs(only.path[:, 1:]).max() > 0.1


def aligned_over_isotropic(share, loss_ratio):
    """Return what a direction that is ``share`` times as stiff changes in ``ln(rate)``.

    With ``p = L'/L`` and ``Z`` on the axis, all over ``T``: a scalar Riccati equation in ``x``.
    """
    floor, k = 0.25 / (loss_ratio - 1), 2.0 * share

    def rates(x, y):
        loss, slope = floor + 0.25 * (x * x - 1) ** 2, x * (x * x - 1)
        z_rate = -(k * (slope / loss) ** 2 - 2 * k * y[0] + 2 * loss * share * y[0] ** 2)
        return [z_rate / slope, (-k + loss * share * y[0]) / slope]

    begin = 2.0 / floor
    found = solve_ivp(rates, (-1 + 1e-6, -1e-6), [begin, 0.0], "LSODA", rtol=1e-10, atol=1e-10)
    # Z itself may not have come to its limit, what stands still is its sum with S₁.
    end, difference = found.y[:, -1]
    return 0.5 * math.log(begin / end) - difference - 0.5 * math.log(loss_ratio)


def test_the_scalar_equation_knows_isotropic_noise():
    assert aligned_over_isotropic(1.0, 2.0) == pytest.approx(0.0, abs=1e-5)
    assert math.exp(-aligned_over_isotropic(4.0, 2.0)) == pytest.approx(0.324, abs=5e-4)


@pytest.mark.parametrize("dimension", [10, pytest.param(20, marks=pytest.mark.slow)])
def test_a_straight_well_under_aligned_noise(dimension):
    """Every direction across multiplies the rate by a number of its own."""
    shares = np.linspace(0.1, 2.0, dimension - 1)
    well = ls.SeparableDoubleWell.from_loss_ratio(2.0, 0.25, tuple(2.0 * shares))
    ends = (-1.0,) + (0.0,) * (dimension - 1), (0.0,) * dimension
    noise = ls.HessianAlignedNoise.from_hessian(well.hessian(ends[0]), 0.5 * TEMPERATURE, 1)
    hamiltonian = DiffusionHamiltonian.of_noise(well, noise, 0.025)
    (only,) = find_instantons(hamiltonian, *ends)
    change = sum(aligned_over_isotropic(share, 2.0) for share in shares)
    assert only.log_rate == pytest.approx(eyring_kramers(well, *ends) + change, abs=5e-6)
    # Negative control: isotropic noise.
    assert abs(change) > 0.05
