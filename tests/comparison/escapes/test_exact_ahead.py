"""Exact rates of the last cases are found while the first are simulated: the same numbers."""

from __future__ import annotations

import threading

import pytest

from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.escapes import exact_ahead
from landscape_sim.comparison.escapes.answers import exact_answer
from landscape_sim.comparison.escapes.case import cases
from landscape_sim.comparison.escapes.run import run_study
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.memory import MemoryShortage


@pytest.fixture
def study():
    return Study(
        name="ahead",
        landscapes=[{"landscape": "quartic", "barrier": 0.25}],
        learning_rates=[0.1],
        batch_sizes=[1],
        loss_ratios=[1.5, 2, 3, 4],
        methods=["formula", "exact"],
    )


@pytest.fixture
def asked(monkeypatch):
    """Who was asked for which exact rate: the loss ratios, by the thread; one at a time."""
    asked = {"here": [], "ahead": []}
    here, goes_on = threading.get_ident(), threading.Event()

    def answer(case):
        if threading.get_ident() == here:
            asked["here"].append(case.loss_ratio)
        else:
            asked["ahead"].append(case.loss_ratio)
            goes_on.wait(10.0)
        return exact_answer(case)

    monkeypatch.setattr(exact_ahead, "exact_answer", answer)
    asked["goes on"] = goes_on
    return asked


def test_the_thread_begins_with_the_last_case_and_nothing_is_computed_twice(study, asked):
    pending = cases(study)
    with exact_ahead.answering_ahead(pending, None, 2) as exact:
        found = [exact(case) for case in pending[:3]]  # meanwhile the thread is with the last
        asked["goes on"].set()
        found.append(exact(pending[3]))
    assert asked["ahead"] == [4.0]
    assert asked["here"] == [1.5, 2.0, 3.0]
    assert [one.rate.rate for one in found] == [exact_answer(case).rate.rate for case in pending]


def test_what_the_thread_has_found_is_not_computed_again(study, asked):
    asked["goes on"].set()
    pending = cases(study)
    with exact_ahead.answering_ahead(pending, None, 2) as exact:
        exact(pending[3])
        found = [exact(case).rate.rate for case in pending]
    assert sorted(asked["ahead"] + asked["here"], key=float)[-1] == 4.0
    assert len(asked["ahead"] + asked["here"]) == len(pending)
    assert found == [exact_answer(case).rate.rate for case in pending]


def test_one_thread_does_everything_itself(study, asked):
    pending = cases(study)
    with exact_ahead.answering_ahead(pending, None, 1) as exact:
        for case in pending:
            exact(case)
    assert asked["ahead"] == []


def test_where_two_at_a_time_were_too_many_it_is_tried_alone(study, monkeypatch):
    here = threading.get_ident()

    def answer(case):
        if threading.get_ident() != here:
            raise MemoryShortage("no room")
        return exact_answer(case)

    monkeypatch.setattr(exact_ahead, "exact_answer", answer)
    result = run_study(study, n_threads=2)
    assert [case.exact.rate for case in result.cases] == [
        exact_answer(case).rate.rate for case in cases(study)
    ]


def test_what_the_store_has_is_not_computed(study, asked, tmp_path):
    asked["goes on"].set()
    first = run_study(study, store=CaseStore(tmp_path), n_threads=2)
    del asked["here"][:], asked["ahead"][:]
    again = run_study(study, store=CaseStore(tmp_path), n_threads=2)
    assert asked["here"] == asked["ahead"] == []
    assert again.rows() == first.rows()


def test_an_interrupted_study_begins_no_further_one(study, asked):
    with (
        pytest.raises(KeyboardInterrupt),
        exact_ahead.answering_ahead(cases(study), None, 2),
    ):
        raise KeyboardInterrupt
    asked["goes on"].set()
    assert asked["ahead"] in ([], [4.0])
