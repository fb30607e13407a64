"""First passages of the full loss: read off correctly, censored, and the looks' bias bounded."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.data import dataset_from_tensors
from nn_bridge.escape import LossRecord, passage_exponent, record_losses, threshold_passages
from nn_bridge.training import SgdSettings, full_loss


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
    record = LossRecord(
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


def test_a_record_holds_the_losses_of_runs_of_sgd(monkeypatch):
    network, dataset = regression()
    record = record_losses(
        network, dataset, SgdSettings(0.2, 1, seed=3),
        highest_threshold=1.5, n_replicas=6, max_steps=41, look_every=2,
    )  # fmt: skip
    assert record.look_interval == pytest.approx(0.4)
    assert record.initial_loss == pytest.approx(full_loss(network, dataset))
    assert record.ratios.shape[1] <= 20
    for row in record.ratios:
        left = np.flatnonzero(np.isnan(row))
        if left.size:
            # Above the threshold at a fourth look, and not seen again.
            assert left[0] % 4 == 0
            assert row[left[0] - 1] >= 1.5
            assert np.isnan(row[left[0] :]).all()
    assert np.nanmin(record.ratios) >= 1.0  # L* is the minimum


def mean_times(look_every, seed):
    network, dataset = regression()
    record = record_losses(
        network, dataset, SgdSettings(0.1, 1, seed=seed),
        highest_threshold=1.3, n_replicas=200, max_steps=2000, look_every=look_every,
    )  # fmt: skip
    return threshold_passages(record, [1.2, 1.3])


def test_the_bias_of_the_looks_is_bounded():
    truth, seen = mean_times(1, seed=1), mean_times(8, seed=2)
    for every_step, every_eighth in zip(truth, seen, strict=True):
        excess = every_eighth.mean_time - every_step.mean_time
        error = np.hypot(
            every_eighth.mean_time / every_eighth.rate.n_events**0.5,
            every_step.mean_time / every_step.rate.n_events**0.5,
        )
        # Passages are about exponential, hence the error; false alarm 1e-5 at 4.4 of them.
        assert excess < every_eighth.look_bias + 4.4 * error
        assert every_step.look_bias == 0.0
        # Negative control: the bias is there, and no bound would be too small.
        assert excess > 4.4 * error


def test_no_passage_leaves_an_upper_bound_on_the_rate():
    network, dataset = regression()
    record = record_losses(
        network, dataset, SgdSettings(0.001, 50),
        highest_threshold=5.0, n_replicas=3, max_steps=8,
    )  # fmt: skip
    (passage,) = threshold_passages(record, [5.0])
    assert passage.rate.n_events == 0
    assert passage.rate.n_censored == 3
    assert passage.rate.interval.high > 0
    assert np.isnan(passage.mean_time)


def test_the_exponent_is_that_of_the_times_and_its_interval_resamples_replicas():
    rng = np.random.default_rng(0)
    # Mean times 40 c^3, one replica's thresholds passed in order.
    n_looks, thresholds = 8000, [1.5, 2.0, 2.5]
    ratios = np.ones((400, n_looks))
    means = np.diff([0.0, *(40 * c**3 for c in thresholds)])
    for row in ratios:
        for c, time in zip(thresholds, np.cumsum(rng.exponential(means)), strict=True):
            row[min(int(time), n_looks - 1)] = c
    record = LossRecord(np.maximum.accumulate(ratios, axis=1), 1.0, 1, 1.0)
    exponent, interval = passage_exponent(record, thresholds)
    assert 3.0 in interval
    assert exponent in interval
    assert 4.0 not in interval


def test_ctrl_c_keeps_the_looks_that_were_made(monkeypatch):
    network, dataset = regression()

    def stop(steps, on_their_way):
        if steps == 12:
            raise KeyboardInterrupt

    record = record_losses(
        network, dataset, SgdSettings(0.1, 1),
        highest_threshold=50.0, n_replicas=2, max_steps=100, after_look=stop,
    )  # fmt: skip
    assert not record.is_complete
    assert record.ratios.shape == (2, 12)


def test_a_run_that_diverges_has_passed():
    network, dataset = regression()
    record = record_losses(
        network, dataset, SgdSettings(1e200, 1),
        highest_threshold=2.0, n_replicas=2, max_steps=8,
    )  # fmt: skip
    assert record.passages(2.0).n_events == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"highest_threshold": 1.0}, "exceed 1"),
        ({"max_steps": 1, "look_every": 2}, "max_steps"),
        ({"n_replicas": 0}, "n_replicas"),
    ],
)
def test_bad_input_is_refused(change, message):
    network, dataset = regression()
    settings = {"highest_threshold": 2.0, "n_replicas": 2, "max_steps": 4} | change
    with pytest.raises(InputError, match=message):
        record_losses(network, dataset, SgdSettings(0.1, 1), **settings)


def test_a_loss_of_zero_has_no_multiple():
    network, dataset = regression(n_samples=2)
    perfect = dataset_from_tensors("own", dataset.inputs, network(dataset.inputs).detach())
    with pytest.raises(InputError, match="is zero"):
        record_losses(
            network, perfect, SgdSettings(0.1, 1), highest_threshold=2.0, n_replicas=2, max_steps=4
        )
