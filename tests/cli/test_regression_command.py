"""``landscape-sim regression``, started as its users start it."""

from __future__ import annotations

import json
import sys

import pytest

from landscape_sim.cli import main
from landscape_sim.validation import InputError

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
    ("arguments", "name"),
    [
        # A tail power beyond any that is looked for: |1 − η S| < 1 all but always.
        (
            "stationary --learning-rates 0.001 --batch-sizes 2000 --data-samples 2100 --runs 10 "
            "--study open.toml",
            "tail_gaussian",
        ),
        # c^1000 is beyond the floats.
        (
            "first-passage --learning-rate 0.001 --loss-ratios 1.5,3 --dimensions 1 --max-time 1 "
            "--data-samples 300 --runs 5",
            "radial_decoupled",
        ),
        # Ten samples do not bound φ from above at this level.
        (
            "stationary --learning-rates 0.3 --batch-sizes 4 --data-samples 300 --runs 10 "
            "--study open.toml",
            "high",
        ),
        # Too rare for the grid of the exact chain.
        ("chain --learning-rates 1,0.1 --label-noises 0.7 --data-samples 200 --runs 20", "total"),
    ],
)
def test_what_is_infinite_or_not_known_is_null(landscape_sim_cli, tmp_path, arguments, name):
    (tmp_path / "open.toml").write_text(
        "path_samples = 1\nconfidence_level = 0.99999999\nburn_in_samples = 1\n"
    )
    done = landscape_sim_cli(
        "regression", *arguments.split(), "--json", "--out", "out", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout, parse_constant=pytest.fail)["rows"]
    assert rows[-1][name] is None
    # The cases before it, and the files, are there.
    assert len((tmp_path / "out" / "table.csv").read_text().splitlines()) == len(rows) + 1
    assert (tmp_path / "out" / "results.nc").stat().st_size > 0


def test_a_case_refused_late_leaves_those_before_it(monkeypatch, tmp_path, capsys):
    """The command fails, and says which case it was and where the others are."""
    from landscape_sim.comparison.sgd import stationary

    sample = stationary.sample_sgd_stationary

    def refuse_the_second(data, rule, *arguments, **options):
        if rule.batch_size == 2:
            raise InputError("a path diverged")
        return sample(data, rule, *arguments, **options)

    monkeypatch.setattr(stationary, "sample_sgd_stationary", refuse_the_second)
    (tmp_path / "short.toml").write_text("path_samples = 20")
    monkeypatch.chdir(tmp_path)
    arguments = (
        *("regression", "stationary", "--learning-rates", "0.3", "--batch-sizes", "1,2"),
        *("--data-samples", "300", "--runs", "10", "--study", "short.toml", "--out", "out"),
    )
    monkeypatch.setattr(sys, "argv", ["landscape-sim", *arguments, "--json"])
    assert main() == 2
    said = capsys.readouterr()
    refusal = "η = 0.3, B = 2: a path diverged"
    # Before it there may be lines of progress.
    assert said.err.splitlines()[-1] == f"landscape-sim: {refusal}; what was finished is in out"
    document = json.loads(said.out)
    assert len(document["rows"]) == 1
    assert document["refusal"] == refusal
    assert not document["is_complete"]
    assert len((tmp_path / "out" / "table.csv").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("stationary", "--learning-rates", "2.5", "--data-samples", "300"), "stability bound 2/h"),
        (("stationary", "--batch-sizes", "400", "--data-samples", "300"), "exceeds the 300"),
        (("stationary", "--learning-rates", "fast"), "separated by commas"),
        (("stationary", "--runs", "5"), "--runs: "),
        (("first-passage", "--loss-ratios", "0.9"), "above 1"),
        (("first-passage", "--loss-ratios", "1.5,0.9"), "c = 0.9"),
        (("first-passage", "--dimensions", "50", "--data-samples", "40"), "d = 50"),
        (("chain", "--learning-rates", "9", "--data-samples", "300"), "stability bound 2/h"),
        (("chain", "--label-noises", "-1"), "--label-noises: "),
        (("chain", "--learning-rates", "1,9", "--data-samples", "300"), "η = 9"),
        (("chain", "--study", "/nowhere.toml"), "/nowhere.toml"),
    ],
)
def test_bad_input_is_one_line(landscape_sim_here, tmp_path, arguments, message):
    done = landscape_sim_here("regression", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.glob("results/*"))


def test_the_group_alone_shows_its_help(landscape_sim_here):
    done = landscape_sim_here("regression")
    assert (done.returncode, done.stderr) == (0, "")
    assert "first-passage" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("chain", "--label-noises", "1e308"),
            "--label-noises: must lie between 1e-100 and 1e+100",
        ),
        (("chain", "--learning-rates", "1e-320"), "--learning-rates: must lie between"),
        (("first-passage", "--loss-ratios", "1e308"), "--loss-ratios: must lie between"),
        (("stationary", "--data-samples", "1000000000000"), "GiB of memory"),
        (("stationary", "--runs", "10000000000"), "GiB of memory"),
    ],
)
def test_absurd_numbers_are_refused_in_one_line(landscape_sim_here, tmp_path, arguments, message):
    done = landscape_sim_here("regression", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
