"""A study in four dimensions, where nothing exact exists: the formula's n/2 must show."""

from __future__ import annotations

import math

import numpy as np
import pytest

from landscape_sim.comparison.escapes.run import StudyResult, cases, run_study
from landscape_sim.comparison.escapes.study import (
    SeparableFamily,
    Setting,
    Study,
    default_study,
    quick_study,
)
from landscape_sim.comparison.escapes.tables import rows, to_dataset
from landscape_sim.comparison.escapes.verdict import judge

Z = 4.4  # false alarm 1.1e-5


@pytest.fixture(scope="module")
def four_dimensions() -> StudyResult:
    return run_study(
        Study(
            name="four",
            seed=1,
            landscapes=(SeparableFamily(barrier=0.25, stiffness=(2.0, 2.0, 2.0)),),
            settings=(Setting(learning_rate=0.1, batch_size=1),),
            loss_ratios=(1.5, 2.0, 2.7, 3.6),
            n_paths=1500,
        )
    )


def test_fitted_exponent_holds_n_half(four_dimensions):
    """Eq. (15) is exact up to O(T): the exponent must be met within T + z standard errors."""
    (verdict,) = judge(four_dimensions)
    assert verdict.fit is not None
    error = (verdict.fit.interval.high - verdict.fit.interval.low) / (2 * 1.96)
    allowed = 0.2 + Z * error
    assert abs(verdict.fit.exponent - verdict.predicted) < allowed
    # Negative control: without n/2 the exponent would be 2 larger.
    assert abs(verdict.fit.exponent - (verdict.predicted + 2)) > allowed


def test_escapes_follow_the_power_law_and_not_arrhenius(four_dimensions):
    (verdict,) = judge(four_dimensions)
    assert verdict.laws is not None
    assert verdict.laws.favoured == "power law"
    # Negative control: the same events with exposures that an Arrhenius law would need.
    for row in rows(four_dimensions):
        discrepancy = math.log(row["rate_arrhenius"] / row["rate_simulated"])
        assert abs(discrepancy) > Z / math.sqrt(row["n_events"])


def test_cases_have_seeds_of_their_own_and_keep_them(four_dimensions):
    seeds = [case.seed for _, case in cases(four_dimensions.study)]
    assert len(set(seeds)) == len(seeds)
    assert seeds == [case.seed for _, case in cases(four_dimensions.study)]


def test_default_study_is_as_large_as_promised():
    study = default_study()
    everything = [case for _, case in cases(study)]
    assert len(everything) == 24
    assert len({setting.batch_size / setting.learning_rate for setting in study.settings}) == 2
    assert quick_study(study).n_paths == study.n_paths // 10


def test_dataset_names_dimensions_and_units(four_dimensions):
    dataset = to_dataset(four_dimensions, judge(four_dimensions))
    assert dict(dataset.sizes) == {"landscape": 1, "setting": 1, "loss_ratio": 4, "path": 1500}
    assert np.isnan(dataset["rate_exact"]).all()
    for name in ("rate_formula", "rate_simulated", "first_passage_time"):
        assert "units" in dataset[name].attrs
        assert "long_name" in dataset[name].attrs
    censored = dataset["is_censored"].sum("path")
    np.testing.assert_array_equal(censored, dataset["n_censored"])


def test_an_interrupted_study_keeps_its_finished_cases(four_dimensions):
    class Impatient:
        def __init__(self):
            self.n_finished = 0

        def case_started(self, label):
            if self.n_finished == 2:
                raise KeyboardInterrupt

        def paths_ended(self, n_paths):
            pass

        def case_finished(self):
            self.n_finished += 1

    result = run_study(four_dimensions.study, Impatient())
    assert not result.is_complete
    assert len(result.results) == 2
    whole, part = rows(four_dimensions), rows(result)
    for row in (*whole, *part):
        del row["wall_seconds"]
    assert part == whole[:2]
