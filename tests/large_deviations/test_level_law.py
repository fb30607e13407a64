"""First passage to a level: against the exact exit times of diffusions, and the exact chain."""

from __future__ import annotations

import math

import numpy as np
import pytest

import landscape_sim as ls
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.exact.line.interval import interval_exit_time
from landscape_sim.exact.update.transition import discrete_mean_first_passage_time
from landscape_sim.large_deviations import level_law as of_levels
from landscape_sim.large_deviations.covariance import CovarianceField
from landscape_sim.large_deviations.diffusion import diffusion_of_field
from landscape_sim.large_deviations.level_law import level_law
from landscape_sim.large_deviations.line_law import line_integrals
from landscape_sim.large_deviations.mini_batch import MiniBatchHamiltonian
from landscape_sim.validation import InputError

BOWL = ls.QuadraticBowl.isotropic(floor=1.0, curvature=1.0, dimension=1)


def strength(x):
    """Return a covariance that is not the loss."""
    return (1.0 + 0.3 * np.sin(x))[..., None]


def miss(epsilon):
    """Return ``ln(law/exact)`` for leaving ``(−1.2, 1)``, both sides."""
    hamiltonian = diffusion_of_field(BOWL, CovarianceField(strength), epsilon)
    sides = [level_law(hamiltonian, 0.0, end).log_rate for end in (-1.2, 1.0)]
    exact = interval_exit_time(
        lambda x: -x, lambda x: 0.5 * epsilon * strength(x[..., None])[..., 0, 0], 0.0, -1.2, 1.0
    )
    return float(np.logaddexp(*sides)) - math.log(exact.rate)


def test_diffusions_tend_to_it():
    first, second = miss(0.2), miss(0.1)
    assert abs(second) < 0.6 * abs(first) < 0.12
    # Negative control: half of it, the density at an end that does not absorb.
    assert abs(second - math.log(2.0)) > 0.5


def chain_miss(learning_rate):
    """Return ``ln(law/exact)`` for SGD on a data set to leave ``L < 1.3 L*``, both sides."""
    data = ls.gaussian_regression(dimension=1, n_samples=5000, seed=0)
    hamiltonian = MiniBatchHamiltonian.of_rule(data, SGD(learning_rate, 2))
    (minimum,) = ls.find_critical_points(data.landscape)
    centre = minimum.position[0]
    edge = math.sqrt(2.0 * 0.3 * minimum.loss / minimum.eigenvalues[0])
    laws = [level_law(hamiltonian, centre, centre + side * edge) for side in (-1.0, 1.0)]
    found = discrete_mean_first_passage_time(
        data.sgd_jumps(learning_rate), centre, centre - edge, centre + edge, batch_size=2
    )
    return float(np.logaddexp(*(law.log_rate for law in laws))) + math.log(
        learning_rate * found.mean_steps
    )


def test_chains_tend_to_it(monkeypatch):
    """What is left out falls with the step, as ``ε`` does or faster."""
    miss = [chain_miss(eta) for eta in (0.2, 0.05, 0.025)]
    assert abs(miss[0]) < 0.05
    # The exact chain is known to 2e-3 or better.
    assert max(map(abs, miss[1:])) < 0.5 * abs(miss[0]) + 2e-3
    # Negative control: every passage a first one.
    monkeypatch.setattr(of_levels, "log_first_passages", lambda *_: (0.0, 0.0))
    assert abs(chain_miss(0.025)) > 0.2


def test_kicks_of_few_values_leave_the_exponent():
    """All inputs 1, labels ±1: a walk on a lattice, whose last kick depends on where it is."""
    signs = np.tile([-1.0, 1.0], 50)
    data = ls.DataSet(ls.LinearModel(1), np.ones((1, 100)), signs)
    law = level_law(MiniBatchHamiltonian.of_rule(data, SGD(0.1, 1)), 0.0, 0.5)
    assert law.action > 0.0
    with pytest.raises(InputError, match="only the exponent"):
        law.log_rate  # noqa: B018


def test_normal_regression_is_arrhenius_in_the_loss():
    """``V = c − 1`` for normal inputs and labels; the data have finitely many, to some percent."""
    data = ls.gaussian_regression(dimension=1, n_samples=50_000, seed=0)
    hamiltonian = MiniBatchHamiltonian.of_rule(data, SGD(0.1, 1))
    (minimum,) = ls.find_critical_points(data.landscape)
    end = minimum.position[0] + math.sqrt(2.0 * minimum.loss / minimum.eigenvalues[0])
    action, *_ = line_integrals(hamiltonian, minimum.position[0], end)  # to c = 2
    assert action == pytest.approx(1.0, rel=0.05)
    # Negative control: the power law's exponent.
    assert abs(action / math.log(2.0) - 1.0) > 0.15


@pytest.mark.parametrize(
    ("minimum", "end", "message"),
    [(0.0, 0.0, "lead back"), (0.5, 1.0, "lead back"), (1.0, 0.0, "lead back")],
)
def test_refusals(minimum, end, message):
    hamiltonian = diffusion_of_field(
        ls.from_catalogue("quartic").landscape, CovarianceField(strength), 0.1
    )
    with pytest.raises(InputError, match=message):
        level_law(hamiltonian, minimum, end)
