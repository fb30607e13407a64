"""First passages of the full loss: read off correctly, censored, and the looks' bias bounded."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.data.own_data import dataset_from_tensors
from nn_bridge.measurements.replica_losses import ReplicaLosses, follow_losses, require_thresholds
from nn_bridge.measurements.threshold_passages import passage_exponent, threshold_passages
from nn_bridge.training.sgd import SgdSettings, full_loss


def regression(n_samples=200, n_dimensions=2, seed=0):
    """Return linear regression at its exact minimum: L = L* + ½ (θ − θ*)ᵀ H (θ − θ*)."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n_samples, n_dimensions)), rng.normal(size=(n_samples, 1))
    network = nn.Linear(n_dimensions, 1, bias=False).double()
    solution = np.linalg.lstsq(x, y, rcond=None)[0]
    with torch.no_grad():
        network.weight.copy_(torch.from_numpy(solution.T))
    return network, dataset_from_tensors("own", torch.from_numpy(x), torch.from_numpy(y))


def test_times_are_first_looks_at_or_above_the_threshold():
    record = ReplicaLosses(
        ratios=np.array([[1.0, 2.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.9], [1.0, 5.0, np.nan, np.nan]]),
        look_interval=0.5,
        look_every=1,
        initial_loss=0.1,
    )
    sample = record.passages(2.0)
    np.testing.assert_allclose(sample.times, [1.0, 2.0, 1.0])
    np.testing.assert_array_equal(sample.is_censored, [False, True, False])
    # Every second look is at t = 1 and 2, every fourth at t = 2: the first replica is missed.
    np.testing.assert_allclose(record.passages(2.0, every=2).times, [1.0, 2.0, 1.0])
    last = record.passages(2.0, every=4)
    np.testing.assert_allclose(last.times, [2.0, 2.0, 2.0])
    np.testing.assert_array_equal(last.is_censored, [True, True, False])


def test_a_record_holds_the_losses_of_runs_of_sgd():
    network, dataset = regression()
    record = follow_losses(
        network, dataset, SgdSettings(0.2, 1, seed=3),
        highest_threshold=1.5, n_replicas=6, max_steps=41, look_every=2,
    )  # fmt: skip
    assert record.look_interval == pytest.approx(0.4)
    assert record.initial_loss == pytest.approx(full_loss(network, dataset))
    assert record.ratios.shape[1] <= 20
    for row in record.ratios:
        left = np.flatnonzero(np.isnan(row))
        if left.size:
            # Above the threshold at an even look, and not seen again.
            assert left[0] % 2 == 0
            assert row[left[0] - 1] >= 1.5
            assert np.isnan(row[left[0] :]).all()
    assert np.nanmin(record.ratios) >= 1.0  # L* is the minimum


def every_step(n_replicas, n_steps=1600):
    """Return a record of every step of SGD in linear regression, by NumPy, with no end."""
    rng = np.random.default_rng(1)
    x, noise = rng.normal(size=(200, 2)), rng.normal(size=200)
    # Residuals at the minimum: what no combination of the columns can take away.
    residual = noise - x @ np.linalg.lstsq(x, noise, rcond=None)[0]
    rise = x.T @ x / np.square(residual).sum()
    away = np.zeros((n_replicas, 2))
    ratios = np.empty((n_steps, n_replicas))
    for step in range(n_steps):
        drawn = rng.integers(200, size=n_replicas)
        error = (x[drawn] * away).sum(axis=1) - residual[drawn]
        away -= 0.1 * error[:, None] * x[drawn]
        ratios[step] = 1 + (away @ rise * away).sum(axis=1)
    return ReplicaLosses(ratios.T, 0.1, 1, 0.1)


def looked_at(record, every, replicas=slice(None)):
    """Return the record as it would be with a look every so many steps."""
    ratios = record.ratios[replicas, every - 1 :: every]
    return ReplicaLosses(ratios, every * record.look_interval, every, record.initial_loss)


def test_the_bias_of_the_looks_is_bounded():
    record, thresholds = every_step(1600), [1.2, 1.3]
    point_estimates_too_low = bounds_too_low = n_groups = 0
    for group in range(0, 1600, 40):
        replicas = slice(group, group + 40)
        seen = looked_at(record, 8, replicas)
        for threshold, found in zip(thresholds, threshold_passages(seen, thresholds), strict=True):
            # The same replicas looked at after every step: what is too much is exact.
            first = looked_at(record, 1, replicas).passages(threshold)
            excess = found.passage.mean_time - first.times.mean()
            n_groups += 1
            bounds_too_low += not 0 <= excess <= found.look_bias
            sparser = seen.passages(threshold, 2).times.mean() - found.passage.mean_time
            # Negative control: what is added by one more halving, without the factor.
            point_estimates_too_low += excess > sparser
    assert n_groups == 80
    # 2.5 % and 4.4 standard errors of it; what is no bound fails that.
    limit = 0.025 + 0.077
    assert bounds_too_low / n_groups < limit < point_estimates_too_low / n_groups


def test_no_look_is_left_out_with_a_look_at_every_step():
    found = threshold_passages(looked_at(every_step(20), 1), [1.2])
    assert found[0].look_bias == 0.0


def test_a_single_look_has_no_bound():
    found = threshold_passages(looked_at(every_step(20, n_steps=8), 8), [1.001])
    assert np.isnan(found[0].look_bias)


def test_what_censored_replicas_miss_has_no_bound():
    ratios = np.ones((10, 8))
    ratios[:9, 3:] = 3.0
    assert np.isnan(threshold_passages(ReplicaLosses(ratios, 0.2, 2, 0.1), [2.0])[0].look_bias)


def test_no_passage_leaves_a_lower_bound():
    network, dataset = regression()
    record = follow_losses(
        network, dataset, SgdSettings(0.001, 50),
        highest_threshold=5.0, n_replicas=3, max_steps=8,
    )  # fmt: skip
    (found,) = threshold_passages(record, [5.0])
    assert (found.passage.n_events, found.passage.n_censored) == (0, 3)
    assert found.passage.is_lower_bound
    assert 0 < found.passage.interval.low < 8 * 0.001


def climbing(n_replicas=400, n_looks=8000):
    """Mean times 40 c^3, one replica's thresholds passed in order."""
    rng = np.random.default_rng(0)
    thresholds = [1.5, 2.0, 2.5]
    ratios = np.ones((n_replicas, n_looks))
    means = np.diff([0.0, *(40 * c**3 for c in thresholds)])
    for row in ratios:
        for c, time in zip(thresholds, np.cumsum(rng.exponential(means)), strict=True):
            row[min(int(time), n_looks - 1)] = c
    return ReplicaLosses(np.maximum.accumulate(ratios, axis=1), 1.0, 1, 1.0), thresholds


def test_the_exponent_is_that_of_the_times():
    record, thresholds = climbing()
    fit = passage_exponent(record, thresholds)
    assert 3.0 in fit.interval
    assert 4.0 not in fit.interval


def test_a_threshold_without_a_passage_counts_for_the_exponent():
    record, thresholds = climbing()
    without = passage_exponent(record, thresholds)
    with_row = passage_exponent(record, [*thresholds, 3.0])
    assert record.passages(3.0).n_events == 0
    assert with_row.exponent > without.exponent


def test_ctrl_c_keeps_the_looks_that_were_made():
    network, dataset = regression()

    def stop(on_their_way, so_far):
        if so_far.losses().ratios.shape == (2, 12):
            raise KeyboardInterrupt

    record = follow_losses(
        network, dataset, SgdSettings(0.1, 1),
        highest_threshold=50.0, n_replicas=2, max_steps=100, after_look=stop,
    )  # fmt: skip
    assert not record.is_complete
    assert record.ratios.shape == (2, 12)


def test_a_run_that_diverges_has_passed():
    network, dataset = regression()
    record = follow_losses(
        network, dataset, SgdSettings(1e200, 1),
        highest_threshold=2.0, n_replicas=2, max_steps=8,
    )  # fmt: skip
    assert record.passages(2.0).n_events == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"highest_threshold": 1.0}, "exceed 1"),
        ({"highest_threshold": np.inf}, "finite"),
        ({"max_steps": 1, "look_every": 2}, "max_steps"),
        ({"n_replicas": 0}, "n_replicas"),
    ],
)
def test_bad_input_is_refused(change, message):
    network, dataset = regression()
    settings = {"highest_threshold": 2.0, "n_replicas": 2, "max_steps": 4} | change
    with pytest.raises(InputError, match=message):
        follow_losses(network, dataset, SgdSettings(0.1, 1), **settings)


@pytest.mark.parametrize("thresholds", [[0.5, 1.02], [1.02, 1.02], [2.0, 1.5], [1.02, np.nan]])
def test_thresholds_that_cannot_be_are_refused(thresholds):
    with pytest.raises(InputError, match="thresholds must"):
        require_thresholds(thresholds)


def test_the_memory_goes_with_the_looks_made_and_not_with_those_allowed():
    network, dataset = regression()
    record = follow_losses(
        network, dataset, SgdSettings(0.5, 1),
        highest_threshold=1.01, n_replicas=4, max_steps=10**14,
    )  # fmt: skip
    assert record.ratios.shape[1] < 1000


def test_a_loss_of_zero_has_no_multiple():
    network, dataset = regression(n_samples=2)
    perfect = dataset_from_tensors("own", dataset.inputs, network(dataset.inputs).detach())
    with pytest.raises(InputError, match="is zero"):
        follow_losses(
            network, perfect, SgdSettings(0.1, 1), highest_threshold=2.0, n_replicas=2, max_steps=4
        )
