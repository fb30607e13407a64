"""Workers that cannot be had are one line each, before anything is run."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec

import pytest

STUDY = {
    "name": "small",
    "landscapes": [{"landscape": "quartic", "barrier": 0.25}],
    "settings": [{"learning_rate": 0.1, "batch_size": 1}],
    "loss_ratios": [2.0],
    "methods": ["exact"],
}


@pytest.fixture
def refusal(landscape_sim_here, tmp_path):
    def run(*arguments):
        (tmp_path / "study.json").write_text(json.dumps(STUDY))
        done = landscape_sim_here("compare", "--study", "study.json", *arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert not (tmp_path / "results").exists()
        return done.stderr

    return run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scheduler", "tcp://127.0.0.1:1", "--workers", "2"], "has its workers already"),
        (["--cluster", "slurm", "--cluster-config", "s.toml"], "say how many workers"),
        (["--workers", "2", "--cluster", "slurm"], "belong together"),
        (
            ["--workers", "2", "--cluster", "pbs", "--cluster-config", "s"],
            "must be slurm, got 'pbs'",
        ),
    ],
)
def test_options_that_do_not_go_together(refusal, arguments, message):
    assert message in refusal(*arguments)


def test_without_the_extra_the_command_says_what_to_install(refusal, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "pip install 'landscape-sim[scale]'" in refusal("--workers", "2")


def test_a_cluster_that_cannot_be_used(refusal, monkeypatch, tmp_path):
    if not find_spec("dask_jobqueue"):  # importing it takes Ctrl-C over
        pytest.skip("needs landscape-sim[scale]")
    cluster = ("--workers", "2", "--cluster", "slurm", "--cluster-config", "s.toml")
    assert "cannot read the cluster's file s.toml" in refusal(*cluster)
    (tmp_path / "s.toml").write_text("memory")
    assert "s.toml is not a TOML file" in refusal(*cluster)
    (tmp_path / "s.toml").write_text("memory = '1 GB'\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "there is no sbatch here" in refusal(*cluster)
    # One that refuses.
    (tmp_path / "sbatch").write_text("#!/bin/sh\necho 'sbatch: error: no such queue' >&2\nexit 1\n")
    (tmp_path / "sbatch").chmod(0o755)
    assert "SLURM refuses such jobs: sbatch: error: no such queue" in refusal(*cluster)
    (tmp_path / "s.toml").write_text("memory = '1 GB'\nqueu = 'all'\n")
    assert "knows no 'queu'; did you mean queue?" in refusal(*cluster)


@pytest.mark.slow
def test_a_scheduler_that_is_not_there(refusal):
    pytest.importorskip("distributed", reason="needs landscape-sim[scale]")
    assert "no Dask scheduler answers" in refusal("--scheduler", "tcp://127.0.0.1:1")
