"""The hitting time of a well behind another: the scaling of Azizian and others (2503.16398).

It grows like ``exp(E/ε)`` with the energy of the costliest way, which for three wells on a line is
``E = max(V_12, V_23, V_12 + V_23 − V_21)``: paths fall back from the middle well. The costs are
those of SGD's own kicks.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

import landscape_sim as ls
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.exact.update.transition import discrete_mean_first_passage_time
from landscape_sim.large_deviations.line_law import line_law
from landscape_sim.large_deviations.mini_batch import MiniBatchHamiltonian

CUBE, SQUARE, NOISE = 0.35 / 3.0, 0.25 / 3.0, 0.8


class ThreeWells(NamedTuple):
    """``f = c_1(θ) x_1 + c_2(θ) x_2``, with ``c`` a curve that bends twice."""

    dimension: int = 1

    def prediction(self, position, x):
        cubic, square = self.coefficients(position)
        return cubic * x[0] + square * x[1]

    def prediction_gradient(self, position, x):
        return self.pull_back(position, x)

    def features(self, x):
        return x

    def coefficients(self, position):
        (t,) = position
        return (CUBE * (t**3 - 3.0 * t), SQUARE * t**2)

    def pull_back(self, position, weights):
        (t,) = position
        return (3.0 * CUBE * (t**2 - 1.0) * weights[0] + 2.0 * SQUARE * t * weights[1],)

    def curvature(self, position, weights):
        return np.array([[6.0 * CUBE * position[0] * weights[0] + 2.0 * SQUARE * weights[1]]])

    def search_box(self, centre):
        return ((-3.0, 3.0),)


def three_wells():
    """Return data with bounded kicks, and minima and saddles from left to right."""
    rng, half = np.random.default_rng(0), math.sqrt(3.0)
    x, noise = rng.uniform(-half, half, (2, 2000)), rng.uniform(-half, half, 2000)
    data = ls.DataSet(ThreeWells(), x, x[0] / 30.0 + 3.0 * SQUARE * x[1] + NOISE * noise)
    return data, sorted(point.position[0] for point in ls.find_critical_points(data.landscape))


def test_the_time_to_the_third_well_counts_the_ways_back():
    data, (left, first, middle, second, right) = three_wells()
    etas, times, chain, direct = (0.1, 0.08), [], [], []
    for eta in etas:
        kicks = MiniBatchHamiltonian.of_rule(data, SGD(eta, 1))
        there, back, on = (
            line_law(kicks, *way) for way in ((left, first), (middle, first), (middle, second))
        )
        k12, k21, k23 = (math.exp(law.log_rate) for law in (there, back, on))
        chain.append(1.0 / k12 + 1.0 / k23 + k21 / (k12 * k23))
        direct.append(1.0 / k12 + 1.0 / k23)
        found = discrete_mean_first_passage_time(
            data.sgd_jumps(eta), left, -3.3, right, n_nodes=300
        )
        times.append(eta * found.mean_steps)
    energy = there.action + on.action - back.action
    exact, law, one_way = (
        math.log(time[1] / time[0]) / (1.0 / etas[1] - 1.0 / etas[0])
        for time in (times, chain, direct)
    )
    # With its prefactors the law leaves out the relative order ε, which moves the exponent by ε².
    miss = np.log(np.divide(chain, times))
    assert abs(miss[1]) < abs(miss[0]) < 2.0 * etas[0]
    assert abs(exact - law) < 2.0 * etas[0] * etas[1]
    # Not every path falls back: a share κ_23/κ_21 goes on at once.
    assert abs(law - energy) < 2.0 * k23 / k21 * abs(on.action - back.action)
    # Negative controls: without the ways back, in exponent and time.
    assert abs(exact - one_way) > 20.0 * etas[0] * etas[1]
    assert math.log(times[1] / direct[1]) > 2.0
