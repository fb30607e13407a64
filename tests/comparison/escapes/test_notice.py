"""What is said of a study before it begins: of what is left, by speeds that were measured."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import landscape_sim as ls
from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.escapes import plan as plans
from landscape_sim.comparison.escapes.notice import simulation_notice

RARE = {
    "name": "long",
    "landscapes": [
        {
            "landscape": "well",
            "formula": "0.3 + 0.5*(x**2 - 1)**2",
            "variables": "x",
            "n_paths": 20_000,
        }
    ],
    "temperatures": [0.1],
    "noises": ["constant"],
    "methods": ["simulate"],
}


@pytest.fixture
def speeds(monkeypatch):
    """Pretend that every kernel makes a million steps a second; note of which it was asked."""
    asked = []

    def measured(case, n_threads):
        asked.append((case.name, n_threads))
        return 1e6

    monkeypatch.setattr(plans, "_steps_a_second", measured)
    return asked


def test_a_long_study_of_constant_noise_is_told_by_the_measured_speed(speeds):
    plan = ls.plan_study(ls.Study(**RARE), n_threads=2)
    (steps,) = plan.steps
    # Of the landscape's own number of paths, and to one digit.
    assert steps == pytest.approx(20_000 / plan.cases[0].expected.rate / plan.cases[0].time_step)
    said = re.fullmatch(
        "about (.*) path-steps, some (.*) (years|days|hours) on 2 threads; splitting is for rare "
        "escapes",
        simulation_notice(plan),
    )
    assert float(said[1]) == pytest.approx(steps, rel=0.5)
    unit = {"years": 365.25 * 86400, "days": 86400, "hours": 3600}[said[3]]
    assert float(said[2]) * unit == pytest.approx(steps / 1e6, rel=0.5)
    assert len(speeds) == 1
    # The dry run says the same, and measures nothing again.
    assert plan.seconds == pytest.approx(steps / 1e6 + plan.seconds_of_planning)
    assert len(speeds) == 1


def test_workers_share_the_work(speeds):
    plan = ls.plan_study(ls.Study(**RARE), n_threads=1)
    one, many = (simulation_notice(plan, ls.Workers(n)) for n in (1, 1000))
    assert "on 1 worker;" in one
    assert "on 1000 workers;" in many
    assert one.split(" on ")[0] != many.split(" on ")[0]


def test_what_is_short_is_neither_said_nor_measured(speeds):
    for change in (
        {"methods": ["formula", "exact"]},
        {"methods": ["simulate", "splitting"]},
        {"temperatures": [0.5]},
    ):
        assert simulation_notice(ls.plan_study(ls.Study(**RARE | change), n_threads=2)) is None
    assert speeds == []


def test_only_what_is_left_is_said(speeds, tmp_path):
    study = ls.Study(**RARE | {"temperatures": [0.5, 0.1]})
    plan, store = ls.plan_study(study, n_threads=2), CaseStore(tmp_path)
    assert plan.left(store) is plan
    short = replace(plan, cases=plan.cases[:1])
    assert ls.run_study(short, store=store).is_complete
    left = plan.left(store)
    assert [case.setting.temperature for case in left.cases] == [0.1]
    assert simulation_notice(left) is not None


def test_a_plan_is_run_as_it_is():
    study = ls.Study(**RARE | {"temperatures": [0.4, 0.5], "methods": ["formula", "exact"]})
    planned = ls.run_study(ls.plan_study(study)).table()
    assert planned.equals(ls.run_study(study).table().assign(wall_seconds=planned["wall_seconds"]))
