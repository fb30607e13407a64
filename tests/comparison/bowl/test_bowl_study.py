"""A small study of the stationary law: exponents, the transition at n_c = 4, and interruptions."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from matplotlib.figure import Figure

from landscape_sim.comparison.bowl import case as bowl_case
from landscape_sim.comparison.bowl import run as bowl_run
from landscape_sim.comparison.bowl.case import measure_transition, transition_duration
from landscape_sim.comparison.bowl.run import run_bowl_study
from landscape_sim.comparison.bowl.study import BowlStudy, ExponentIndex, exponent_indices
from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.landscapes import QuadraticBowl
from landscape_sim.validation import InputError

Z = 4.4  # false alarm 1.1e-5
SETTINGS = {
    "seed": 2,
    "curvature": 2.0,
    "floor": 0.5,
    "learning_rates": (0.5,),
    "batch_sizes": (1, 8),  # T = 1, where n_c = 4, and T = 1/8
    "dimensions": (1, 2),
    "transition_dimensions": (1, 2, 4, 6),
    "n_paths": 800,
    "n_samples": 50,
    "confidence_level": 1 - 1.1e-5,
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return CaseStore(tmp_path_factory.mktemp("cases"))


@pytest.fixture(scope="module")
def result(store):
    return run_bowl_study(BowlStudy(**SETTINGS), store=store)


def test_exponents_are_measured_where_the_mean_square_radius_is_finite(result):
    # n + 2 < 2/T holds at T = 1/8 only.
    assert exponent_indices(result.study) == [ExponentIndex(0, 1, 0), ExponentIndex(0, 1, 1)]
    assert result.is_complete


def test_intervals_hold_the_law_and_not_that_of_the_other_clock(result):
    rows = result.rows()
    assert [(row["dimension"], row["clock"]) for row in rows] == [
        (n, clock) for n in (1, 2) for clock in ("t", "tau")
    ]
    for row in rows:
        law = 9.0 if row["clock"] == "t" else 8.0
        assert row["exponent_predicted"] == pytest.approx(law)
        assert row["exponent_low"] <= law <= row["exponent_high"]
        other = 17.0 - law
        assert not row["exponent_low"] <= other <= row["exponent_high"]
        assert abs(row["step_error"]) < Z * row["step_error_standard_error"]


def test_the_loss_stays_below_the_critical_dimension_and_grows_above(result):
    rows = {row["dimension"]: row for row in result.transition_rows()}
    for n in (1, 2):
        row = rows[n]
        assert row["is_stable"]
        assert row["growth_low"] <= 0 <= row["growth_high"]
        assert row["median_low"] <= row["median_stationary"] <= row["median_high"]
    assert rows[4]["median_stationary"] is None
    assert rows[4]["growth_low"] > 0
    assert rows[6]["growth_predicted"] == pytest.approx(2.0 * (1.0 * 4 - 2))
    # The scheme's own rate is met; the wrong rate, of n_c one higher, is not.
    assert rows[6]["growth_low"] <= rows[6]["growth_discrete"] <= rows[6]["growth_high"]
    assert not rows[6]["growth_low"] <= 2.0 * (1.0 * 3 - 2) <= rows[6]["growth_high"]


def test_the_loss_does_not_overflow_however_far_above():
    temperature, bowl = 50.0, QuadraticBowl.isotropic(0.5, 2.0, 6)
    duration = transition_duration(2.0, temperature, 6)
    assert duration < transition_duration(2.0, 1.0, 6)
    far = measure_transition(
        bowl, temperature, duration=duration, n_paths=100, confidence_level=0.95, seed=0
    )
    assert 200 < far.quantiles[-1, 2] < math.log(np.finfo(float).max)


def test_dataset_holds_every_case_and_the_closed_forms(result):
    dataset = result.dataset()
    assert dict(dataset["exponent"].sizes) == {
        "learning_rate": 1,
        "batch_size": 2,
        "dimension": 2,
        "clock": 2,
    }
    assert dataset["exponent"].isel(batch_size=0).isnull().all()
    assert dataset["exponent"].isel(batch_size=1).notnull().all()
    case = dataset.isel(learning_rate=0, batch_size=1)
    error = case["radial_density_error"]
    # Bins that many paths have visited, where the scatter of the paths is near normal, and which
    # are narrow against the curvature of the density.
    visited = (case["radial_density"] > 20 * error) & (error > 0)
    deviation = abs(case["radial_density"] - case["radial_density_predicted"]) / error
    assert int(visited.sum()) > 30
    assert float(deviation.where(visited).median()) < 2
    assert dataset["log_loss_ratio"].dims == ("transition_dimension", "time", "quantile")
    assert np.all(np.diff(dataset["log_loss_ratio"].to_numpy(), axis=2) > 0)


def test_a_study_repeats_itself_and_another_seed_does_not(result):
    small = {**SETTINGS, "dimensions": (2,), "n_paths": 40, "transition_dimensions": (6,)}
    one, two, other = (
        run_bowl_study(BowlStudy(**{**small, "seed": seed})).rows() for seed in (5, 5, 6)
    )
    assert one == two
    assert one[0]["exponent"] != other[0]["exponent"]


def test_every_case_was_kept_when_it_was_finished(result, store):
    names = {json.loads(path.read_text())["case"] for path in store.folder.glob("cases/*.json")}
    assert {"exponents, n = 1, η = 0.5, B = 8", "transition, n = 6"} <= names
    assert (len(names), store.n_computed) == (6, 6)
    again = run_bowl_study(result.study, store=store)
    assert (store.n_found, store.n_computed) == (6, 6)
    assert again.dataset().identical(result.dataset())
    assert again.rows() == result.rows()


def test_interruption_keeps_what_is_finished(monkeypatch):
    calls = []

    def measure(*arguments, **settings):
        calls.append(settings["seed"])
        if len(calls) == 2:
            raise KeyboardInterrupt
        return bowl_case.measure_exponents(*arguments, **settings)

    monkeypatch.setattr(bowl_run, "measure_exponents", measure)
    study = BowlStudy(**{**SETTINGS, "n_paths": 40})
    cut = run_bowl_study(study)
    assert not cut.is_complete
    assert list(cut.exponents) == [ExponentIndex(0, 1, 0)]
    assert not cut.transition
    dataset = cut.dataset()
    assert dataset["exponent"].isel(batch_size=1, dimension=1).isnull().all()
    assert "time" not in dataset


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"curvature": -1.0}, "curvature"),
        ({"learning_rates": ()}, "learning_rates"),
        ({"batch_sizes": (1, 1)}, "twice"),
        ({"batch_sizes": (1,)}, "no exponent can be measured"),
        ({"dimensions": (65,)}, "dimensions.0"),
        ({"n_paths": 9}, "n_paths"),
        ({"seed": -1}, "seed"),
    ],
)
def test_refuses(change, message):
    with pytest.raises(InputError, match=message) as refusal:
        BowlStudy(**{**SETTINGS, **change})
    assert "\n" not in str(refusal.value)


def test_tables_are_the_rows_and_the_study_can_be_read_again(result, tmp_path):
    assert result.table()["exponent"].tolist() == [row["exponent"] for row in result.rows()]
    assert result.transition_table()["dimension"].tolist() == [1, 2, 4, 6]
    path = tmp_path / "study.json"
    path.write_text(result.study.model_dump_json())
    assert BowlStudy.load(path) == result.study


def test_is_drawn_on_axes_of_ones_own(result):
    for plot in (result.plot, result.plot_transition):
        panels = Figure().subplots(1, 3)
        assert plot(axes=panels) is panels[0].figure
        assert all(panel.lines for panel in panels)
