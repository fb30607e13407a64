"""The closed law of levels for regression on normal data: against data, simulation and a chain."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest

import landscape_sim as ls
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.large_deviations import regression_level
from landscape_sim.large_deviations.level_law import level_law
from landscape_sim.large_deviations.mini_batch import MiniBatchHamiltonian
from landscape_sim.large_deviations.regression_level import regression_level_log_rate
from landscape_sim.validation import InputError


def law(loss_ratio, learning_rate=0.05, batch_size=1, curvature=1.0, dimension=1):
    return regression_level_log_rate(
        loss_ratio,
        learning_rate=learning_rate,
        batch_size=batch_size,
        curvature=curvature,
        dimension=dimension,
    )


def prefactor_of_data(seed, ratio, batch_size):
    """Return the logarithm of the prefactor that these data have, for both sides of the level."""
    data = ls.gaussian_regression(dimension=1, n_samples=5000, seed=seed)
    landscape, (centre,) = data.landscape, data.landscape.centre
    edge = math.sqrt(2.0 * (ratio - 1.0) * landscape.floor / landscape.moments[0][0])
    hamiltonian = MiniBatchHamiltonian.of_rule(data, SGD(0.02 * batch_size, batch_size))
    sides = [level_law(hamiltonian, centre, centre + side * edge) for side in (-1, 1)]
    return np.mean([side.log_prefactor for side in sides]) + math.log(2.0)


def test_on_a_line_it_is_the_mean_law_of_data_sets():
    """Their laws have no closed form in them. Student's t over six: a false alarm in a thousand."""
    ratio, most = 1.3, 6.87
    for batch in (1, 3):
        of_data = [prefactor_of_data(seed, ratio, batch) for seed in range(6)]
        error = np.std(of_data, ddof=1) / math.sqrt(6)
        prefactor = law(ratio, 0.02 * batch, batch) + (ratio - 1.0) / 0.02
        assert abs(np.mean(of_data) - prefactor) < most * error
        # Negative control: the next order ΔS₁ of kicks in continuous time, without B.
        assert abs(np.mean(of_data) - prefactor + 0.5 * batch * (ratio - 1.0)) > most * error


N_PATHS = 300


@functools.cache
def simulated(learning_rate):
    """Return ``h`` and the mean time to ``1.6 L*`` in three dimensions."""
    data = ls.gaussian_regression(dimension=3, n_samples=20_000, seed=1)
    landscape = data.landscape
    level = ls.LossLevel.of_ratio(landscape, 1.6, landscape.floor)
    sample = ls.simulate_sgd_first_passage(
        *(data, SGD(learning_rate, 1), landscape.centre, level),
        n_paths=N_PATHS,
        max_time=1e6,
        seed=2,
    )
    return float(np.trace(landscape.moments)) / 3, sample.times.mean()


def miss(learning_rate):
    """Return ``ln(law/simulated)``."""
    h, mean_time = simulated(learning_rate)
    return law(1.6, learning_rate, 1, h, 3) + math.log(mean_time)


def test_sgd_in_three_dimensions_tends_to_it(monkeypatch):
    """3.3 standard errors of both means: a false alarm in a thousand seeds."""
    allowed = 0.5 * abs(miss(0.08)) + 3.3 * math.hypot(0.5, 1.0) / math.sqrt(N_PATHS)
    assert abs(miss(0.04)) < allowed < 0.4
    # Negative control: passages that are all first ones.
    monkeypatch.setattr(regression_level, "log_first_passages", lambda *_: (0.0, 0.0))
    assert abs(miss(0.04)) > allowed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"loss_ratio": 1.0}, "loss_ratio c must be finite and exceed 1, got 1.0"),
        ({"loss_ratio": math.nan}, "loss_ratio c"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"batch_size": 0}, "batch_size"),
        ({"curvature": -1.0}, "curvature"),
        # Most of the density is beyond the level: V/ε alone would call it rare.
        ({"loss_ratio": 2.5, "learning_rate": 0.1, "dimension": 18}, "within 10 relaxation"),
        ({"loss_ratio": 1.05}, "within 10 relaxation times, 10"),
    ],
)
def test_refusals(change, message):
    with pytest.raises(InputError, match=message):
        law(**{"loss_ratio": 1.5, **change})
