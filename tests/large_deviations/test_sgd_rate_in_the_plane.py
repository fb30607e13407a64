"""SGD with two parameters: instanton and prefactor against the exact transition kernel."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pytest

import landscape_sim as ls
from landscape_sim.large_deviations.covariance import CovarianceField
from landscape_sim.large_deviations.diffusion import diffusion_of_field
from landscape_sim.large_deviations.instanton import find_instantons
from landscape_sim.large_deviations.mini_batch import MiniBatchHamiltonian


def two_phases():
    """Return inputs around the circle, of which the second follows the first."""
    first = np.pi / 3 * np.arange(6)[:, None, None]
    second = first + np.pi / 6 * np.array([0, -2, 2, -3, 3])[:, None]
    parts = np.broadcast_arrays(first, second, np.array([-2.0, 2.0]))
    one, other, noise = (part.ravel() for part in parts)
    return ls.DataSet(
        ls.TwoPhaseModel(), np.stack([one, other]), np.sin(one) + np.sin(other) + noise
    )


DATA, EQUAL = two_phases(), np.full(60, 1 / 60)


@lru_cache
def log_exact(learning_rate):
    """Return the logarithm of the rate of leaving the well at zero for one of its neighbours."""
    reach = 2 * math.pi
    found = ls.plane_discrete_mean_first_passage_time(
        lambda x: (-learning_rate * DATA.sample_gradients(x).T, EQUAL),
        *((0.0, 0.0), ls.Outside((0.0, 0.0), reach), ((-reach, reach),) * 2),
    )
    return -math.log(learning_rate * found.mean_steps)


@pytest.mark.slow
def test_sgd_tends_to_its_law():
    whole = MiniBatchHamiltonian.of_rule(DATA, ls.SGD(0.1, batch_size=1))
    field = CovarianceField(lambda x: whole.spread(x, np.zeros_like(x)))
    gaussian = diffusion_of_field(DATA.landscape, field, 0.1)
    misses = []
    for hamiltonian in (whole, gaussian):
        (path,) = find_instantons(hamiltonian, (0.0, 0.0), (math.pi, 0.0))
        assert np.abs(path.path[:, 1]).max() > 0.05
        misses.append(
            [
                math.log(4.0) + path.log_prefactor - path.action / eta - log_exact(eta)
                for eta in (0.2, 0.1)
            ]
        )
    law, wrong = misses
    assert abs(law[1]) < 0.6 * abs(law[0]) < 0.06
    # Negative control: with two cumulants alone the miss grows.
    assert wrong[1] > wrong[0] > 0.5
