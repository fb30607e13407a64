"""First passage to a level: against the exact exit times of diffusions, and the exact chain."""

from __future__ import annotations

import math

import numpy as np
import pytest

import landscape_sim as ls
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.exact.line.interval import interval_exit_time
from landscape_sim.large_deviations.covariance import CovarianceField
from landscape_sim.large_deviations.diffusion import diffusion_of_field
from landscape_sim.large_deviations.level_law import level_law
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


def test_normal_regression_is_arrhenius_in_the_loss():
    """``V = c − 1`` for normal inputs and labels; the data have finitely many, to some percent."""
    data = ls.gaussian_regression(dimension=1, n_samples=200_000, seed=0)
    hamiltonian = MiniBatchHamiltonian.of_rule(data, SGD(0.1, 1))
    (minimum,) = ls.find_critical_points(data.landscape)
    h, least = float(minimum.eigenvalues[0]), minimum.loss
    for ratio in (1.5, 2.0):
        end = minimum.position[0] + math.sqrt(2.0 * (ratio - 1.0) * least / h)
        law = level_law(hamiltonian, minimum.position[0], end)
        assert law.action == pytest.approx(ratio - 1.0, rel=0.05)
        # Negative control: the power law's exponent.
        assert abs(law.action / math.log(ratio) - 1.0) > 0.15
    with pytest.raises(InputError, match="only the exponent"):
        law.log_rate  # noqa: B018


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
