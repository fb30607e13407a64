"""Studies that mix direct simulation and splitting."""

from __future__ import annotations

import math

import pytest

from landscape_sim.comparison.escapes.families import QuarticFamily
from landscape_sim.comparison.escapes.run import run_study
from landscape_sim.comparison.escapes.study import Setting, Study, default_study
from landscape_sim.comparison.escapes.tables import rows, to_dataset
from landscape_sim.comparison.escapes.verdict import judge

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
    methods = [row["simulated_by"] for row in rows(mixed)]
    assert ["splitting" in method for method in methods] == [False, False, True, True]
    for row in rows(mixed):
        error = row["n_events"] ** -0.5
        deviation = abs(math.log(row["rate_simulated"] / row["rate_exact"]))
        assert deviation < Z * error
        assert row["rate_low"] < row["rate_simulated"] < row["rate_high"]
    assert rows(mixed)[-1]["rate_exact"] < 1e-9
    # Negative control: the other law, at the rarest escape, is far outside.
    last = rows(mixed)[-1]
    assert abs(math.log(last["rate_arrhenius"] / last["rate_simulated"])) > Z


def test_one_exponent_is_fitted_to_both_kinds(mixed):
    (verdict,) = judge(mixed)
    assert verdict.fit is not None
    assert verdict.exact is not None
    error = (verdict.fit.interval.high - verdict.fit.interval.low) / (2 * 1.96)
    assert abs(verdict.fit.exponent - verdict.exact) < Z * error
    assert verdict.laws is not None
    assert verdict.laws.favoured == "power law"


def test_rows_by_splitting_have_no_passage_times(mixed):
    times = to_dataset(mixed, judge(mixed))["first_passage_time"].isel(landscape=0, setting=0)
    assert times.isel(loss_ratio=0).notnull().all()
    assert times.isel(loss_ratio=-1).isnull().all()


def test_the_default_study_reaches_beyond_twenty_decades():
    rates = [case.formula.rate for case in run_study(without_simulation()).results.values()]
    assert max(rates) > 0.05
    assert min(rates) < 1e-20


def without_simulation():
    return default_study().model_copy(update={"methods": ("formula",)})
