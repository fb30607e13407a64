"""``landscape-sim`` through its real entry point."""

from __future__ import annotations

import csv
import json
import signal

import numpy as np
import pytest
import xarray as xr
from live_progress import SHOWN, wait_for_progress

SMALL = {
    "name": "small",
    "seed": 5,
    "landscapes": [
        {"landscape": "quartic", "barrier": 0.25},
        {"landscape": "tilted", "barrier": 0.25, "tilt": 0.2},
    ],
    "settings": [{"learning_rate": 0.1, "batch_size": 1}],
    "loss_ratios": [1.5, 2.0, 2.5],
    "n_paths": 200,
}
FILES = {"study.json", "table.csv", "timings.csv", "exponents.csv", "results.nc", "report.html"}
ROW_KEYS = [
    "landscape",
    "dimension",
    "learning_rate",
    "batch_size",
    "loss_ratio",
    "rate_formula",
    "rate_exact",
    "rate_simulated",
    "rate_low",
    "rate_high",
    "confidence_level",
    "n_events",
    "n_censored",
    "path_steps",
    "wall_seconds",
]


@pytest.fixture(scope="module")
def small_run(landscape_sim_cli, tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    (folder / "mine.json").write_text(json.dumps(SMALL))
    done = landscape_sim_cli("compare", "--study", "mine.json", "--out", "first", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_leaves_table_dataset_figures_and_study(small_run):
    folder, done = small_run
    names = {path.name for path in (folder / "first").iterdir()}
    assert names >= FILES
    for figure in ("rates", "survival-1-quartic", "landscape-2-tilted"):
        assert {f"{figure}.png", f"{figure}.svg"} <= names
    assert "Verdict:" in done.stdout
    assert "power law" in done.stdout
    with xr.open_dataset(folder / "first" / "results.nc", engine="h5netcdf") as dataset:
        assert dict(dataset.sizes) == {"landscape": 2, "setting": 1, "loss_ratio": 3, "path": 200}
        assert dataset["rate_simulated"].attrs["units"] == "1/t"
        events, exposure = dataset["n_events"], dataset["first_passage_time"].sum("path")
        np.testing.assert_allclose(dataset["rate_simulated"], events / exposure, rtol=1e-12)


def test_study_json_reproduces_the_run_bitwise(landscape_sim_cli, small_run):
    folder, _ = small_run
    done = landscape_sim_cli(
        "compare", "--study", "first/study.json", "--out", "second", "--json", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    for name in ("table.csv", "exponents.csv", "study.json", "rates.svg"):
        assert (folder / "first" / name).read_bytes() == (folder / "second" / name).read_bytes()
    with (
        xr.open_dataset(folder / "first" / "results.nc", engine="h5netcdf") as first,
        xr.open_dataset(folder / "second" / "results.nc", engine="h5netcdf") as second,
    ):
        assert first.identical(second)


def test_json_is_the_whole_of_stdout_and_holds_the_promised_keys(landscape_sim_cli, small_run):
    folder, _ = small_run
    done = landscape_sim_cli(
        *("compare", "--study", "mine.json", "--seed", "9", "--quick", "--json", "--out", "j"),
        cwd=folder,
    )
    document = json.loads(done.stdout)
    assert document["study"]["seed"] == 9
    assert len(document["rows"]) == 6
    for row in document["rows"]:
        assert list(row)[: len(ROW_KEYS)] == ROW_KEYS
        assert row["rate_low"] <= row["rate_simulated"] <= row["rate_high"]
        assert row["n_events"] + row["n_censored"] == 50
    for exponent in document["exponents"]:
        assert {"fitted", "low", "high", "predicted"} <= set(exponent)
    with (folder / "j" / "table.csv").open() as table:
        assert float(next(csv.DictReader(table))["rate_formula"]) == pytest.approx(
            document["rows"][0]["rate_formula"], rel=1e-15
        )


def test_simulated_rates_cover_the_exact_ones(small_run):
    # 6 intervals at 95 %: five or fewer misses of six would be 1 - 1e-8 likely; three or more
    # misses happen by chance with probability 2.2e-3, four or more with 8.6e-5.
    folder, _ = small_run
    with (folder / "first" / "table.csv").open() as table:
        rows = list(csv.DictReader(table))
    misses = sum(
        not float(row["rate_low"]) <= float(row["rate_exact"]) <= float(row["rate_high"])
        for row in rows
    )
    assert misses < 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"settings": [{"learning_rate": -0.1, "batch_size": 1}]}, "learning_rate"),
        ({"settings": [{"learning_rate": 0.1, "batch_size": 0}]}, "batch_size"),
        ({"settings": [{"learning_rate": 5.0, "batch_size": 100}]}, "diverge"),
        ({"loss_ratios": [0.5, 2.0]}, "loss_ratios.0"),
        ({"landscapes": [{"landscape": "quartic", "barrier": -1}]}, "barrier"),
        ({"landscapes": [{"landscape": "cubic", "barrier": 1}]}, "landscapes.0"),
        ({"landscapes": [{"landscape": "tilted", "barrier": 1, "tilt": 3}]}, "tilt"),
        ({"loss_ratios": [1e9], "methods": ["simulate"]}, "loss_ratio"),
        ({"name": "../escape"}, "name"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_bad_study_is_refused_in_one_line(landscape_sim_here, tmp_path, change, message):
    (tmp_path / "bad.json").write_text(json.dumps({**SMALL, **change}))
    done = landscape_sim_here("compare", "--study", "bad.json", "--out", "r", cwd=tmp_path)
    assert_one_line(done, message)
    assert not (tmp_path / "r").exists()


def assert_one_line(done, message):
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.startswith("landscape-sim: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_nothing_is_overwritten(landscape_sim_cli, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "precious").write_text("mine")
    (tmp_path / "file").write_text("mine")
    assert_one_line(landscape_sim_cli("compare", "--out", "taken", cwd=tmp_path), "overwritten")
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["precious"]
    assert_one_line(landscape_sim_cli("compare", "--out", "file/r", cwd=tmp_path), "writable")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "--study", "missing.json"], "missing.json"),
        (["compare", "--study", "broken.json"], "not a JSON file"),
        (["compare", "--seed", "-1"], "--seed"),
        (["compare", "--no-such-option"], "--no-such-option"),
        (["no-such-command"], "no-such-command"),
    ],
)
def test_bad_usage_is_refused_in_one_line(landscape_sim_cli, tmp_path, arguments, message):
    (tmp_path / "broken.json").write_text("{")
    assert_one_line(landscape_sim_cli(*arguments, cwd=tmp_path), message)


def stop_in_the_third_case(cli, folder, number, out):
    """Signal a study whose third case would take years; return code, stdout and stderr."""
    long = {**SMALL, "loss_ratios": [1.5, 2.0, 40.0], "methods": ["exact", "simulate"]}
    (folder / "long.json").write_text(json.dumps(long))
    arguments = ("compare", "--study", "long.json", "--out", out, "--json")
    with cli.start(*arguments, cwd=folder, env=SHOWN) as process:
        wait_for_progress(process, "L^s/L* = 40")
        process.send_signal(number)
        said = process.communicate(timeout=300)
    return (process.returncode, *said)


def test_what_is_killed_leaves_its_finished_cases(landscape_sim_cli, small_run):
    folder, _ = small_run
    code, *_ = stop_in_the_third_case(landscape_sim_cli, folder, signal.SIGKILL, "killed")
    assert code == -signal.SIGKILL
    assert {path.name for path in (folder / "killed").iterdir()} == {"cases", "study.json"}
    kept = [json.loads(path.read_text()) for path in (folder / "killed" / "cases").glob("*.json")]
    rates = {one["case"]: one["answer"]["of"]["rate"]["of"]["rate"] for one in kept}
    with (folder / "first" / "table.csv").open() as table:
        for ratio, row in zip(("1.5", "2"), csv.DictReader(table), strict=False):
            name = f"quartic, isotropic, B/η = 10, L^s/L* = {ratio}"
            assert rates[f"{name}: exact"] == float(row["rate_exact"])
            assert f"{name}: simulate" in rates


def test_sigterm_keeps_what_is_finished(landscape_sim_cli, small_run):
    folder, _ = small_run
    code, stdout, stderr = stop_in_the_third_case(landscape_sim_cli, folder, signal.SIGTERM, "cut")
    assert code == 143, stderr
    assert stderr.endswith("landscape-sim: interrupted; what was finished is in cut\n")
    assert "Traceback" not in stderr
    document = json.loads(stdout)
    assert not document["is_complete"]
    assert len(document["rows"]) == 2
    with (folder / "cut" / "table.csv").open() as table:
        assert len(list(csv.DictReader(table))) == 2
