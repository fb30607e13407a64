"""The exponent of rows that share their replicas, and the coverage of its interval."""

from __future__ import annotations

import numpy as np
import pytest

from landscape_sim.estimators import fit_exponent
from landscape_sim.estimators.replica_exponent import fit_replica_exponent
from landscape_sim.validation import InputError

LEVELS = np.array([1.5, 1.75, 2.0, 2.5, 3.0])
LOG = np.log(LEVELS)
TRUE_EXPONENT = 3.0
N_DRAWS = 600


def climb(rng, n_replicas=40):
    """Times with the means c³, of replicas that pass one level after the other, regularly."""
    means = np.diff(LEVELS**TRUE_EXPONENT, prepend=0.0)
    return np.cumsum(rng.gamma(2.0, size=(n_replicas, LEVELS.size)) / 2.0 * means, axis=1).T


def kicks(rng, n_replicas=40):
    """Memoryless times: kicks of rate 1 that exceed c with probability c^−3 each, shared."""
    sizes = rng.random((n_replicas, 800)) ** (-1 / TRUE_EXPONENT)
    times = np.cumsum(rng.exponential(size=sizes.shape), axis=1)
    first = np.array([(sizes >= level).argmax(axis=1) for level in LEVELS])
    return times[np.arange(n_replicas), first]


def coverage(draw, end, fit):
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(N_DRAWS):
        times = draw(rng)
        hits += TRUE_EXPONENT in fit(LOG, np.minimum(times, end), times > end).interval
    return hits / N_DRAWS


def independent_rows(log_ratio, times, is_censored):
    return fit_exponent(log_ratio, (~is_censored).sum(axis=1), times.sum(axis=1))


# Censored at 8 some of the rows have a few passages; exposure is then right for kicks alone.
@pytest.mark.parametrize(("draw", "end"), [(climb, np.inf), (kicks, np.inf), (kicks, 8.0)])
def test_the_interval_covers_the_exponent(draw, end):
    # 4.4 standard errors of 0.95 in 600 draws are 0.039; the seed is fixed.
    assert coverage(draw, end, fit_replica_exponent) > 0.95 - 0.039


def test_rows_taken_for_independent_and_exponential_do_not():
    # Negative control: regular times scatter less than that, and the interval covers always.
    assert coverage(climb, np.inf, independent_rows) > 0.99


def test_it_is_the_exponent_of_the_poisson_regression_and_a_row_without_passage_counts():
    times = climb(np.random.default_rng(0))
    end = np.sort(times[-1])[0] * 0.99
    seen, is_censored = np.minimum(times, end), times > end
    assert is_censored[-1].all()
    fit = fit_replica_exponent(LOG, seen, is_censored)
    plain = independent_rows(LOG, seen, is_censored)
    assert (fit.exponent, fit.n_events) == (plain.exponent, plain.n_events)
    without = fit_replica_exponent(LOG[:-1], seen[:-1], is_censored[:-1])
    assert fit.exponent > without.exponent


@pytest.mark.parametrize("shape", [(5, 1), (5,)])
def test_one_replica_has_no_scatter(shape):
    with pytest.raises(InputError, match="two replicas"):
        fit_replica_exponent(LOG, np.ones(shape), np.zeros(shape, dtype=bool))
