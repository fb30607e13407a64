"""The large-deviation law of a tangent model, against SGD on it and against the chain's noise."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest

from landscape_sim.comparison.network.tangent_law import tangent_laws
from landscape_sim.comparison.network.tangent_model import TangentModel
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.ensembles.sgd import simulate_sgd_first_passage
from landscape_sim.large_deviations.covariance import CovarianceField
from landscape_sim.large_deviations.diffusion import DiffusionHamiltonian
from landscape_sim.large_deviations.level_instanton import level_instantons
from landscape_sim.models import LossLevel

C, N_PATHS, COARSE, FINE = 2.0, 400, 0.08, 0.04
#: A false alarm in a thousand seeds.
Z = 3.3


@functools.cache
def model():
    """Return a tangent model of two directions whose kicks are far from normal."""
    generator = np.random.default_rng(0)
    psi = generator.standard_normal((2, 200)) * np.array([[1.2], [0.7]])
    r = generator.standard_normal(200) * (0.4 + 0.3 * psi[0] ** 2)
    return TangentModel.of_features(psi, r - np.linalg.lstsq(psi.T, r, rcond=None)[0] @ psi)


@functools.cache
def law(learning_rate):
    (found,) = tangent_laws(model(), learning_rate=learning_rate, batch_size=1, thresholds=(C,))
    return found


@functools.cache
def log_mean_time(learning_rate):
    tangent = model()
    sample = simulate_sgd_first_passage(
        *(tangent.data, SGD(learning_rate, 1), (0.0, 0.0)),
        LossLevel(tangent.bowl, C * tangent.loss),
        n_paths=N_PATHS,
        max_time=1e7,
        seed=5,
        n_threads=1,
    )
    assert not sample.n_censored
    return math.log(sample.times.mean())


def normal_action():
    """Return the action under normal noise of the same covariance everywhere."""
    tangent = model()
    noise = CovarianceField(lambda x: tangent.gradient_moments.at(x) - _outer(tangent, x))
    hamiltonian = DiffusionHamiltonian(tangent.bowl, noise, 1.0)
    (ways,) = level_instantons(hamiltonian, tangent.bowl, (0.0, 0.0), [C * tangent.loss])
    return ways[0].action


def _outer(tangent, x):
    slope = x * tangent.curvatures
    return slope[:, :, None] * slope[:, None, :]


def miss(learning_rate):
    """Return ``ln(simulated/law)``."""
    return log_mean_time(learning_rate) - math.log(law(learning_rate).mean_time)


def test_simulated_times_tend_to_the_law():
    """Its relative error is of order ``η/B``: half the step, half of it."""
    allowed = 0.5 * abs(miss(COARSE)) + Z * math.hypot(0.5, 1.0) / math.sqrt(N_PATHS)
    assert abs(miss(FINE)) < allowed < 0.5


def test_the_slope_of_simulated_times_in_one_over_eta_is_the_action():
    """The prefactor's part, ``η^(1/2)``, is taken off."""
    steepness = 1.0 / FINE - 1.0 / COARSE
    rise = log_mean_time(FINE) - log_mean_time(COARSE)
    slope = (rise - 0.5 * math.log(FINE / COARSE)) / steepness
    error = Z * math.sqrt(2.0 / N_PATHS) / steepness
    # What is of the next order in the logarithm changes by no more than at the coarser step.
    error += abs(miss(COARSE)) / steepness
    assert abs(slope - law(FINE).action) < error
    # Negative control: normal noise of the same covariance has another action.
    assert abs(slope - normal_action()) > error


def test_what_is_not_rare_has_an_action_and_no_time():
    known = law(0.5)
    assert known.action == pytest.approx(law(FINE).action, rel=1e-6)
    assert known.mean_time is None
    assert "is below 3: the passage is no rare event" in known.refusal


@pytest.mark.parametrize(("stretch", "has_time"), [(1.02, False), (1.3, True)])
def test_a_level_that_costs_much_the_same_all_around_has_no_time(stretch, has_time):
    """Of a ring of samples both directions cost the same; stretched, one costs less."""
    angles = 2.0 * np.pi * np.arange(50) / 50
    ring = np.sqrt(2.0) * np.stack([np.cos(angles), stretch * np.sin(angles)])
    nearly = TangentModel.of_features(ring.repeat(2, axis=1), np.tile([1.0, -1.0], 50))
    (found,) = tangent_laws(nearly, learning_rate=0.1, batch_size=1, thresholds=(1.5,))
    assert found.exponent is not None
    assert found.exponent > 3.0
    assert (found.mean_time is not None) == has_time
    assert has_time or "all along the level" in found.refusal


def test_too_many_directions_are_refused_for_every_threshold():
    generator = np.random.default_rng(0)
    wide = TangentModel.of_features(
        generator.standard_normal((9, 100)), generator.standard_normal(100)
    )
    found = tangent_laws(wide, learning_rate=0.1, batch_size=1, thresholds=(1.1, 2.0))
    assert [one.threshold for one in found] == [1.1, 2.0]
    assert all(one.action is None and "at most 8" in one.refusal for one in found)
