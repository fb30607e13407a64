"""The exact chain in the plane: against the one on a line, simulated SGD and its own limits."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.stats import norm

import landscape_sim as ls
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.ensembles.sgd import simulate_sgd_first_passage
from landscape_sim.exact.plane_update.nodes import Nodes
from landscape_sim.exact.plane_update.passage import plane_discrete_mean_first_passage_time
from landscape_sim.exact.update.transition import discrete_mean_first_passage_time
from landscape_sim.landscapes import HalfSpace, Outside
from landscape_sim.models import LossLevel
from landscape_sim.validation import InputError

SQUARE = ((-1.6, 1.6), (-1.6, 1.6))


def test_spreading_keeps_six_moments_in_both_directions():
    nodes = Nodes(((-1.0, 2.0), (0.0, 5.0)), 16)
    points, weights = np.array([[0.13, 4.9], [1.99, 0.02], [-0.7, 2.2]]), np.array([0.2, 0.3, 0.5])
    spread = weights @ nodes.interpolation(points)
    x, y = nodes.positions().T
    for i, j in ((0, 0), (5, 0), (0, 5), (5, 5), (3, 4)):
        exact = weights @ (points[:, 0] ** i * points[:, 1] ** j)
        assert spread @ (x**i * y**j) == pytest.approx(exact, rel=1e-11)
    # Negative control: the sixth power is not kept.
    assert abs(spread @ x**6 / (weights @ points[:, 0] ** 6) - 1) > 1e-6


class Strip(NamedTuple):
    """All beyond a distance along one direction or another, as a target."""

    slope: float
    width: float
    length: float

    @property
    def dimension(self) -> int:
        return 2

    def distance(self, x: Any) -> Any:
        along = x[0] * math.cos(self.slope) + x[1] * math.sin(self.slope)
        across = x[1] * math.cos(self.slope) - x[0] * math.sin(self.slope)
        return np.minimum(self.width - np.abs(along), self.length - np.abs(across))

    def direction(self, x: Any) -> Any:
        raise NotImplementedError


def test_a_chain_across_a_slanted_strip_is_one_on_a_line():
    """Along one direction a linear recursion, along the other a jump back to the middle."""
    slope, atoms = 0.4, 0.5 * norm.ppf((np.arange(240) + 0.5) / 240)
    equal = np.full(atoms.size, 1 / atoms.size)
    ends = (
        np.array([math.cos(slope), math.sin(slope)]),
        np.array([-math.sin(slope), math.cos(slope)]),
    )

    def jumps(x):
        along, across = (float(np.dot(x, end)) for end in ends)
        steps = np.stack([-0.3 * along + atoms, 0.0 * atoms - across], axis=1)
        return steps @ np.array(ends), equal

    found = plane_discrete_mean_first_passage_time(
        *(jumps, (0.0, 0.0), Strip(slope, 1.1, 0.9), SQUARE), n_cells=16
    )
    line = discrete_mean_first_passage_time(lambda x: (-0.3 * x + atoms, equal), 0.0, -1.1, 1.1)
    error = found.relative_error + line.relative_error
    assert abs(found.mean_steps / line.mean_steps - 1) <= error
    # Negative control: a strip that is wider by a thirtieth.
    wider = discrete_mean_first_passage_time(lambda x: (-0.3 * x + atoms, equal), 0.0, -1.14, 1.14)
    assert abs(found.mean_steps / wider.mean_steps - 1) > error


DATA = ls.gaussian_regression(dimension=2, n_samples=150, seed=3)


def sgd_jumps(data, learning_rate):
    equal = np.full(data.n_samples, 1 / data.n_samples)
    return lambda x: (-learning_rate * data.sample_gradients(x).T, equal)


def level(ratio):
    """Return a level of the loss, and a box around it."""
    landscape = DATA.landscape
    target = LossLevel.of_ratio(landscape, ratio, landscape.floor)
    reach = np.sqrt(2 * (ratio - 1) * landscape.floor * np.diag(np.linalg.inv(landscape.moments)))
    sides = [(c - r, c + r) for c, r in zip(landscape.centre, reach, strict=True)]
    return target, tuple(sides)


def test_regression_reaches_a_level_as_simulated():
    """Four standard errors of 4000 simulated passages: one false alarm in 16000."""
    learning_rate, (target, box) = 0.15, level(2.0)
    start = DATA.landscape.centre
    found = plane_discrete_mean_first_passage_time(
        *(sgd_jumps(DATA, learning_rate), start, target, box), n_cells=16
    )
    sample = simulate_sgd_first_passage(
        *(DATA, SGD(learning_rate, batch_size=1), start, target),
        n_paths=4000,
        max_time=1e6,
        seed=1,
    )
    steps = sample.times / learning_rate
    allowed = 4 * steps.std() / math.sqrt(steps.size) + found.relative_error * found.mean_steps
    assert abs(found.mean_steps - steps.mean()) < allowed
    # Negative control: a learning rate that is higher by a tenth.
    other = plane_discrete_mean_first_passage_time(
        *(sgd_jumps(DATA, 1.1 * learning_rate), start, target, box),
        n_cells=16,
    )
    assert abs(other.mean_steps - steps.mean()) > allowed


def test_a_batch_is_the_law_of_all_pairs():
    """The mean of two of 12 jumps is one of 144, by Fourier transforms and by counting them."""
    atoms = 0.5 * np.random.default_rng(2).standard_normal((12, 2)).clip(-1.5, 1.5)
    atoms -= atoms.mean(axis=0)
    pairs = 0.5 * (atoms[:, None] + atoms).reshape(-1, 2)
    found = []
    for jumps, batch_size in ((atoms, 2), (pairs, 1), (atoms, 1)):
        equal = np.full(len(jumps), 1 / len(jumps))
        found.append(
            plane_discrete_mean_first_passage_time(
                *(lambda x, j=jumps, w=equal: (j - 0.4 * np.array(x), w), (0.1, 0.0)),
                *(CIRCLE, DISK_BOX),
                batch_size=batch_size,
                n_cells=16,
            )
        )
    batch, counted, single = found
    error = batch.relative_error + counted.relative_error
    assert abs(batch.mean_steps / counted.mean_steps - 1) <= error
    # Negative control: single jumps.
    assert abs(single.mean_steps / counted.mean_steps - 1) > 10 * error


CIRCLE, DISK_BOX = Outside((0.0, 0.0), 1.0), ((-1.0, 1.0), (-1.0, 1.0))


@pytest.mark.parametrize(
    ("start", "target", "box", "options", "message"),
    [
        ((2.0, 0.0), CIRCLE, DISK_BOX, {}, "lies in the target"),
        ((0.0,), CIRCLE, DISK_BOX, {}, "two coordinates"),
        ((0.0, 0.0), HalfSpace(1.0, (1.0, 0.0)), DISK_BOX, {}, "must enclose"),
        ((0.0, 0.0), CIRCLE, ((-0.9, 0.9), (-1.0, 1.0)), {}, "must enclose"),
        ((0.0, 0.0), CIRCLE, ((1.0, -1.0), (-1.0, 1.0)), {}, "two intervals"),
        ((0.0, 0.0), CIRCLE, DISK_BOX, {"batch_size": 0}, "batch_size"),
        ((0.0, 0.0), CIRCLE, DISK_BOX, {"n_cells": 3}, "n_cells"),
        ((0.0, 0.0), CIRCLE, DISK_BOX, {"n_cells": 300}, "n_cells"),
    ],
)
def test_refuses_in_one_line(start, target, box, options, message):
    still = np.zeros((1, 2)), np.ones(1)
    with pytest.raises(InputError, match=message) as refusal:
        plane_discrete_mean_first_passage_time(lambda x: still, start, target, box, **options)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("size", [0.0, 1e-3])
def test_a_chain_that_does_not_leave_is_no_number(size):
    steps = size * np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])

    def jumps(x):
        return steps - 0.01 * np.array(x), np.full(4, 0.25)

    with pytest.raises(InputError, match="raise the learning rate"):
        plane_discrete_mean_first_passage_time(*(jumps, (0.0, 0.0), CIRCLE, DISK_BOX), n_cells=16)


def test_a_law_that_is_none():
    with pytest.raises(InputError, match="add up to one"):
        plane_discrete_mean_first_passage_time(
            *(lambda x: (np.zeros((2, 2)), np.ones(2)), (0.0, 0.0), CIRCLE, DISK_BOX)
        )
