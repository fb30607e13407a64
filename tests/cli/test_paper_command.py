"""``landscape-sim paper``: the list, each figure by ``--quick``, and what is refused."""

from __future__ import annotations

import csv
import json

import pytest

COLUMNS = ["claim", "predicted", "exact", "measured", "low", "high", "n_runs", "verdict"]


def test_the_list_names_every_figure(landscape_sim_cli):
    done = landscape_sim_cli("paper")
    assert done.returncode == 0, done.stderr
    assert "3a" in done.stdout
    assert "3b" in done.stdout
    assert "nn-bridge paper" in done.stdout
    figures = json.loads(landscape_sim_cli("paper", "--json").stdout)["figures"]
    assert [figure["figure"] for figure in figures] == ["3a", "3b"]


@pytest.mark.parametrize(("figure", "drawn"), [("3a", "stationary"), ("3b", "first-passage")])
def test_each_figure_is_made_by_one_command(landscape_sim_cli, tmp_path, figure, drawn):
    folder = tmp_path / "out"
    done = landscape_sim_cli("paper", figure, "--quick", "--json", "--out", str(folder))
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout, parse_constant=pytest.fail)
    (claims,) = document["tables"].values()
    assert document["is_complete"]
    assert all(list(row) == COLUMNS for row in claims)
    assert {row["verdict"] for row in claims} <= {"fails", "not rejected", "open"}
    for row in claims:
        if row["measured"] is not None and row["predicted"] is not None:
            low, high = row["low"] or 0.0, row["high"] or float("inf")
            assert low <= row["measured"] <= high
            assert (row["verdict"] == "fails") == (not low <= row["predicted"] <= high)
    assert any(line.startswith("Scale: smaller in") for line in document["sentences"])
    # Its own law is drawn, and is no exact solution: it says how far off it is.
    has_law = any("asymptotic for small η" in line for line in document["sentences"])
    assert has_law == (figure == "3b")
    with (folder / "claims.csv").open(newline="") as file:
        assert [row["claim"] for row in csv.DictReader(file)] == [row["claim"] for row in claims]
    for name in (f"{drawn}.png", "table.csv", "results.nc", "study.json"):
        assert (folder / name).stat().st_size > 0
    # What is lost is made anew, the rest is there: the folder alone says which figure it is.
    before = (folder / "claims.csv").read_bytes()
    lost = min((folder / "cases").glob("*.json"))
    lost.unlink()
    again = landscape_sim_cli("paper", "--resume", str(folder), "--json")
    assert again.returncode == 0, again.stderr
    counts = json.loads(again.stdout)
    assert counts["answers_computed"] == 1
    assert counts["answers_found"] == document["answers_computed"] - 1
    assert (folder / "claims.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("2",), "figure '2' is not here; choose one of 3a, 3b, or see nn-bridge paper"),
        (("--quick",), "name a figure"),
        (("--resume", "there"), "there holds no figure of landscape-sim paper; name a folder"),
        (("3b", "--resume", "there"), "leave out all but --json"),
    ],
)
def test_refusals_are_one_line(landscape_sim_cli, arguments, message):
    done = landscape_sim_cli("paper", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
