"""SGD itself with two parameters: the instanton against the equations of its samples."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pytest

from landscape_sim.dynamics.sgd import SGD
from landscape_sim.large_deviations.covariance import CovarianceField
from landscape_sim.large_deviations.diffusion import diffusion_of_field
from landscape_sim.large_deviations.instanton import find_instantons
from landscape_sim.large_deviations.mini_batch import MiniBatchHamiltonian
from landscape_sim.models import DataSet


class TwoPhases(NamedTuple):
    """``f = sin(x_1 + θ_1) + (θ_2 + sin(θ_1)/2) x_2``, with ``x_1`` as its sine and cosine."""

    @property
    def dimension(self) -> int:
        return 2

    def prediction(self, position: Any, x: Any) -> Any:
        first, second, third = self.coefficients(position)
        return first * x[0] + second * x[1] + third * x[2]

    def prediction_gradient(self, position: Any, x: Any) -> Any:
        return self.pull_back(position, x)

    def features(self, x: Any) -> Any:
        return x

    def coefficients(self, position: Any) -> Any:
        sine = np.sin(position[0])
        return np.cos(position[0]), sine, position[1] + 0.5 * sine

    def pull_back(self, position: Any, weights: Any) -> Any:
        cosine = np.cos(position[0])
        along = -np.sin(position[0]) * weights[0] + cosine * (weights[1] + 0.5 * weights[2])
        return along, weights[2] + 0.0 * position[0]

    def curvature(self, position: Any, weights: Any) -> Any:
        sine, cosine = np.sin(position[0]), np.cos(position[0])
        along = -cosine * weights[0] - sine * (weights[1] + 0.5 * weights[2])
        return np.array([[float(along), 0.0], [0.0, 0.0]])

    def search_box(self, centre: Any) -> Any:
        return (-4.0, 4.0), (-2.0, 2.0)


def population():
    """Return inputs around the circle, each with both signs of the label noise."""
    angle = 2.0 * np.pi * np.arange(12) / 12
    first, second, third, noise = (
        part.ravel()
        for part in np.broadcast_arrays(
            np.sin(angle)[:, None, None],
            np.cos(angle)[:, None, None],
            np.array([-1.0, 1.0])[:, None],
            np.array([-1.0, 1.0]),
        )
    )
    return DataSet(TwoPhases(), np.stack([first, second, third]), first + noise)


DATA = population()
MINIMUM, SADDLE = (0.0, 0.0), (math.pi, 0.0)


@lru_cache
def law(learning_rate, batch_size):
    hamiltonian = MiniBatchHamiltonian.of_rule(DATA, SGD(learning_rate, batch_size))
    return find_instantons(hamiltonian, MINIMUM, SADDLE)


def value(theta, p):
    """Return ``H`` from its definition: a mean over the samples' gradients."""
    return math.log(np.mean(np.exp(-p @ DATA.sample_gradients(tuple(theta)))))


def slope(function, x):
    """Return the gradient by central differences."""
    steps = 1e-5 * np.eye(2)
    return np.array([(function(x + s) - function(x - s)) / 2e-5 for s in steps])


def test_the_path_solves_hamiltons_equations_of_the_samples():
    (only,) = law(0.1, 1)
    steps = np.diff(only.path, axis=0)
    middles = 0.5 * (only.momenta[1:] + only.momenta[:-1])
    # A trapezoidal rule on points that lie as close as this; the law's is Gauss's.
    assert np.sum(middles * steps) == pytest.approx(only.action, rel=1e-4)
    n_points, worst = len(only.path), 0.0
    for k in range(n_points // 5, 4 * n_points // 5, n_points // 20):
        theta, p = only.path[k], only.momenta[k]
        assert value(theta, p) == pytest.approx(0.0, abs=1e-8)
        flow = slope(lambda q, t=theta: value(t, q), p)
        kick = -slope(lambda t, q=p: value(t, q), theta)
        way = np.hstack([only.path, only.momenta])[k + 1] - np.hstack([only.path, only.momenta])[k]
        both = np.concatenate([flow, kick])
        apart = way / np.linalg.norm(way) - both / np.linalg.norm(both)
        worst = max(worst, float(np.abs(apart).max()))
    # A step of the path is straight to within its own length over that of the path, a hundredth.
    assert worst < 0.02


def test_gaussian_kicks_would_cost_less():
    """Negative control: of the kicks' law, two cumulants alone."""
    (right,) = law(0.1, 1)
    whole = MiniBatchHamiltonian.of_rule(DATA, SGD(0.1, 1))
    field = CovarianceField(lambda x: whole.spread(x, np.zeros_like(x)))
    gaussian = diffusion_of_field(DATA.landscape, field, 0.1)
    (wrong,) = find_instantons(gaussian, MINIMUM, SADDLE)
    assert wrong.action < 0.9 * right.action


def test_the_batch_is_in_the_prefactor_and_not_in_the_exponent():
    one, four = law(0.1, 1)[0], law(0.1, 4)[0]
    assert four.action == pytest.approx(one.action, rel=1e-9)
    assert four.noise_scale == 0.25 * one.noise_scale
    assert abs(four.log_prefactor - one.log_prefactor) > 0.1
