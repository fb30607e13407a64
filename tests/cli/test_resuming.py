"""Studies that are killed and gone on with, through the real command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

STUDY = {
    "name": "small",
    "seed": 5,
    "landscapes": [{"landscape": "quartic", "barrier": 0.25}],
    "settings": [{"learning_rate": 0.1, "batch_size": 1}],
    "loss_ratios": [1.5, 2.0, 2.5],
    "n_paths": 50,
}
#: Kills itself, as nobody can hinder, when it would keep its answer of this number.
KILLED = """
import os, signal, sys
from landscape_sim.cli import main
from landscape_sim.comparison.case_store import CaseStore

def keep(self, packed, keep=CaseStore.keep):
    if self.n_computed == {number}:
        os.kill(os.getpid(), signal.SIGKILL)
    keep(self, packed)

CaseStore.keep = keep
sys.argv[0] = "landscape-sim"
sys.exit(main())
"""
COMMANDS = {
    "compare": ("compare", "--study", "study.json"),
    "stationary": (
        *("stationary", "--learning-rate", "0.5", "--batch-size", "6,8", "--dimensions", "2"),
        *("--transition-dimensions", "2,6", "--paths", "60", "--samples", "40"),
    ),
    "regression": (
        *("regression", "first-passage", "--dimensions", "1", "--loss-ratios", "1.3,1.6,2.0"),
        *("--max-time", "100", "--data-samples", "200", "--runs", "20"),
    ),
}


def killed_at(number, *arguments, cwd):
    script = [sys.executable, "-c", KILLED.format(number=number), *arguments]
    done = subprocess.run(script, cwd=cwd, capture_output=True, env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def contents(folder):
    """Return all files but the answers and wall times."""
    paths = [path for path in folder.iterdir() if path.is_file() and path.name != "timings.csv"]
    return {path.name: path.read_bytes() for path in paths}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_killed_study_ends_as_if_nothing_had_happened(landscape_sim_here, tmp_path, command):
    (tmp_path / "study.json").write_text(json.dumps(STUDY))
    arguments = COMMANDS[command]
    killed_at(2, *arguments, "--out", "killed", cwd=tmp_path)
    assert not json.loads((tmp_path / "killed" / "study.json").read_text())["is_complete"]
    assert len(list((tmp_path / "killed" / "cases").glob("*.json"))) == 2
    whole = landscape_sim_here(*arguments, "--out", "whole", "--json", cwd=tmp_path)
    again = landscape_sim_here(
        *arguments[:-2][: 2 if command == "regression" else 1],
        "--resume",
        "killed",
        "--json",
        cwd=tmp_path,
    )
    expected, document = json.loads(whole.stdout), json.loads(again.stdout)
    assert document["answers_found"] == 2
    assert document["answers_computed"] == expected["answers_computed"] - 2
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


def test_a_finished_study_is_there_at_once_and_one_that_grew_keeps_it(landscape_sim_here, tmp_path):
    def compare(*arguments):
        done = landscape_sim_here("compare", *arguments, "--json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        document = json.loads(done.stdout)
        return document["answers_found"], document["answers_computed"]

    exact = {**STUDY, "methods": ["exact"]}
    (tmp_path / "study.json").write_text(json.dumps(exact))
    assert compare("--study", "study.json", "--out", "r") == (0, 3)
    files = contents(tmp_path / "r")
    assert compare("--resume", "r") == (3, 0)
    assert contents(tmp_path / "r") == files
    more = {**exact, "loss_ratios": [1.5, 1.7, 2.0, 2.5]}
    (tmp_path / "more.json").write_text(json.dumps(more))
    assert compare("--resume", "r", "--study", "more.json") == (3, 1)


def test_a_folder_that_becomes_another_study_says_so_and_keeps_no_figure_of_the_first(
    landscape_sim_here, tmp_path
):
    def compare(*arguments):
        done = landscape_sim_here("compare", *arguments, cwd=tmp_path)
        return done.returncode, done.stdout, done.stderr

    exact = {**STUDY, "methods": ["exact"]}
    tilted = {**exact, "landscapes": [{"landscape": "tilted", "barrier": 0.25, "tilt": 0.1}]}
    for name, study in (("one", exact), ("tilted", tilted), ("named", {**tilted, "name": "b"})):
        (tmp_path / f"{name}.json").write_text(json.dumps(study))
    assert compare("--study", "one.json", "--out", "r")[0] == 0
    record = (tmp_path / "r" / "study.json").read_bytes()
    code, _, refusal = compare("--study", "named.json", "--resume", "r")
    assert (code, refusal.count("\n")) == (2, 1)
    assert "r is of the study 'small', and named.json is 'b'" in refusal
    assert (tmp_path / "r" / "study.json").read_bytes() == record
    (tmp_path / "r" / "mine.png").write_bytes((tmp_path / "r" / "rates.png").read_bytes())
    code, said, _ = compare("--study", "tilted.json", "--resume", "r")
    assert code == 0
    assert "The study of the folder is another than before: landscapes." in said
    pictures = {path.name for path in (tmp_path / "r").glob("*.png")}
    assert pictures == {"rates.png", "landscape-1-tilted.png", "mine.png"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--resume", "none"],
            "no study in none (no study.json); name the results folder of an earlier run",
        ),
        (["--resume", "r", "--out", "x"], "leave --out out"),
        (["--resume", "r", "--quick"], "--seed and --quick make another study"),
        (["--resume", "r", "--seed", "1"], "--seed and --quick make another study"),
    ],
)
def test_what_cannot_be_resumed_is_refused(landscape_sim_here, tmp_path, arguments, message):
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "study.json").write_text(json.dumps(STUDY))
    done = landscape_sim_here("compare", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert [path.name for path in (tmp_path / "r").iterdir()] == ["study.json"]
