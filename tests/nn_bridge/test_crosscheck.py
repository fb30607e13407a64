"""The cross-check: a valley's own passages are recognised, another's are not."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from landscape_sim.comparison.valley import isotropic_valley_passages
from landscape_sim.validation import InputError
from nn_bridge.crosscheck import (
    count_valleys,
    crosscheck_rows,
    matching_valleys,
    read_escape,
    to_dataset,
)

THRESHOLDS = [1.6, 2.4]
SGD = {"learning_rate": 0.05, "batch_size": 1.0}


def escape_of_a_valley(n=2, h=8.0):
    """Return a result as nn-bridge escape writes it, measured on an isotropic valley itself."""
    passages = isotropic_valley_passages(
        THRESHOLDS, loss=0.2, outlier_curvature=h, n_outliers=n, relative_tolerance=0.03,
        seed=5, **SGD,
    )  # fmt: skip
    mean = np.array([1 / passage.simulated.rate for passage in passages])
    return xr.Dataset(
        {
            "mean_time": ("threshold", mean),
            "time_low": ("threshold", 0.9 * mean),
            "time_high": ("threshold", 1.1 * mean),
            "look_bias": ("threshold", 0.01 * mean),
            "n_events": ("threshold", [40.0, 40.0]),
            "n_censored": ("threshold", [0.0, 0.0]),
            "eigenvalue": ("rank", [h, h, 1e-3]),
            "n_outliers": ("rule", [n, 1, n]),
            "outlier_curvature": ("rule", [h, 2 * h, h]),
        },
        coords={"threshold": THRESHOLDS, "rule": ["a", "wrong", "c"]},
        attrs={"initial_loss": 0.2, **SGD},
    )


@pytest.fixture(scope="module")
def checked():
    escape = escape_of_a_valley()
    return escape, matching_valleys(escape, n_curvatures=2, relative_error=0.03, seed=1)


def test_rules_that_agree_share_a_valley(checked):
    escape, valleys = checked
    assert count_valleys(escape) == len(valleys) == 3
    assert [valley.name for valley in valleys] == [
        "n = 1 (wrong)", "n = 2 (a, c)", "2 measured eigenvalues",
    ]  # fmt: skip


def test_the_right_valley_agrees_by_every_answer_and_the_wrong_one_does_not(checked):
    escape, valleys = checked
    rows = {(row["valley"], row["c"]): row for row in crosscheck_rows(escape, valleys)}
    for c in THRESHOLDS:
        right = rows["n = 2 (a, c)", c]
        # Both sides are known to 3 % each, one standard error; false alarm 1e-5 at 4.4 of them.
        tolerance = 4.4 * 0.03 * np.sqrt(2)
        assert right["network/valley"] == pytest.approx(1, abs=tolerance)
        assert right["simulated"] == pytest.approx(right["exact"], rel=4.4 * 0.03)
        one_by_one = rows["2 measured eigenvalues", c]
        assert one_by_one["exact"] is None
        assert one_by_one["network/valley"] == pytest.approx(1, abs=tolerance)
    # Negative control: another rule's valley is far off at the higher threshold.
    assert abs(np.log(rows["n = 1 (wrong)", 2.4]["network/valley"])) > tolerance


def test_the_dataset_has_valleys_and_network_on_one_axis(checked):
    escape, valleys = checked
    dataset = to_dataset(escape, valleys)
    assert dataset["exact"].dims == ("valley", "threshold")
    assert np.isnan(dataset["exact"].sel(valley="2 measured eigenvalues")).all()
    np.testing.assert_array_equal(dataset["mean_time"], escape["mean_time"])


def test_thresholds_without_a_passage_have_no_ratio(checked):
    escape, valleys = checked
    escape = escape.copy(deep=True)
    escape["mean_time"][1] = np.nan
    rows = crosscheck_rows(escape, valleys)
    assert {row["c"]: row["network/valley"] is None for row in rows} == {1.6: False, 2.4: True}


def test_what_is_no_escape_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        read_escape(tmp_path)
    xr.Dataset({"loss": ("epoch", [1.0])}).to_netcdf(tmp_path / "results.nc", engine="h5netcdf")
    with pytest.raises(InputError, match="another command"):
        read_escape(tmp_path)


def test_more_curvatures_than_were_measured_are_refused(checked):
    without_rules = checked[0].isel(rule=[], threshold=[0])
    with pytest.raises(InputError, match="more --eigenvalues"):
        matching_valleys(without_rules, n_curvatures=5)
