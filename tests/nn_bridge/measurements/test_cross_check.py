"""The cross-check: a valley's own passages are recognised, another's are not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
import xarray as xr

from landscape_sim.comparison.network.valley import isotropic_valley_passages
from landscape_sim.validation import InputError
from nn_bridge.data.description import DataSpec
from nn_bridge.data.own_data import dataset_from_tensors
from nn_bridge.measurements.cross_check import read_escape
from nn_bridge.measurements.cross_check_rows import exponent_rows, nearest_valley, time_rows
from nn_bridge.measurements.cross_check_tables import CrossCheck
from nn_bridge.measurements.matching_valleys import count_valleys, matching_valleys, open_rules
from nn_bridge.results.provenance import Provenance

DATA = dataset_from_tensors("own", torch.zeros(3, 2), torch.zeros(3, 1))
PROVENANCE = Provenance(command="crosscheck", settings={}, data=DataSpec.of(DATA), seeds={})
THRESHOLDS = [1.6, 2.4]
SGD = {"learning_rate": 0.05, "batch_size": 1.0}


def escape_of_a_valley(n=2, h=8.0):
    """Return a result as nn-bridge escape writes it, measured on an isotropic valley itself."""
    passages = isotropic_valley_passages(
        THRESHOLDS, loss=0.2, outlier_curvature=h, n_outliers=n, relative_error=0.03,
        seed=5, **SGD,
    )  # fmt: skip
    mean = np.array([1 / passage.simulated.rate for passage in passages])
    return xr.Dataset(
        {
            "mean_time": ("threshold", mean),
            "time_low": ("threshold", 0.9 * mean),
            "time_high": ("threshold", 1.1 * mean),
            "look_bias": ("threshold", 0.01 * mean),
            "is_lower_bound": ("threshold", [0.0, 0.0]),
            "exponentiality": ("threshold", [0.5, 0.5]),
            "n_events": ("threshold", [40.0, 40.0]),
            "n_censored": ("threshold", [0.0, 0.0]),
            "eigenvalue": ("rank", [h, h, 1e-3]),
            "n_outliers": ("rule", [n, 1, n, 3]),
            "outlier_curvature": ("rule", [h, 2 * h, h, h]),
            "is_open": ("rule", [0, 0, 0, 1]),
        },
        coords={"threshold": THRESHOLDS, "rule": ["a", "wrong", "c", "open"]},
        attrs={
            "initial_loss": 0.2,
            "exponent": 3.0,
            "exponent_low": 2.5,
            "exponent_high": 3.5,
            **SGD,
            "independent_batch_size": SGD["batch_size"],
            "point": "minimum",
        },
    )


@pytest.fixture(scope="module")
def checked():
    escape = escape_of_a_valley()
    return escape, list(matching_valleys(escape, n_curvatures=2, relative_error=0.03, seed=1))


def test_rules_that_agree_share_a_valley(checked):
    escape, valleys = checked
    assert count_valleys(escape) == len(valleys) == 3
    assert [valley.name for valley in valleys] == [
        "n = 1 (wrong)", "n = 2 (a, c)", "2 measured eigenvalues",
    ]  # fmt: skip


def test_the_first_sentence_names_the_valley_that_is_nearest(checked):
    escape, (wrong, right, measured) = checked
    name, low, high, n_apart, n_compared = nearest_valley(
        time_rows(escape, (wrong, right, measured))
    )
    # Two simulations of the same valley, each with an error of 3 %.
    assert name in (right.name, measured.name)
    assert 0.8 < low <= high < 1.2
    assert (n_apart, n_compared) == (0, 2)
    found = CrossCheck(escape=escape, valleys=(wrong, right), provenance=PROVENANCE)
    assert found.sentences()[0].startswith(f"Nearest is the valley {right.name}: ")
    assert "the network's 3 [2.5, 3.5]" in found.sentences()[0]
    alone = CrossCheck(escape=escape, valleys=(wrong,), provenance=PROVENANCE)
    assert "apart at 2 of 2 thresholds" in alone.sentences()[0]
    none = CrossCheck(escape=escape, valleys=(), provenance=PROVENANCE)
    assert none.sentences()[0].startswith("No time of the network can be compared")


def test_a_rule_that_would_count_more_has_no_valley(checked):
    escape, valleys = checked
    assert open_rules(escape) == ["open"]
    assert all(valley.n_outliers < 3 for valley in valleys)


def test_exponents_are_slopes_over_the_same_thresholds(checked):
    escape, valleys = checked
    network, *rows = exponent_rows(escape, valleys)
    assert (network["measured"], network["low"], network["high"]) == (3.0, 2.5, 3.5)
    for row, valley in zip(rows, valleys, strict=True):
        for answer in ("formula", "exact", "simulated"):
            times = valley.times(answer)
            if None in times:
                assert row[answer] is None
                continue
            # Through two points a line is exact.
            slope = np.diff(np.log(times))[0] / np.diff(np.log(THRESHOLDS))[0]
            assert row[answer] == pytest.approx(slope)
    # The leading power law has the asymptotic exponent B/(ηh*) + 1 − n/2 everywhere.
    assert rows[1]["formula"] == pytest.approx(rows[1]["asymptotic"])
    assert rows[1]["asymptotic"] == pytest.approx(1 / (0.05 * 8.0))
    # At thresholds this low the exact solution is not on its asymptote.
    assert rows[1]["exact"] != pytest.approx(rows[1]["formula"], rel=0.05)


def test_a_slope_needs_every_threshold_with_a_passage(checked):
    escape, valleys = checked
    first, second = valleys[0].passages
    partial = dataclasses.replace(second, exact=None)
    valley = dataclasses.replace(valleys[0], passages=(first, partial))
    whole, broken = (exponent_rows(escape, [v])[1] for v in (valleys[0], valley))
    assert whole["exact"] is not None
    assert broken["exact"] is None
    assert broken["formula"] == whole["formula"]


def test_the_right_valley_agrees_by_every_answer_and_the_wrong_one_does_not(checked):
    escape, valleys = checked
    rows = {(row["valley"], row["c"]): row for row in time_rows(escape, valleys)}
    for c in THRESHOLDS:
        right = rows["n = 2 (a, c)", c]
        # Both sides are known to 3 % each, one standard error; false alarm 1e-5 at 4.4 of them.
        tolerance = 4.4 * 0.03 * np.sqrt(2)
        assert right["network/valley"] == pytest.approx(1, abs=tolerance)
        assert right["simulated"] == pytest.approx(right["exact"], rel=4.4 * 0.03)
        one_by_one = rows["2 measured eigenvalues", c]
        assert one_by_one["exact"] is None
        assert one_by_one["network/valley"] == pytest.approx(1, abs=tolerance)
        # Negative control: another rule's valley is far off.
        assert abs(np.log(rows["n = 1 (wrong)", c]["network/valley"])) > tolerance


def test_the_dataset_has_valleys_and_network_on_one_axis(checked):
    escape, valleys = checked
    result = CrossCheck(escape=escape, valleys=tuple(valleys), provenance=PROVENANCE)
    dataset = result.dataset()
    assert result.table()["valley"].nunique() == len(valleys)
    assert [axes.get_title() for axes in result.plot().axes] == ["own, N = 3, η = 0.05, B = 1"]
    assert dataset["exact"].dims == ("valley", "threshold")
    assert np.isnan(dataset["exact"].sel(valley="2 measured eigenvalues")).all()
    np.testing.assert_array_equal(dataset["mean_time"], escape["mean_time"])


def test_thresholds_without_a_passage_have_no_ratio(checked):
    escape, valleys = checked
    escape = escape.copy(deep=True)
    escape["mean_time"][1] = np.nan
    rows = time_rows(escape, valleys)
    assert {row["c"]: row["network/valley"] is None for row in rows} == {1.6: False, 2.4: True}


def test_what_is_no_escape_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        read_escape(tmp_path)
    xr.Dataset({"loss": ("epoch", [1.0])}).to_netcdf(tmp_path / "results.nc", engine="h5netcdf")
    with pytest.raises(InputError, match="another command or version"):
        read_escape(tmp_path)


def test_more_curvatures_than_were_measured_are_refused(checked):
    without_rules = checked[0].isel(rule=[], threshold=[0])
    # Before anything is simulated, though valleys come one by one.
    with pytest.raises(InputError, match="more n_eigenvalues"):
        matching_valleys(without_rules, n_curvatures=5)
