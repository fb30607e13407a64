"""Verdicts follow from intervals over runs."""

from __future__ import annotations

import pytest

from landscape_sim.estimators.mean_over_runs import mean_over_runs
from nn_bridge.paper.claims import at_least, compared, ordered, ratio_over_runs

RUNS = [0.9, 1.0, 1.1, 1.05, 0.95]


def test_a_number_inside_the_interval_is_not_rejected_and_one_outside_fails():
    found = mean_over_runs(RUNS)
    # Student's factor of four degrees of freedom, 2.776, times 0.0791/sqrt(5).
    assert (found.value, found.high - found.value) == (
        pytest.approx(1.0),
        pytest.approx(0.09815, rel=1e-3),
    )
    assert compared("a", 1.05, found).verdict == "not rejected"
    assert compared("a", 1.2, found).verdict == "fails"


def test_a_prediction_of_each_run_is_judged_by_the_differences():
    # Runs scatter by more than the prediction is off, in the same way each time.
    predicted = [value - 0.02 for value in RUNS]
    difference = mean_over_runs([0.0201, 0.0199, 0.02, 0.0202, 0.0198])
    found = compared("a", sum(predicted) / 5, mean_over_runs(RUNS), difference)
    assert found.predicted < found.low < found.measured < found.high
    assert found.verdict == "fails"
    # Negative control: the scatter of the runs alone would hide it.
    alone = compared("a", sum(predicted) / 5, mean_over_runs(RUNS))
    assert alone.low < alone.predicted < alone.high


def test_one_run_has_no_interval_and_no_verdict():
    found = compared("a", 2.0, mean_over_runs([1.0]))
    assert (found.low, found.high, found.verdict) == (None, None, "open")


def test_an_order_holds_fails_or_is_open():
    found = ratio_over_runs(RUNS)
    assert ordered("a", found, below=1.3).verdict == "holds"
    assert ordered("a", found, below=0.7).verdict == "fails"
    assert ordered("a", found, below=1.0).verdict == "open"


def test_a_lower_bound_can_fail_a_smaller_prediction_only():
    found = mean_over_runs(RUNS)
    assert at_least("a", 0.5, found).verdict == "fails"
    assert at_least("a", 5.0, found).verdict == "open"
    assert at_least("a", 5.0, found).high is None
