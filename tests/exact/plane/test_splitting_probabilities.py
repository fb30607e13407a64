"""Which target is met first: scale functions, simulation, symmetry, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

import landscape_sim as ls

Z = 4.4  # false alarm 1.1e-5
TILTED = ls.Landscape.from_expression("0.3 + 0.25*(x**2 - 1)**2 + 0.1*x", "x")
ENDS = ls.HalfSpace(1.0, (-1.0,)), ls.HalfSpace(1.2, (1.0,))


@pytest.mark.parametrize("temperature", [0.3, 0.05, 0.01])
def test_on_a_line_it_is_the_ratio_of_scale_functions(temperature):
    # dS = L^{1/T} dx; the smaller probability falls to 1e-13.
    noise = ls.LossProportionalNoise(temperature)
    found = ls.splitting_probabilities(TILTED, noise, (-0.6,), ENDS)

    def scale(low, high):
        top = 0.7
        value = quad(lambda x: (TILTED.loss((x,)) / top) ** (1 / temperature), low, high)
        return value[0]

    left, right = scale(-1.0, -0.6), scale(-0.6, 1.2)
    for probability, error, expected in zip(
        *(found.probabilities, found.relative_errors, (right, left)), strict=True
    ):
        assert abs(probability / (expected / (left + right)) - 1.0) < max(error, 1e-7)
    assert sum(found.probabilities) == pytest.approx(1.0, abs=2 * max(found.relative_errors))


def test_three_targets_in_the_plane_agree_with_simulation():
    bowl = ls.Landscape.from_expression("0.5 + x**2/2 + y**2 + 0.3*x*y", "x,y")
    noise = ls.LossProportionalNoise(0.4)
    targets = [ls.Ball((1.0, 0.3), 0.3), ls.Ball((-0.8, 0.8), 0.3), ls.Ball((0.2, -1.2), 0.3)]
    found = ls.splitting_probabilities(bowl, noise, (0.0, 0.0), targets, n_cells=160)
    assert sum(found.probabilities) == pytest.approx(1.0, abs=2 * max(found.relative_errors))
    n, random, step = 6_000, np.random.default_rng(4), 0.004
    x = np.zeros((2, n))
    first = np.full(n, -1)
    while (active := np.flatnonzero(first < 0)).size:
        y = x[:, active]
        slope = np.stack(bowl.gradient(tuple(y)))
        kick = np.sqrt(0.8 * bowl.loss(tuple(y)) * step)
        x[:, active] = y - slope * step + kick * random.standard_normal(y.shape)
        shift = 0.5826 * kick  # what a path oversteps between two looks
        for k, target in enumerate(targets):
            first[active[target.distance(tuple(x[:, active])) < shift]] = k
    for k, probability in enumerate(found.probabilities):
        error = math.sqrt(probability * (1 - probability) / n)
        assert abs(np.mean(first == k) - probability) < Z * error
        # Negative control: the next one's.
        assert abs(np.mean(first == (k + 1) % 3) - probability) > Z * error


def test_a_target_behind_another_is_never_met_first():
    noise, behind = ls.LossProportionalNoise(0.3), ls.HalfSpace(1.5, (1.0,))
    found = ls.splitting_probabilities(TILTED, noise, (-0.6,), [*ENDS, behind])
    assert found.probabilities[2] == 0.0
    assert sum(found.probabilities) == pytest.approx(1.0, abs=1e-6)


def test_one_target_is_refused_and_a_start_inside():
    noise = ls.LossProportionalNoise(0.3)
    with pytest.raises(ls.InputError, match="two or more"):
        ls.splitting_probabilities(TILTED, noise, (-0.6,), ENDS[:1])
    with pytest.raises(ls.InputError, match="inside the target"):
        ls.splitting_probabilities(TILTED, noise, (1.6,), ENDS)


@pytest.mark.parametrize("distance", [0.0, 0.4])
def test_targets_that_overlap_are_refused(distance):
    flat = ls.QuadraticBowl.isotropic(1.0, 1.0, 2)
    targets = ls.Ball((1.0, 0.0), 0.3), ls.Ball((1.0 + distance, 0.0), 0.3)
    with pytest.raises(ls.InputError, match="apart from one another"):
        ls.splitting_probabilities(flat, ls.ConstantNoise(1.0), (0.0, 0.0), targets)
