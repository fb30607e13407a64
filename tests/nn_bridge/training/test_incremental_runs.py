"""Losses that are brought up to date are those of a full evaluation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.data.own_data import as_dataset
from nn_bridge.training.incremental_runs import IncrementalRuns
from nn_bridge.training.networks import build_network
from nn_bridge.training.parallel_runs import ParallelRuns
from nn_bridge.training.sgd import SgdSettings


def problem(hidden, n_outputs, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(40, 7, generator=generator, dtype=dtype)
    y = torch.randn(40, n_outputs, generator=generator, dtype=dtype)
    network = build_network("mlp", hidden=hidden, n_inputs=7, n_outputs=n_outputs, dtype=dtype)
    return network, as_dataset((x, y))


@pytest.mark.parametrize(("hidden", "n_outputs"), [((5,), 1), ((6, 4), 2)])
def test_the_losses_are_those_of_a_full_evaluation(hidden, n_outputs):
    network, dataset = problem(hidden, n_outputs)
    settings = SgdSettings(0.05, 6, seed=3)
    runs = [kind(network, dataset, settings, 5) for kind in (ParallelRuns, IncrementalRuns)]
    # Looks after one step and after several, over the end of an epoch, and with replicas gone.
    for step in range(1, 21):
        for run in runs:
            run.step()
        if step in (1, 2, 5, 6, 7, 13, 20):
            full, updated = (run.full_losses() for run in runs)
            np.testing.assert_allclose(updated, full, rtol=1e-13)
        if step == 10:
            for run in runs:
                run.keep(np.array([True, False, True, True, False]))
            assert [run.numbers.tolist() for run in runs] == [[0, 2, 3]] * 2


def test_single_precision_drifts_by_rounding_alone():
    network, dataset = problem((5,), 1, torch.float32)
    settings = SgdSettings(0.02, 1, seed=1)
    full, updated = (
        kind(network, dataset, settings, 3) for kind in (ParallelRuns, IncrementalRuns)
    )
    for _ in range(39):  # one step short of the evaluation that ends an epoch
        full.step()
        updated.step()
        found = updated.full_losses()
    # Each of 39 updates and of the 7 + 5 sums of a full evaluation rounds by 6e-8.
    np.testing.assert_allclose(found, full.full_losses(), rtol=2 * (39 + 12) * 6e-8)


@pytest.mark.parametrize(
    "network",
    [
        nn.Sequential(nn.Linear(7, 3, bias=False), nn.ReLU(), nn.Linear(3, 1)),
        nn.Sequential(nn.Linear(7, 3), nn.Tanh(), nn.Linear(3, 1)),
        nn.Sequential(nn.Linear(7, 3), nn.Linear(3, 1)),
        nn.Linear(7, 1),
    ],
)
def test_other_networks_are_refused(network):
    _, dataset = problem((5,), 1)
    with pytest.raises(InputError, match="use the full evaluation"):
        IncrementalRuns(network.double(), dataset, SgdSettings(0.1, 2), 2)
