"""What docs/cluster.md says, done: processes, a scheduler, and jobs of a real SLURM, cancelled."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from live_progress import beside_progress
from one_node_slurm import NoSlurmError, ask, one_node_slurm

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "cluster.md").read_text("utf-8")
#: The tables, the dataset, the figures; wall times differ from run to run.
COMPARED = ("table.csv", "exponents.csv", "results.nc", "rates.svg", "survival-1-quartic.png")
SECONDS = 900
#: The address on the page.
SCHEDULER = "tcp://10.0.0.1:8786"


def blocks(kind: str) -> dict[str, str]:
    """Return the blocks of the page that are marked so, by their names."""
    found = re.findall(rf"<!-- {kind}: (\S+) -->\n+```\w*\n(.*?)```", PAGE, re.DOTALL)
    return dict(found)


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> Path:
    """A folder with the files of the page, and the tables of a run on one machine."""
    if not find_spec("dask_jobqueue"):  # importing it takes Ctrl-C over
        pytest.skip("needs landscape-sim[scale]")
    folder = tmp_path_factory.mktemp("cluster")
    for name, text in blocks("file").items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def do(here, landscape_sim_cli):
    """Start a command of the page; it does not outlive the block."""

    @contextmanager
    def started(
        name: str, environment: dict[str, str] | None = None, address: str = SCHEDULER
    ) -> Iterator[subprocess.Popen]:
        program, *arguments = shlex.split(blocks("run")[name].replace(SCHEDULER, address))
        assert program == "landscape-sim"
        with landscape_sim_cli.start(*arguments, cwd=here, env=environment) as process:
            yield process

    return started


@pytest.fixture(scope="module")
def expected(here, do) -> dict[str, bytes]:
    with do("laptop") as process:
        assert beside_progress(process.communicate(timeout=SECONDS)[1]) == ""
    return tables(here / "laptop")


@pytest.fixture(scope="module")
def slurm() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder:
        try:
            with one_node_slurm(Path(folder)) as environment:
                yield environment
        except NoSlurmError as reason:
            pytest.skip(f"no SLURM: {reason}")


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in COMPARED}


def jobs(slurm: dict[str, str]) -> list[str]:
    """Return the numbers of the jobs that are there and are not about to end."""
    states = ask(slurm, "squeue", "--noheader", "--format=%i %t").splitlines()
    return [line.split()[0] for line in states if line.split()[1] in ("PD", "R", "CF")]


def wait_until(condition, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)


def n_answers(folder: Path) -> int:
    return len(list(folder.glob("cases/*.json")))


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def test_processes_find_what_one_process_does(here, do, expected):
    with do("workers") as process:
        assert beside_progress(process.communicate(timeout=SECONDS)[1]) == ""
    assert tables(here / "workers") == expected


def test_workers_of_a_scheduler_find_what_one_process_does(here, do, expected):
    import distributed

    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as own,
        do("scheduler", address=own.scheduler_address) as process,
    ):
        assert beside_progress(process.communicate(timeout=SECONDS)[1]) == ""
    assert tables(here / "scheduler") == expected


def test_jobs_that_are_cancelled_and_a_command_that_is_stopped(here, do, expected, slurm):
    cluster = here / "cluster"
    # A job that is gone is replaced after a while, by default 15 s: nobody here waits for one.
    soon = {**slurm, "DASK_DISTRIBUTED__DEPLOY__LOST_WORKER_TIMEOUT": "2s"}
    with do("cluster", soon) as process:
        wait_until(lambda: len(jobs(slurm)) == 2 and n_answers(cluster) >= 4, process)
        first = jobs(slurm)
        say(ask(slurm, "squeue"))
        say(f"scancel {first[0]}, with {n_answers(cluster)} answers there")
        ask(slurm, "scancel", first[0])
        wait_until(lambda: set(jobs(slurm)) - set(first), process)
        say(ask(slurm, "squeue"))
        process.send_signal(signal.SIGTERM)
        _, complained = process.communicate(timeout=SECONDS)
    assert process.returncode == 128 + signal.SIGTERM
    assert (
        beside_progress(complained)
        == "landscape-sim: interrupted; what was finished is in cluster\n"
    )
    say(f"SIGTERM, with {n_answers(cluster)} answers there; jobs that are left: {jobs(slurm)}")
    assert jobs(slurm) == []
    with do("resumed", slurm) as process:
        said, complained = process.communicate(timeout=SECONDS)
    assert (process.returncode, beside_progress(complained)) == (0, "")
    say("\n".join(said.splitlines()[-3:]))
    assert tables(cluster) == expected
    assert jobs(slurm) == []
    assert not [path for path in cluster.iterdir() if path.name.startswith(".")]
