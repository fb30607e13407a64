"""SGD itself with two parameters: the instanton against its equations and against SGD, run."""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
import pytest

from landscape_sim.dynamics.sgd import SGD
from landscape_sim.large_deviations.instanton import find_instantons
from landscape_sim.large_deviations.mini_batch import MiniBatchHamiltonian
from landscape_sim.models import DataSet


class SquareModel(NamedTuple):
    """``f = θ_1² x_1 + (2 θ_2 + θ_1/2) x_2 + θ_1 x_3/2``: two minima and a saddle between them."""

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
        return position[0] * position[0], 2.0 * position[1] + 0.5 * position[0], 0.5 * position[0]

    def pull_back(self, position: Any, weights: Any) -> Any:
        along = 2.0 * position[0] * weights[0] + 0.5 * weights[1] + 0.5 * weights[2]
        return along, 2.0 * weights[1] + 0.0 * position[0]

    def curvature(self, position: Any, weights: Any) -> Any:
        return np.array([[2.0 * float(weights[0]), 0.0], [0.0, 0.0]])

    def search_box(self, centre: Any) -> Any:
        return (-2.5, 2.5), (-2.5, 2.5)


def population():
    """Return inputs without correlations, each with both signs of the label noise."""
    x = np.array(list(itertools.product((1.0, -1.0), repeat=3))).T
    noise = np.repeat([1.0, -1.0], 8)
    return DataSet(SquareModel(), np.tile(x, 2), np.tile(x[0], 2) + noise)


DATA = population()
# ½ (θ_1² − 1)² + θ_1²/8 along the valley θ_2 = −θ_1/4.
MINIMUM, SADDLE = (-math.sqrt(0.875), 0.25 * math.sqrt(0.875)), (0.0, 0.0)


def law(learning_rate, batch_size):
    hamiltonian = MiniBatchHamiltonian.of_rule(DATA, SGD(learning_rate, batch_size))
    return find_instantons(hamiltonian, MINIMUM, SADDLE)


def test_the_path_solves_hamiltons_equations_of_the_samples():
    """``H`` from the definition, its derivatives by differences, along the way and as a whole."""
    (only,) = law(0.1, 1)

    def value(theta, p):
        return math.log(np.mean(np.exp(-p @ DATA.sample_gradients(tuple(theta)))))

    def slope(function, x):
        steps = 1e-5 * np.eye(2)
        return np.array([(function(x + s) - function(x - s)) / 2e-5 for s in steps])

    ds = np.linalg.norm(np.diff(only.path, axis=0), axis=1)
    assert float(np.sum(only.momenta[:-1] * np.diff(only.path, axis=0))) == pytest.approx(
        only.action, rel=0.01
    )
    for k in range(len(ds) // 4, 3 * len(ds) // 4, len(ds) // 20):
        theta, p = only.path[k], only.momenta[k]
        assert value(theta, p) == pytest.approx(0.0, abs=1e-7)
        flow = slope(lambda q, t=theta: value(t, q), p)
        kick = -slope(lambda t, q=p: value(t, q), theta)
        way = np.concatenate(
            [only.path[k + 1] - only.path[k - 1], only.momenta[k + 1] - only.momenta[k - 1]]
        )
        both = np.concatenate([flow, kick])
        assert way / np.linalg.norm(way) == pytest.approx(both / np.linalg.norm(both), abs=1e-3)


def simulated(learning_rate, batch_size, n_walkers, seed):
    """Return the rate of first arrival at the other minimum, and its relative standard error."""
    generator = np.random.default_rng(seed)
    x, y = DATA.inputs, DATA.targets
    theta = np.tile(np.array(MINIMUM)[:, None], n_walkers)
    time = events = 0
    while events < 600:
        picked = generator.integers(len(y), size=(batch_size, n_walkers))
        residual = DATA.model.prediction(theta, x[:, picked]) - y[picked]
        gradient = np.stack(DATA.model.prediction_gradient(theta, x[:, picked]))
        theta = theta - learning_rate * np.mean(residual * gradient, axis=1)
        time += n_walkers
        arrived = theta[0] >= -MINIMUM[0]
        events += int(arrived.sum())
        theta[:, arrived] = np.array(MINIMUM)[:, None]
    return events / (time * learning_rate), events**-0.5
