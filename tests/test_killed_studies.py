"""SIGKILL at random moments of studies, workers or not: gone on with, to the same bits."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from live_progress import beside_progress
from marked_processes import check_nobody_is_left, cpu_seconds_of

pytestmark = pytest.mark.slow

#: Of each combination of method and workers.
N_KILLS = int(os.environ.get("LANDSCAPE_SIM_KILLS", "3"))
STUDY = {
    "seed": 5,
    "landscapes": [{"landscape": "quartic", "barrier": 0.25}],
    "settings": [{"learning_rate": 0.1, "batch_size": 1}],
}
STUDIES = {
    "direct": {
        "loss_ratios": [1.5, 1.7, 2.0, 2.3],
        "n_paths": 400,
        "methods": ["exact", "simulate"],
    },
    "splitting": {
        "loss_ratios": [1.5, 2.0, 2.5, 3.0],
        "splitting_error": 0.3,
        "methods": ["formula", "exact", "splitting"],
    },
}
#: Wall times differ from run to run.
TIMED = {"timings.csv"}


@dataclass
class Studies:
    """One study, run again and again in one folder of folders."""

    command: list[str]
    here: Path
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.command, "compare", *arguments],
            cwd=self.here,
            env={**os.environ, "KILLED_STUDIES": self.mark},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def to_the_end(self, *arguments: str) -> float:
        """Return the seconds of CPU that it takes."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with self.start(*arguments) as process:
            _, complained = process.communicate(timeout=900)
        assert (process.returncode, beside_progress(complained)) == (0, "")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def killed_after(self, seconds: float, *arguments: str) -> None:
        """Kill it when it and its workers have spent so many seconds of CPU."""
        with self.start(*arguments) as process:
            while process.poll() is None and cpu_seconds_of(self.mark) < seconds:
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)


def contents(folder: Path) -> dict[str, bytes]:
    """Return all that a folder holds, but the answers and wall times; their names alone."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {
        name: b"" if name.startswith("cases/") or name in TIMED else path.read_bytes()
        for name, path in files.items()
    }


@pytest.mark.parametrize("n_workers", [None, 1, 2])
@pytest.mark.parametrize("method", STUDIES)
def test_a_killed_study_is_gone_on_with(method, n_workers, landscape_sim_cli, tmp_path):
    if n_workers is not None:
        pytest.importorskip("distributed", reason="needs landscape-sim[scale]")
    (tmp_path / "study.json").write_text(json.dumps({**STUDY, **STUDIES[method], "name": method}))
    studies = Studies(landscape_sim_cli.command, tmp_path)
    new = ("--study", "study.json", "--out")
    workers = () if n_workers is None else ("--workers", str(n_workers))
    studies.to_the_end(*new, "first")  # kernels are compiled
    seconds = studies.to_the_end(*new, "whole", *workers)
    whole = contents(tmp_path / "whole")
    assert whole == contents(tmp_path / "first")
    generator, seen = random.Random(f"{method} {n_workers}"), Counter()
    for number in range(N_KILLS):
        out = tmp_path / f"killed-{number}"
        moment = generator.uniform(0.0, seconds)
        studies.killed_after(moment, *new, out.name, *workers)
        check_nobody_is_left(studies.mark)
        if not (out / "study.json").exists():  # killed before there was anything to go on with
            seen["before its folder"] += 1
            continue
        n_answers = len(list(out.glob("cases/*.json")))
        # What goes on is now the workers' and now not: no number depends on it.
        studies.to_the_end("--resume", out.name, *(workers if number % 4 == 0 else ()))
        check_nobody_is_left(studies.mark)
        assert contents(out) == whole, (number, moment)
        seen[f"{n_answers} answers"] += 1
        sys.stdout.write(f"{method}, {n_workers} workers: {number + 1} kills, {dict(seen)}\n")
        sys.stdout.flush()
