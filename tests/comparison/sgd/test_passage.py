"""Section 5.3 (ii): passages to a level of the loss, and the slopes of their times."""

from __future__ import annotations

import math

import numpy as np
import pytest

from landscape_sim.comparison.sgd.passage_slopes import passage_slopes
from landscape_sim.comparison.sgd.run import run_sgd_study
from landscape_sim.comparison.sgd.study import PassageStudy
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.ensembles.sgd import simulate_sgd_first_passage
from landscape_sim.estimators import estimate_rate, fit_exponent
from landscape_sim.exact.update.transition import discrete_mean_first_passage_time
from landscape_sim.models import LossLevel, gaussian_regression
from landscape_sim.validation import InputError

NAMES = ("exact_chain", "radial_decoupled", "radial_exact_noise", "law", "law_of_data")


def test_simulated_passages_of_a_regression_take_the_exact_time():
    data = gaussian_regression(dimension=1, n_samples=500, seed=3)
    landscape, (centre,) = data.landscape, data.landscape.centre
    edge = math.sqrt(2 * 1.0 * landscape.floor / landscape.moments[0][0])
    level = LossLevel.of_ratio(landscape, 2.0, landscape.floor)
    found = simulate_sgd_first_passage(
        *(data, SGD(0.3, 1), (centre,), level), n_paths=2000, max_time=1e5, seed=4
    )

    def deviation(eta):
        exact = 0.3 * (
            discrete_mean_first_passage_time(
                data.sgd_jumps(eta),
                *(centre, centre - edge, centre + edge),
                n_nodes=200,
            ).mean_steps
        )
        return (found.times.mean() - exact) / (found.times.std() / math.sqrt(found.times.size))

    assert found.n_censored == 0
    assert abs(deviation(0.3)) < 4.4
    # Negative control: a learning rate that is 5 % larger.
    assert abs(deviation(0.315)) > 4.4


def test_passages_count_the_censored_and_give_slopes():
    study = PassageStudy(
        data_samples=500,
        dimensions=(1, 2),
        loss_ratios=(1.5, 2.0, 2.5),
        slope_from=1.5,
        max_time=300.0,
        n_paths=60,
    )
    rows = run_sgd_study(study).rows()
    assert len(rows) == 6
    assert all(row["n_events"] + row["n_censored"] == 60 for row in rows)
    assert any(row["n_censored"] for row in rows)
    slopes = passage_slopes(study, rows)
    assert [slope["dimension"] for slope in slopes] == [1, 2]
    # The curvature is that of the data, as in the stationary study: B/(η h*) + 1 − n/2.
    h = gaussian_regression(dimension=1, n_samples=500, seed=0).landscape.moments[0][0]
    assert slopes[0]["predicted"] == pytest.approx(1 / (0.1 * h) + 0.5)
    assert slopes[1]["low"] < slopes[1]["fitted"] < slopes[1]["high"]


def test_intervals_of_mean_times_use_the_exposure():
    data = gaussian_regression(dimension=1, n_samples=500, seed=0)
    level = LossLevel.of_ratio(data.landscape, 2.0, data.landscape.floor)
    found = simulate_sgd_first_passage(
        *(data, SGD(0.3, 1), data.landscape.centre, level), n_paths=200, max_time=15.0, seed=0
    )
    assert found.n_censored > 20
    rate = estimate_rate(found)
    assert rate.exposure == pytest.approx(found.times.sum())


def test_a_level_that_no_run_reached_counts_in_the_slope():
    """Rows as of ``κ ∝ c^−8``; at the last level the exposure is long and no run arrived."""
    study = PassageStudy(dimensions=(2,), loss_ratios=(1.6, 2.0, 2.5, 3.0), slope_from=1.6)
    rows = [
        {
            "dimension": 2,
            "loss_ratio": ratio,
            "outlier_curvature": 1.0,
            "n_events": events,
            "n_censored": 100 - events,
            "exposure": exposure,
            **{f"log_{name}": 8.0 * math.log(ratio) for name in NAMES},
        }
        for ratio, events, exposure in (
            (1.6, 100, 4e3),
            (2.0, 90, 2e4),
            (2.5, 20, 4e4),
            (3.0, 0, 9e4),
        )
    ]
    (slope,) = passage_slopes(study, rows)
    log_ratio = np.log([row["loss_ratio"] for row in rows])
    events, exposure = ([row[name] for row in rows] for name in ("n_events", "exposure"))
    every = fit_exponent(log_ratio, events, exposure)
    without = fit_exponent(log_ratio[:-1], events[:-1], exposure[:-1])
    assert slope["fitted"] == every.exponent
    assert every.exponent > without.exponent + 0.1
    assert (slope["to_ratio"], slope["n_censored"]) == (3.0, 190)
    assert all(slope[name] == pytest.approx(8.0) for name in NAMES)
    # The misfit is said beside the slope: χ² of two degrees of freedom has P(> x) = e^{−x/2}.
    assert slope["degrees_of_freedom"] == 2
    assert slope["p_value"] == pytest.approx(math.exp(-slope["deviance"] / 2))


def test_a_slope_that_the_counts_leave_open_has_a_reason():
    study = PassageStudy(dimensions=(1,), loss_ratios=(1.2, 3.0), slope_from=1.1)
    rows = [
        {
            "dimension": 1,
            "loss_ratio": ratio,
            "outlier_curvature": 1.0,
            "n_events": events,
            "n_censored": 10 - events,
            "exposure": 100.0,
            **{f"log_{name}": math.log(ratio) for name in NAMES},
        }
        for ratio, events in ((1.2, 10), (3.0, 0))
    ]
    (slope,) = passage_slopes(study, rows)
    assert slope["fitted"] is None
    assert "one end" in slope["refusals"]


def test_what_a_solver_refuses_is_none_with_its_reason():
    study = PassageStudy(
        data_samples=300, dimensions=(1,), loss_ratios=(1.5, 1e12), n_paths=5, max_time=20.0
    )
    near, far = run_sgd_study(study).rows()
    assert near["refusals"] is None
    assert near["exact_chain_error"] < 0.01 * near["exact_chain"]
    assert far["exact_chain"] is None
    assert "no exact chain" in far["refusals"]
    assert far["n_censored"] == 5


def test_the_exact_chain_has_the_slope_of_sgd():
    study = PassageStudy(
        data_samples=2000,
        dimensions=(1,),
        loss_ratios=(1.3, 1.5, 1.7),
        slope_from=1.2,
        learning_rate=0.2,
        n_paths=2000,
        max_time=1e5,
    )
    rows = run_sgd_study(study).rows()
    (slope,) = passage_slopes(study, rows)
    # Memoryless times: the interval, at 95 %, is 1.96 errors to either side; three errors.
    width = (slope["high"] - slope["low"]) / (2 * 1.96)
    assert abs(slope["fitted"] - slope["exact_chain"]) < 3 * width
    # Negative control: the slope of the radial solution with the exact covariance.
    assert abs(slope["fitted"] - slope["radial_exact_noise"]) > 3 * width
    assert all(0.5 < row["variation"] < 1.1 for row in rows)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (lambda: run_sgd_study(PassageStudy(loss_ratios=(1.5, 0.8))), "c = 0.8"),
        (lambda: run_sgd_study(PassageStudy(loss_ratios=(0.8,))), "above the loss L"),
        (lambda: run_sgd_study(PassageStudy(learning_rate=2.5)), "2/h"),
        (lambda: run_sgd_study(PassageStudy(dimensions=(30,), data_samples=20)), "d = 30"),
    ],
)
def test_refuses_in_one_line(run, message):
    with pytest.raises(InputError, match=message) as refusal:
        run()
    assert "\n" not in str(refusal.value)
