"""A study in four dimensions: the formula's n/2 must show."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from landscape_sim import threads
from landscape_sim.comparison.escapes import run
from landscape_sim.comparison.escapes.case import cases
from landscape_sim.comparison.escapes.case_table import case_columns
from landscape_sim.comparison.escapes.families import SeparableFamily
from landscape_sim.comparison.escapes.result import StudyResult
from landscape_sim.comparison.escapes.run import run_study
from landscape_sim.comparison.escapes.setting import Setting
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.comparison.escapes.study_column import printed_columns
from landscape_sim.comparison.escapes.sweep_columns import SWEEP_COLUMNS
from landscape_sim.validation import InputError

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
    (verdict,) = four_dimensions.verdicts()
    assert verdict.fit is not None
    error = (verdict.fit.interval.high - verdict.fit.interval.low) / (2 * 1.96)
    allowed = 0.2 + Z * error
    assert abs(verdict.fit.exponent - verdict.predicted) < allowed
    # Negative control: without n/2 the exponent would be 2 larger.
    assert abs(verdict.fit.exponent - (verdict.predicted + 2)) > allowed


def test_escapes_follow_the_power_law_and_not_arrhenius(four_dimensions):
    (verdict,) = four_dimensions.verdicts()
    assert verdict.laws is not None
    assert verdict.laws.favoured == "power law"
    # Negative control: the same events with exposures that an Arrhenius law would need.
    for row in four_dimensions.rows():
        discrepancy = math.log(row["rate_arrhenius"] / row["rate_simulated"])
        assert abs(discrepancy) > Z / math.sqrt(row["n_events"])


def test_cases_have_seeds_of_their_own_and_keep_them(four_dimensions):
    seeds = [case.seed for case in cases(four_dimensions.study)]
    assert len(set(seeds)) == len(seeds)
    assert seeds == [case.seed for case in cases(four_dimensions.study)]


def test_default_study_is_as_large_as_promised():
    study = Study.default()
    assert len(cases(study)) == study.n_cases == 24
    assert len({setting.batch_size / setting.learning_rate for setting in study.settings}) == 2
    assert study.quick().n_paths == study.n_paths // 10


def test_dataset_names_dimensions_and_units(four_dimensions):
    dataset = four_dimensions.dataset()
    assert dict(dataset.sizes) == {"landscape": 1, "setting": 1, "loss_ratio": 4, "path": 1500}
    deviation = np.log(dataset["rate_simulated"] / dataset["rate_exact"])
    # Twice the bias of the step beside z standard errors.
    assert (np.abs(deviation) < 0.02 + Z / np.sqrt(dataset["n_events"])).all()
    for name in ("rate_formula", "rate_simulated", "first_passage_time"):
        assert "units" in dataset[name].attrs
        assert "long_name" in dataset[name].attrs
    censored = dataset["is_censored"].sum("path")
    np.testing.assert_array_equal(censored, dataset["n_censored"])


def test_an_interrupted_study_keeps_its_finished_cases(four_dimensions, monkeypatch):
    # A fast machine ends a case before the first of the usual reports.
    monkeypatch.setattr(threads, "_REPORT_SECONDS", 1e-4)
    seen = []

    def impatient(done, total, name):
        seen.append((done, total, name))
        if name.endswith("= 2.7"):
            raise KeyboardInterrupt

    result = run_study(four_dimensions.study, impatient)
    assert not result.is_complete
    assert len(result.cases) == 2
    # Progress is in paths, within cases too, and never goes back.
    done = [paths for paths, _, _ in seen]
    assert done == sorted(done)
    assert {total for _, total, _ in seen} == {4 * 1500}
    assert any(paths % 1500 for paths in done)
    assert seen[0][2] == "separable, isotropic, B/η = 10, L^s/L* = 1.5"
    whole, part = four_dimensions.rows(), result.rows()
    for row in (*whole, *part):
        del row["wall_seconds"]
    assert part == whole[:2]


def test_tables_of_pandas_have_the_columns_of_the_files(four_dimensions, tmp_path):
    folder = four_dimensions.save(tmp_path / "four")
    for name, table in (
        ("table", four_dimensions.table().drop(columns="wall_seconds")),
        ("exponents", four_dimensions.exponents()),
    ):
        stored = pd.read_csv(folder / f"{name}.csv")
        # Columns without a value are of another type when read back.
        pd.testing.assert_frame_equal(stored, table, check_dtype=False)
    with xr.open_dataset(folder / "results.nc", engine="h5netcdf") as dataset:
        assert dataset.equals(four_dimensions.dataset())
    assert Study.load(folder / "study.json") == four_dimensions.study
    assert json.loads((folder / "study.json").read_text())["is_complete"] is True
    names = {path.name for path in folder.glob("*.png")}
    assert names == {"rates.png", "survival-1-separable.png", "landscape-1-separable.png"}
    with pytest.raises(InputError, match="exists already"):
        four_dimensions.save(folder)


def test_every_column_is_where_its_entry_puts_it(four_dimensions):
    tables = (
        (
            case_columns(four_dimensions.study),
            "",
            four_dimensions.table(),
            four_dimensions.case_rows,
        ),
        (SWEEP_COLUMNS, "exponent_", four_dimensions.exponents(), four_dimensions.sweep_rows),
    )
    dataset = four_dimensions.dataset()
    for columns, prefix, table, rows in tables:
        assert list(table) == [column.name for column in columns if column.is_stored]
        for column in columns:
            assert column.name in rows[0]
            if column.units is not None:
                assert dataset[prefix + column.name].attrs["units"] == column.units
        printed = printed_columns(columns)
        assert len(printed) == len({column.printed.place for column in columns if column.printed})
        for column in printed:
            assert column.title(rows[0])
            assert column.cell(rows[0])


def test_a_case_that_is_refused_midway_keeps_those_before_it(four_dimensions, monkeypatch):
    first, second = cases(four_dimensions.study)[:2]
    run_case = run.run_case

    def refuse_the_second(case, progress, **settings):
        if case.index == second.index:
            raise InputError("too long")
        return run_case(case, progress, **settings)

    monkeypatch.setattr(run, "run_case", refuse_the_second)
    result = run_study(four_dimensions.study)
    assert [case.case.index for case in result.cases] == [first.index]
    assert not result.is_complete
    assert result.refusal == f"{second.name}: too long"


def test_paths_that_nobody_simulates_take_no_room():
    content = {
        "name": "formula",
        "landscapes": [{"landscape": "quartic", "barrier": 0.25}],
        "settings": [{"learning_rate": 0.1, "batch_size": 1}],
        "loss_ratios": [2.0],
        "n_paths": 20_000_000_000,
    }
    assert "first_passage_time" not in run_study(Study(**content, methods=["formula"])).dataset()
    with pytest.raises(InputError, match=r"20,000,000,000 paths in all needs .* lower n_paths"):
        run_study(Study(**content, methods=["simulate"]))


def test_rows_without_an_escape_have_no_verdict_and_no_warning():
    study = Study(
        name="none",
        landscapes=[{"landscape": "quartic", "barrier": 0.25}],
        settings=[{"learning_rate": 0.1, "batch_size": 1}],
        loss_ratios=[1.5, 2.0, 2.5],
        n_paths=3,
        max_mean_times=1e-6,
        methods=["formula", "exact", "simulate"],
    )
    result = run_study(study)
    assert [row["n_events"] for row in result.rows()] == [0, 0, 0]
    assert all(row["rate_low"] == 0.0 < row["rate_high"] for row in result.rows())
    (verdict,) = result.exponent_rows()
    assert verdict["fitted"] is None
    assert verdict["favoured"] is None
    for rows, columns in (
        (result.case_rows, result.case_columns),
        (result.sweep_rows, SWEEP_COLUMNS),
    ):
        cells = [column.cell(row) for row in rows for column in printed_columns(columns)]
        assert not any("nan" in cell for cell in cells)
