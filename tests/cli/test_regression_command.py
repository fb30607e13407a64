"""``landscape-sim regression``, started as its users start it."""

from __future__ import annotations

import json

import pytest

SMALL = {
    "stationary": (
        *("--learning-rates", "0.3", "--batch-sizes", "1,4"),
        *("--data-samples", "300", "--runs", "10"),
    ),
    "first-passage": (
        *("--dimensions", "1,2", "--loss-ratios", "1.6,2.0", "--max-time", "200"),
        *("--data-samples", "300", "--runs", "20"),
    ),
    "chain": ("--learning-rates", "1.0", "--data-samples", "300", "--runs", "50"),
}
FIGURE = {"stationary": "stationary", "first-passage": "first-passage", "chain": "chain"}


@pytest.mark.parametrize(
    "command",
    [
        "chain",
        pytest.param("stationary", marks=pytest.mark.slow),
        pytest.param("first-passage", marks=pytest.mark.slow),
    ],
)
def test_results_can_be_repeated_from_their_study_file(landscape_sim_cli, tmp_path, command):
    first, second = tmp_path / "one", tmp_path / "two"
    done = landscape_sim_cli("regression", command, *SMALL[command], "--json", "--out", str(first))
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["is_complete"]
    assert document["rows"]
    for name in ("table.csv", "results.nc", "study.json", f"{FIGURE[command]}.png"):
        assert (first / name).stat().st_size > 0
    again = landscape_sim_cli(
        "regression", command, "--study", str(first / "study.json"), "--out", str(second)
    )
    assert again.returncode == 0, again.stderr
    assert (first / "table.csv").read_bytes() == (second / "table.csv").read_bytes()
    assert str(second) in again.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("stationary", "--learning-rates", "2.5", "--data-samples", "300"), "stability bound 2/h"),
        (("stationary", "--batch-sizes", "400", "--data-samples", "300"), "exceeds the 300"),
        (("stationary", "--learning-rates", "fast"), "separated by commas"),
        (("first-passage", "--loss-ratios", "0.9"), "above 1"),
        (("first-passage", "--dimensions", "50", "--data-samples", "40"), "d = 50"),
        (("chain", "--learning-rates", "9", "--data-samples", "300"), "stability bound 2/h"),
        (("chain", "--label-noises", "-1"), "label_noise"),
        (("chain", "--study", "/nowhere.toml"), "/nowhere.toml"),
    ],
)
def test_bad_input_is_one_line(landscape_sim_cli, tmp_path, arguments, message):
    done = landscape_sim_cli("regression", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.glob("results/*"))
