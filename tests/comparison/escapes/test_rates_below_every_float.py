"""Rates below the smallest float: tables, fits and figures go by their logarithms."""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from landscape_sim.comparison.escapes.run import run_study
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.comparison.escapes.study_column import printed_columns
from landscape_sim.results import Rate, RateInterval
from landscape_sim.validation import InputError

CONTENT = {
    "name": "u",
    "landscapes": [{"landscape": "quartic", "barrier": 0.25}],
    "learning_rates": [0.0002],
    "batch_sizes": [1],
    "loss_ratios": [2, 3, 5],
    "methods": ["formula", "exact"],
}


@pytest.fixture(scope="module")
def result():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return run_study(Study(**CONTENT))


def as_if_split(result, relative_error=0.1):
    """Return the study as if splitting had found the rates of Eq. (15)."""
    cases = []
    for case in result.cases:
        log_rate = case.case.power_law.log_rate
        interval = RateInterval.of_logs(log_rate - 0.2, log_rate + 0.2)
        rate = math.exp(log_rate)
        split = Rate(
            "splitting",
            log_rate,
            rate,
            None,
            interval,
            0.95,
            relative_standard_error=relative_error,
        )
        cases.append(replace(case, simulated=split))
    return replace(result, cases=tuple(cases))


def printed(result):
    columns = printed_columns(result.case_columns)
    return [{column.heading: column.cell(row) for column in columns} for row in result.case_rows]


def test_no_rate_is_shown_as_zero_and_json_has_every_logarithm(result):
    text = json.dumps(result.rows() + result.exponent_rows(), allow_nan=False)
    assert [row["log_rate_formula"] for row in json.loads(text)[:3]] == [
        case.case.power_law.log_rate for case in result.cases
    ]
    for row, cells in zip(result.rows(), printed(result), strict=True):
        assert row["rate_formula"] == row["rate_exact"] == 0.0
        assert row["log_rate_simulated"] is None
        # T = 0.0004: the first correction is of the order of some T.
        assert row["log_rate_exact"] == pytest.approx(row["log_rate_formula"], abs=1e-3)
        for heading, name in (("formula", "formula"), ("exact", "exact")):
            digits, exponent = cells[heading].split("e")
            shown = math.log(float(digits)) + int(exponent) * math.log(10.0)
            assert shown == pytest.approx(row[f"log_rate_{name}"], abs=1e-3)


def test_slopes_and_ratios_are_those_of_the_logarithms(result):
    (verdict,) = result.verdicts()
    assert verdict.exact == pytest.approx(verdict.predicted, rel=1e-5)
    split = as_if_split(result)
    (verdict,) = split.verdicts()
    assert verdict.fit is not None
    assert verdict.fit.exponent == pytest.approx(2500.5, rel=1e-9)
    assert verdict.laws is not None
    assert verdict.laws.favoured == "power law"
    for cells, row in zip(printed(split), split.case_rows, strict=True):
        assert cells["sim/formula"] == "1.000"
        exact = math.exp(row["log_rate_formula"] - row["log_rate_exact"])
        assert row["over_exact"] == pytest.approx(exact)
        assert "0.0" not in cells["simulated"]
        low, high = cells["{confidence_level:percent} interval"].split(" … ")
        assert low.split("e")[1] == high.split("e")[1] == cells["simulated"].split("e")[1]


def test_figures_have_decimal_logarithms(result, tmp_path):
    for study in (result, as_if_split(result)):
        axes = study.plot().axes[0]
        assert axes.get_yscale() == "linear"
        assert axes.get_ylabel().startswith(r"$\log_{10}$")
        low, high = axes.get_ylim()
        heights = study.dataset()["log_rate_formula"] / math.log(10.0)
        assert low < heights.min() < heights.max() < high
        np.testing.assert_allclose(axes.lines[0].get_ydata(), heights.to_numpy().ravel())
    folder = result.save(tmp_path / "u")
    with xr.open_dataset(folder / "results.nc", engine="h5netcdf") as dataset:
        assert dataset["log_rate_formula"].attrs["units"] == "1"
        assert dataset.equals(result.dataset())


def test_a_direct_simulation_of_them_is_refused_with_the_rate():
    study = Study(**CONTENT | {"methods": ["simulate"]})
    with pytest.raises(InputError, match=r"rate of about 4\.2e-754, some 1e758 path-steps"):
        run_study(study)


def test_ordinary_rates_are_printed_as_ever():
    (first, *_) = printed(run_study(Study(**CONTENT | {"learning_rates": [0.1]})))
    assert first["formula"] == "4.974e-03"
    assert first["simulated"] == "-"
