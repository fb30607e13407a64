"""Plans and results folders through the real command line: what they say, merged, drawn again."""

from __future__ import annotations

import json
import shutil
import sys

import pandas as pd
import pytest

STUDY = {
    "name": "small",
    "landscapes": [
        {
            "landscape": "well",
            "formula": "a + 0.2*(x**2 - 1)**2",
            "variables": "x",
            "parameters": {"a": {"linear": [0.1, 0.3, 3]}},
        }
    ],
    "temperatures": [0.1, 0.2],
    "methods": ["formula", "exact"],
}


@pytest.fixture
def study(landscape_sim_here, tmp_path):
    """Run a command in the folder of the study's file and return its JSON."""
    (tmp_path / "study.json").write_text(json.dumps(STUDY))

    def run(*arguments):
        done = landscape_sim_here(*arguments, "--json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def keep(folder, numbers):
    """Leave answers of these numbers in a copy of ``r``, as if it had been stopped."""
    shutil.copytree(folder.parent / "r", folder)
    for number, path in enumerate(sorted(folder.glob("cases/*.json"))):
        if number not in numbers:
            path.unlink()


def test_a_dry_run_prints_the_cases_and_leaves_nothing(study, tmp_path):
    plan = study("compare", "--study", "study.json", "--dry-run")
    assert len(plan["rows"]) == 6
    assert plan["rows"][0]["landscape"] == "well, a = 0.1"
    assert plan["path_steps"] == 0
    assert plan["seconds"] > 0
    assert [path.name for path in tmp_path.iterdir()] == ["study.json"]


def test_parts_of_a_study_are_told_merged_and_drawn(study, tmp_path):
    study("compare", "--study", "study.json", "--out", "r")
    keep(tmp_path / "one", {0, 1, 2})
    keep(tmp_path / "two", {2, 3, 4, 5})
    damaged = sorted((tmp_path / "one").glob("cases/*.json"))[2]
    damaged.write_text(damaged.read_text()[:50])
    said = study("study", "status", "one")
    assert (said["n_done"], said["n_failed"], said["n_missing"]) == (2, 0, 4)
    assert said["seconds_left"] > 0
    merged = study("study", "merge", "one", "two", "--out", "both")
    assert (merged["n_done"], merged["n_missing"]) == (6, 0)
    files = ["table.csv", "exponents.csv", "results.nc", "rates.png", "study.json"]
    for name in files:
        assert (tmp_path / "both" / name).read_bytes() == (tmp_path / "r" / name).read_bytes()
    drawn = (tmp_path / "both" / "rates.svg").read_bytes()
    (tmp_path / "both" / "rates.svg").unlink()
    study("study", "plot", "both")
    assert (tmp_path / "both" / "rates.svg").read_bytes() == drawn


def test_merged_tables_are_parquet_where_that_is_asked_for(study, tmp_path):
    pytest.importorskip("pyarrow", reason="needs landscape-sim[parquet]")
    study("compare", "--study", "study.json", "--out", "r")
    study("study", "merge", "r", "--out", "both", "--parquet")
    for name in ("table", "exponents"):
        written = pd.read_csv(tmp_path / "both" / f"{name}.csv")
        found = pd.read_parquet(tmp_path / "both" / f"{name}.parquet")
        pd.testing.assert_frame_equal(found, written, check_dtype=False)


def test_without_pyarrow_no_folder_is_made(study, landscape_sim_here, tmp_path, monkeypatch):
    study("compare", "--study", "study.json", "--out", "r")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    merge = ("study", "merge", "r", "--out", "both", "--parquet")
    done = landscape_sim_here(*merge, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith("Parquet needs pyarrow; pip install 'landscape-sim[parquet]'\n")
    assert not (tmp_path / "both").exists()


def test_folders_that_do_not_fit_are_refused(study, landscape_sim_here, tmp_path):
    study("compare", "--study", "study.json", "--out", "r")
    other = {**STUDY, "temperatures": [0.1, 0.3]}
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "study.json").write_text(json.dumps(other))
    for arguments, message in (
        (("merge", "r", "other"), "other is of another study than r: settings differ"),
        (("merge", "other"), "there is no finished case in other"),
        (("plot", "other"), "there is no finished case in other"),
        (
            ("status", "nowhere"),
            "no study in nowhere (no study.json); name the results folder of an earlier run",
        ),
        (("merge", "r", "--out", "r"), "r exists already"),
    ):
        done = landscape_sim_here("study", *arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert message in done.stderr
        assert done.stderr.count("\n") == 1
    done = landscape_sim_here("compare", "--resume", "r", "--dry-run", cwd=tmp_path)
    assert done.returncode == 2
    assert "--dry-run writes nothing" in done.stderr
    assert not (tmp_path / "results").exists()


def test_answers_of_other_code_are_not_taken_for_missing(study, landscape_sim_here, tmp_path):
    study("compare", "--study", "study.json", "--out", "r")
    for number, path in enumerate(list((tmp_path / "r").glob("cases/*.json"))):
        path.rename(path.with_name(f"{number:032d}.json"))
    done = landscape_sim_here("study", "plot", "r", cwd=tmp_path)
    assert done.returncode == 2
    assert "are of other sources or libraries" in done.stderr
