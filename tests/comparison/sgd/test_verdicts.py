"""The first sentence of a regression's report answers with the numbers of its tables."""

from __future__ import annotations

from landscape_sim.comparison.sgd.verdicts import (
    chain_verdict,
    passage_verdict,
    stationary_verdict,
)


def test_intervals_that_hold_the_exact_value_and_the_prediction_are_counted():
    row = {"fitted": 2.0, "low": 1.9, "high": None, "exact": 2.05, "predicted": 1.8}
    open_row = {**row, "exact": None, "predicted": 2.5}
    said = stationary_verdict([row, open_row, {**row, "fitted": None}])
    assert said.startswith("1 of 1 intervals of φ hold the exact value")
    assert "1 of 2 the prediction" in said
    assert said.endswith("φ is 0.8 to 1.11 of the prediction.")
    assert stationary_verdict([{**row, "fitted": None}]) == "No exponent φ could be fitted."


def test_slopes_stand_beside_what_is_predicted():
    slope = {"dimension": 1, "fitted": 9.0, "low": 8.0, "high": 10.0, "predicted": 9.5}
    far = {**slope, "dimension": 4, "predicted": 12.0}
    assert passage_verdict([], [slope, far]) == (
        "Slope of log mean time on log c: d = 1, 9.00 [8.00, 10.00], 9.50 predicted, not rejected; "
        "d = 4, 9.00 [8.00, 10.00], 12.00 predicted."
    )
    times = [{"mean_time": 3.0, "radial_decoupled": 2.0}, {"mean_time": None}]
    assert "1.5 of that of the radial solution" in passage_verdict(times, [])
    assert "no run has arrived" in passage_verdict(times[1:], [])


def test_the_link_that_changes_most_is_named():
    names = ("gaussian_noise", "small_learning_rate", "mean_gradient", "decoupling", "kramers")
    row = {f"link_{name}": 1.1 for name in names} | {"total": 0.5}
    slow, fast = {**row, "link_decoupling": 0.2}, {**row, "link_kramers": 4.0, "total": 2.0}
    said = chain_verdict([slow, slow, fast, {**row, **dict.fromkeys(row)}])
    assert said == (
        "SGD leaves at 0.5 to 2 of the formula's rate; what changes it most is decoupling in 2 "
        "of 4 cases; Kramers' formula in 1 of 4 cases."
    )
    assert chain_verdict([{"total": None}]).startswith("No case has both")
