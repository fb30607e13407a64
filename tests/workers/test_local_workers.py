"""Processes of a real LocalCluster that are killed: what they were to do is done all the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import mortal_tasks
import pytest

from landscape_sim import CaseStore, Study, Workers, run_study
from landscape_sim.workers.local import local_workers

psutil = pytest.importorskip("psutil", reason="needs landscape-sim[scale]")
distributed = pytest.importorskip("distributed", reason="needs landscape-sim[scale]")

#: A message that fails while the cluster closes, as those to workers that were killed.
LATE_MESSAGE = """
import logging
from distributed.deploy.cluster import Cluster
from landscape_sim.workers.local import local_workers

log, close = logging.getLogger("distributed.batched"), Cluster._close

async def close_late(cluster):
    log.info("Batched Comm Closed")
    await close(cluster)

Cluster._close = close_late
with local_workers(1):
    log.info("at work")
log.info("heard again")
"""

STUDY = Study(
    name="two",
    landscapes=[{"landscape": "quartic", "barrier": 0.25}],
    learning_rates=[0.05],
    batch_sizes=[1],
    loss_ratios=[1.5, 2.5],
    n_paths=1200,  # the second case takes seconds on any machine
    methods=["exact", "simulate"],
)


def worker_processes():
    """Return the workers that this process has: spawned, or forked from the server that stays."""
    found = []
    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it has ended
            command = " ".join(one.cmdline())
            is_forked = "forkserver" in command and one.ppid() != os.getpid()
            if "spawn_main" in command or is_forked:
                found.append(one)
    return found


def kill_a_worker_at_work(killed, seconds, is_over):
    """Kill the first worker that has spent so many seconds of CPU, unless all is over before."""
    while not killed and not is_over.is_set():
        for one in worker_processes():
            with suppress(psutil.Error):
                times = one.cpu_times()
                if not killed and times.user + times.system > seconds:
                    os.kill(one.pid, signal.SIGKILL)
                    killed.append(one.pid)
        time.sleep(0.01)


def test_a_study_whose_worker_is_killed_has_the_same_bits(tmp_path):
    """The kernels are compiled first, so that a worker spends most of its time in a case."""
    alone, environment = run_study(STUDY), dict(os.environ)
    killed: list[int] = []
    is_over = threading.Event()
    killer = threading.Thread(target=kill_a_worker_at_work, args=(killed, 1.0, is_over))
    killer.start()
    store = CaseStore(tmp_path)
    try:
        result = run_study(STUDY, store=store, workers=Workers(1))
    finally:
        is_over.set()
        killer.join()
    assert killed
    assert result.is_complete
    assert result.dataset().identical(alone.dataset())
    assert store.n_computed == 4
    assert [path.name for path in tmp_path.iterdir()] == ["cases"]
    assert worker_processes() == []
    assert run_study(STUDY, store=store, workers=Workers(2)).dataset().identical(alone.dataset())
    assert store.n_found == 4
    assert (
        environment.items()
        >= {name: it for name, it in os.environ.items() if "DASK" not in name}.items()
    )


@pytest.mark.slow
def test_deaths_are_retried_up_to_a_limit_and_failures_are_told(tmp_path):
    def outcomes(perform, orders):
        found = crew.outcomes(perform, orders, lambda: None)
        return sorted((one.task, one.answer, one.failure) for one in found)

    with local_workers(2, tmp_path) as crew:
        doubled = outcomes(mortal_tasks.double, [3, 4, 5])
        assert doubled == [(0, 6, None), (1, 8, None), (2, 10, None)]
        mortal = [(str(tmp_path / "thrice"), 3), (str(tmp_path / "always"), 100)]
        deaths = outcomes(mortal_tasks.die_so_often, mortal)
        assert deaths[0] == (0, 3, None)
        assert deaths[1] == (1, None, "the worker died that ran it, 4 times")
        assert outcomes(mortal_tasks.fail, ["why"]) == [(0, None, "ValueError: why")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["always", "thrice"]
    assert worker_processes() == []


def test_dask_prints_nothing_until_the_last_message(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LATE_MESSAGE], capture_output=True, text=True, check=True
    )
    # Negative control: outside of the block it does.
    assert done.stderr.count("\n") == 1
    assert "heard again" in done.stderr


def test_ctrl_c_while_the_workers_start_leaves_none(monkeypatch):
    def interrupted(**options):
        cluster = LocalCluster(**options)
        signal.raise_signal(signal.SIGINT)  # held until the workers are there
        return cluster

    LocalCluster = distributed.LocalCluster
    monkeypatch.setattr(distributed, "LocalCluster", interrupted)
    with pytest.raises(KeyboardInterrupt), local_workers(1):
        pytest.fail("the block is entered")
    assert worker_processes() == []
