"""A Dask scheduler that runs already, with its own worker: used, stopped for, and left alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import pytest

distributed = pytest.importorskip("distributed", reason="needs landscape-sim[scale]")
pytestmark = pytest.mark.slow

STUDY = {
    "name": "small",
    "landscapes": [{"landscape": "quartic", "barrier": 0.25}],
    "settings": [{"learning_rate": 0.1, "batch_size": 1}],
    "loss_ratios": [1.5, 2.0],
    "n_paths": 100,
    "methods": ["exact", "simulate"],
}
#: Hours on one thread.
LONG = {**STUDY, "loss_ratios": [3.0], "n_paths": 50_000_000, "max_direct_steps": 1e15}


@contextmanager
def running(module, *arguments):
    process = subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{module}", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with process:
        try:
            yield
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    file = tmp_path_factory.mktemp("scheduler") / "scheduler.json"
    shared = ("--host", "127.0.0.1", "--no-dashboard")
    with ExitStack() as stack:
        scheduler = ("--port", "0", "--dashboard-address", "127.0.0.1:0", "--scheduler-file")
        stack.enter_context(running("dask_scheduler", *shared, *scheduler, str(file)))
        while not file.exists():
            time.sleep(0.1)
        found = json.loads(file.read_text())["address"]
        worker = ("--nthreads", "1", "--local-directory", str(file.parent))
        stack.enter_context(running("dask_worker", found, *shared, *worker))
        yield found


def test_its_workers_find_the_same_and_are_free_after_ctrl_c(address, landscape_sim_cli, tmp_path):
    (tmp_path / "study.json").write_text(json.dumps(STUDY))
    (tmp_path / "long.json").write_text(json.dumps(LONG))
    done = landscape_sim_cli(
        *("compare", "--study", "study.json", "--out", "there", "--scheduler", address),
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    landscape_sim_cli("compare", "--study", "study.json", "--out", "here", cwd=tmp_path)
    tables = [(tmp_path / name / "table.csv").read_bytes() for name in ("here", "there")]
    assert tables[0] == tables[1]
    long = ("compare", "--study", "long.json", "--out", "long", "--scheduler", address)
    with (
        distributed.Client(address) as client,
        landscape_sim_cli.start(*long, cwd=tmp_path) as process,
    ):
        while not any(client.processing().values()):
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        time.sleep(5.0)  # well into the simulation
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        # The one thread of the worker has nothing else to do.
        assert client.submit(os.getpid, pure=False).result(timeout=30) != os.getpid()
