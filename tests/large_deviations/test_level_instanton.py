"""Instantons to a level of the loss: closed forms, the law on a line, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.linalg import eigh, solve_continuous_lyapunov

from landscape_sim.dynamics import HessianAlignedNoise
from landscape_sim.landscapes import QuadraticBowl
from landscape_sim.large_deviations.covariance import CovarianceField
from landscape_sim.large_deviations.diffusion import DiffusionHamiltonian
from landscape_sim.large_deviations.level_instanton import level_instantons
from landscape_sim.large_deviations.level_law import level_law
from landscape_sim.large_deviations.regression import RegressionHamiltonian
from landscape_sim.validation import InputError

LEVELS = [1.3, 2.0]


def test_constant_noise_has_the_action_of_the_cheapest_direction():
    """``V = ½ δᵀ C⁻¹ δ`` with ``h C + C h = a``; the rate is that of a normal density's flux."""
    curvatures = np.array([2.0, 1.0, 0.5])
    a = np.array([[1.0, 0.5, 0.0], [0.5, 2.0, 0.3], [0.0, 0.3, 0.4]])
    bowl, epsilon = QuadraticBowl(1.0, tuple(curvatures)), 0.05
    noise = CovarianceField(lambda x: np.broadcast_to(a, (len(x), 3, 3)))
    hamiltonian = DiffusionHamiltonian(bowl, noise, epsilon)
    h = np.diag(curvatures)
    z = np.linalg.inv(solve_continuous_lyapunov(h, a))
    costs, axes = eigh(z, h)
    found = list(level_instantons(hamiltonian, bowl, (0.0, 0.0, 0.0), LEVELS))
    for level, ways in zip(LEVELS, found, strict=True):
        assert len(ways) == 2  # mirror images
        end = axes[:, 0] * math.sqrt(2 * (level - 1.0))
        slope = h @ end
        along = np.linalg.svd(slope[None])[2][1:]
        width = np.linalg.det(along @ (z - costs[0] * h) @ along.T)
        rate = slope @ slope / np.linalg.norm(slope) * math.sqrt(
            np.linalg.det(z) / (2 * math.pi * epsilon * width)
        )  # fmt: skip
        for way in ways:
            assert way.action == pytest.approx(costs[0] * (level - 1.0), rel=1e-6)
            assert way.log_prefactor == pytest.approx(math.log(rate), abs=1e-4)
            assert abs(way.end) == pytest.approx(abs(end), rel=1e-4)
    # Negative control: any other direction costs more.
    assert costs[1] > 1.1 * costs[0]


def test_noise_along_the_hessian_is_as_cheap_everywhere():
    """Under ``2 L H`` the action is ``log c`` whatever the curvatures, and no end is the cheapest.

    So there is no prefactor, which is said.
    """
    bowl = QuadraticBowl(1.0, (1.0, 1.0))
    noise = HessianAlignedNoise.from_hessian(np.eye(2), 0.1, 1)
    hamiltonian = DiffusionHamiltonian.of_noise(bowl, noise, 0.1)
    (answer,) = level_instantons(hamiltonian, bowl, (0.0, 0.0), [2.0])
    assert isinstance(answer, InputError)
    assert "no cheapest point" in str(answer)


def skewed_line():
    generator = np.random.default_rng(1)
    x = generator.standard_normal((1, 400))
    y = generator.standard_normal(400) * (0.3 + x[0] ** 2)
    y = y - (x[0] @ y) / (x[0] @ x[0]) * x[0]
    return x, y


def test_on_a_line_it_is_the_law_of_a_level():
    x, y = skewed_line()
    h, floor = float(np.mean(x**2)), 0.5 * float(np.mean(y**2))
    bowl = QuadraticBowl(floor, (h,))
    for batch_size in (1, 3):
        hamiltonian = RegressionHamiltonian(x, y, 0.05, batch_size)
        levels = [level * floor for level in LEVELS]
        for level, ways in zip(
            levels, level_instantons(hamiltonian, bowl, (0.0,), levels), strict=True
        ):
            assert len(ways) == 2
            for way in ways:
                side = math.copysign(math.sqrt(2 * (level - floor) / h), way.end[0])
                known = level_law(hamiltonian, 0.0, side)
                assert way.end[0] == pytest.approx(side, rel=1e-6)
                assert way.action == pytest.approx(known.action, rel=1e-6)
                assert way.log_prefactor == pytest.approx(known.log_prefactor, abs=1e-3)


def test_more_than_twenty_dimensions_are_refused():
    generator = np.random.default_rng(0)
    hamiltonian = RegressionHamiltonian(
        generator.standard_normal((21, 50)), generator.standard_normal(50), 0.1, 1
    )
    bowl = QuadraticBowl(1.0, (1.0,) * 21)
    with pytest.raises(InputError, match="at most 20 dimensions, got 21"):
        next(level_instantons(hamiltonian, bowl, (0.0,) * 21, [2.0]))
