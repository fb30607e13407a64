"""What a direct simulation will cost, against what it does cost."""

from __future__ import annotations

import math

import pytest

import landscape_sim as ls
from landscape_sim.escape.cost import cost_notice, simulation_notice

WELL = ls.QuarticDoubleWell.from_loss_ratio(5.0, 1.0)
PLANE = ls.SeparableDoubleWell.from_loss_ratio(5.0, 1.0, (8.0,))


def test_the_estimate_is_what_a_simulation_takes(monkeypatch):
    told = []
    monkeypatch.setattr("landscape_sim.escape.cost.cost_notice", lambda *cost: told.append(cost))
    escape = ls.Escape(WELL, temperature=0.4)
    simulation_notice(escape, relative_error=0.1)
    ((log_steps, dimension),) = told
    assert dimension == 1
    # Pilot and further refinements come on top.
    steps = escape.simulate(relative_error=0.1).path_steps
    assert 0.5 * steps < math.exp(log_steps) < 1.5 * steps


@pytest.mark.parametrize("well", [WELL, PLANE])
def test_what_takes_long_is_said_and_what_is_short_or_refused_is_not(well):
    rare = ls.Escape(well, temperature=0.12)
    assert "splitting is for rare" in simulation_notice(rare, max_path_steps=1e20)
    assert simulation_notice(rare, max_path_steps=1e9) is None
    assert simulation_notice(ls.Escape(well, temperature=0.5)) is None


def test_however_long_it_is_one_line():
    # 2e1002 steps at 4e8 a second are 5e993 s, and a year has 3e7 s.
    told = cost_notice(math.log(2.0) + 1002 * math.log(10.0), 1, 1)
    assert told.startswith("about 2e+1002 path-steps, some 2e+986 years on 1 thread;")
