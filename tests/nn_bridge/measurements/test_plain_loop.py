"""An independent loop, NumPy alone and one run after another, has the same first-passage law."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp

from nn_bridge.data.own_data import as_dataset
from nn_bridge.measurements.replica_losses import follow_losses
from nn_bridge.training.networks import build_network
from nn_bridge.training.sgd import SgdSettings, descend

#: Of each comparison; the seeds are fixed.
FALSE_ALARMS = 1e-3
ETA, BATCH, THRESHOLD, RUNS, MAX_STEPS = 0.2, 3, 1.5, 200, 100


@pytest.fixture(scope="module")
def minimum():
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(24, 3, generator=generator, dtype=torch.float64)
    y = torch.sin(2 * x[:, :1]) + 0.3 * torch.randn(24, 1, generator=generator, dtype=torch.float64)
    dataset = as_dataset((x, y))
    network = build_network("mlp", hidden=(4,), n_inputs=3, dtype=torch.float64)
    descend(network, dataset, SgdSettings(0.1, 24), 300)
    return network, dataset


def plain_first_passages(network, dataset, eta, seed):
    """Return the steps of ``RUNS`` runs until L >= c L*; censored ones have MAX_STEPS."""
    x, y = dataset.inputs.numpy(), dataset.targets.numpy()[:, 0]
    start = [p.detach().numpy() for p in network.parameters()]

    def forward(weights, rows):
        hidden = x[rows] @ weights[0].T + weights[1]
        return hidden, np.maximum(hidden, 0) @ weights[2][0] + weights[3][0]

    def loss(weights):
        return np.mean((forward(weights, slice(None))[1] - y) ** 2) / 2

    rng, level, passed = np.random.default_rng(seed), THRESHOLD * loss(start), []
    for _ in range(RUNS):
        weights, order, step = [w.copy() for w in start], np.empty(0, dtype=int), 0
        while step < MAX_STEPS and (step == 0 or loss(weights) < level):
            if len(order) < BATCH:
                order = rng.permutation(len(x))
            rows, order, step = order[:BATCH], order[BATCH:], step + 1
            hidden, output = forward(weights, rows)
            residual = (output - y[rows]) / BATCH
            back = residual[:, None] * weights[2] * (hidden > 0)
            active = np.maximum(hidden, 0)
            slopes = (back.T @ x[rows], back.sum(0), (residual @ active)[None],
                      residual.sum(keepdims=True))  # fmt: skip
            for value, slope in zip(weights, slopes, strict=True):
                value -= eta * slope
        passed.append(step)
    return np.array(passed)


def replicas_first_passages(minimum, evaluation):
    network, dataset = minimum
    losses = follow_losses(
        network, dataset, SgdSettings(ETA, BATCH, seed=5), highest_threshold=THRESHOLD,
        n_replicas=RUNS, max_steps=MAX_STEPS, evaluation=evaluation,
    )  # fmt: skip
    return np.rint(losses.passages(THRESHOLD).times / ETA)


@pytest.mark.parametrize("evaluation", ["full", "incremental"])
def test_the_plain_loop_has_the_same_first_passage_law(minimum, evaluation):
    plain = plain_first_passages(*minimum, ETA, seed=7)
    replicas = replicas_first_passages(minimum, evaluation)
    assert (plain < MAX_STEPS).mean() > 0.5
    assert ks_2samp(plain, replicas).pvalue > FALSE_ALARMS


def test_another_learning_rate_is_told_apart(minimum):
    other = plain_first_passages(*minimum, 1.3 * ETA, seed=7)
    assert ks_2samp(other, replicas_first_passages(minimum, "full")).pvalue < FALSE_ALARMS
