"""The learning rate raised until the loss jumps."""

from __future__ import annotations

import copy
import math

import pytest
import torch

from landscape_sim.validation import InputError
from nn_bridge.data.own_data import as_dataset
from nn_bridge.training.raised_rate import RaisedRun, Schedule, raise_learning_rate
from nn_bridge.training.sgd import SgdSettings


def test_descent_in_a_bowl_is_followed_step_by_step():
    # L = w²/2 and a batch of all: w → (1 − η) w, which grows from η = 2 on.
    network = torch.nn.Linear(1, 1, bias=False, dtype=torch.float64)
    data = as_dataset((torch.ones(2, 1, dtype=torch.float64), torch.zeros(2, 1).double()))
    torch.nn.init.constant_(network.weight, 1e-3)
    before = copy.deepcopy(network.state_dict())
    schedule = Schedule(1.5, 3.0, 31, 4)
    run = raise_learning_rate(network, data, SgdSettings(1.0, 2), schedule, jump=10.0)
    weight, batch_losses, at_ends = 1e-3, [], [1e-3]
    for eta in schedule.levels():
        seen = []
        for _ in range(4):
            seen.append(weight**2 / 2)
            weight *= 1 - eta
        batch_losses.append(sum(seen) / 4)
        at_ends.append(weight)
    assert run.batch_losses == pytest.approx(batch_losses, rel=1e-12)
    assert run.losses == pytest.approx([w**2 / 2 for w in at_ends[1:]], rel=1e-12)
    level = next(i for i, loss in enumerate(batch_losses) if loss >= 10 * batch_losses[0])
    assert run.transition(10.0) == (schedule.levels()[level - 1], schedule.levels()[level])
    assert schedule.levels()[level] > 2
    assert run.before["weight"].item() == pytest.approx(at_ends[level], rel=1e-12)
    assert torch.equal(network.weight, before["weight"])


def test_a_loss_that_diverges_ends_the_run_as_a_transition():
    network = torch.nn.Linear(1, 1, bias=False)
    data = as_dataset((torch.ones(2, 1), torch.zeros(2, 1)))
    run = raise_learning_rate(
        network, data, SgdSettings(1.0, 2), Schedule(0.1, 100.0, 4, 100), jump=3.0
    )
    assert math.isinf(run.batch_losses[-1])
    assert len(run.learning_rates) < 4
    assert run.transition(3.0) is not None


def test_no_jump_is_no_transition():
    run = RaisedRun((0.1, 0.2), (1.0, 2.0), (1.0, 2.0), None)
    assert run.transition(10.0) is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"first": 0.0}, "first must be a positive"),
        ({"first": 0.3, "last": 0.2}, "last must be above first"),
        ({"n_levels": 1}, "n_levels"),
        ({"n_levels": 10**14}, "n_levels must be at most 1000000, got 100000000000000"),
        ({"spacing": "square"}, "choose one of linear, geometric"),
    ],
)
def test_bad_schedules_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        Schedule(**settings)
