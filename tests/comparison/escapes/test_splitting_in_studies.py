"""Studies that mix direct simulation and splitting."""

from __future__ import annotations

import math

import pytest

from landscape_sim.comparison.escapes.families import QuarticFamily
from landscape_sim.comparison.escapes.run import run_study
from landscape_sim.comparison.escapes.setting import Setting
from landscape_sim.comparison.escapes.study import Study

Z = 4.4


@pytest.fixture(scope="module")
def mixed():
    return run_study(
        Study(
            name="mixed",
            seed=2,
            landscapes=(QuarticFamily(barrier=0.25),),
            settings=(Setting(learning_rate=0.05, batch_size=1),),
            loss_ratios=(1.5, 2.0, 4.0, 8.0),
            n_paths=400,
            max_direct_steps=5e8,
        )
    )


def test_what_is_too_dear_is_split_and_agrees_with_the_exact_rate(mixed):
    methods = [row["simulated_by"] for row in mixed.rows()]
    assert ["splitting" in method for method in methods] == [False, False, True, True]
    for row in mixed.rows():
        error = row["effective_events"] ** -0.5
        deviation = abs(math.log(row["rate_simulated"] / row["rate_exact"]))
        assert deviation < Z * error
        assert row["rate_low"] < row["rate_simulated"] < row["rate_high"]
    assert mixed.rows()[-1]["rate_exact"] < 1e-9
    # Negative control: the other law, at the rarest escape, is far outside.
    last = mixed.rows()[-1]
    assert abs(math.log(last["rate_arrhenius"] / last["rate_simulated"])) > Z


def test_one_exponent_is_fitted_to_both_kinds(mixed):
    (verdict,) = mixed.verdicts()
    assert verdict.fit is not None
    assert verdict.exact is not None
    error = (verdict.fit.interval.high - verdict.fit.interval.low) / (2 * 1.96)
    assert abs(verdict.fit.exponent - verdict.exact) < Z * error
    assert verdict.laws is not None
    assert verdict.laws.favoured == "power law"


def test_arrivals_of_splitting_are_not_counted_as_independent_escapes(mixed):
    for row in mixed.rows():
        is_split = "splitting" in row["simulated_by"]
        assert (row["n_events"] is None) == is_split
        assert (row["exposure"] is None) == (row["n_censored"] is None) == is_split
        assert is_split or row["effective_events"] == row["n_events"]
        # Splitting was asked for 10 %: a hundred independent escapes, give or take.
        assert row["effective_events"] > 50


def test_rows_by_splitting_have_no_passage_times(mixed):
    times = mixed.dataset()["first_passage_time"].isel(landscape=0, setting=0)
    assert times.isel(loss_ratio=0).notnull().all()
    assert times.isel(loss_ratio=-1).isnull().all()


def test_the_default_study_reaches_beyond_twenty_decades():
    study = Study.default().changed({"methods": ["formula"]})
    rates = [row["rate_formula"] for row in run_study(study).rows()]
    assert max(rates) > 0.05
    assert min(rates) < 1e-20
