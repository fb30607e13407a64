"""Workers that are processes of this machine."""

from __future__ import annotations

import logging
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landscape_sim.signals import held_signals
from landscape_sim.workers import ctrl_c
from landscape_sim.workers.crew import Crew
from landscape_sim.workers.fork_server import environment_of_workers, imports_begun
from landscape_sim.workers.libraries import dask_distributed, dask_silenced

if TYPE_CHECKING:
    from distributed import LocalCluster

#: A worker is given one task at a time, so that its death is the fault of no other.
SETTINGS: dict[str, Any] = {
    "distributed.scheduler.worker-saturation": 1.0,
    # A worker would look at itself all the time, for 3% of its core, and nobody at what it sees.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    # A worker reads it as it starts. What it has to say, its task says.
    "distributed.nanny.pre-spawn-environ.DASK_LOGGING__DISTRIBUTED": "critical",
}
#: Two commands at a time would both ask for its port.
_NO_DASHBOARD = {"dashboard": False, "dashboard_address": "127.0.0.1:0"}
#: A worker that died is started anew by its nanny, which Dask would close after 15 s without one.
_PATIENCE = {"distributed.deploy.lost-worker-timeout": "1 day"}
#: How the names of folders begin that workers fill; only who is killed leaves one behind.
SCRATCH = ".workers-"


@contextmanager
def local_workers(
    n_workers: int, scratch: Path | None = None, module: str | None = None
) -> Iterator[Crew]:
    """Start processes that listen on 127.0.0.1 alone; none is left after the block.

    One that dies is started again. They die with this process, whatever ends it.

    Parameters
    ----------
    n_workers : int
    scratch : Path, optional
        A folder for their own folder; by default that of temporary files.
    module : str, optional
        What is imported before they are there, once for all of them; see
        :mod:`landscape_sim.workers.fork_server`. By default each one imports what it needs.
    """
    distributed = dask_distributed()
    import dask

    is_forked = module is not None and imports_begun(module)
    method = {"distributed.worker.multiprocessing-method": "forkserver" if is_forked else "spawn"}
    with (
        dask_silenced(),
        environment_of_workers(),
        tempfile.TemporaryDirectory(
            prefix=SCRATCH, dir=scratch, ignore_cleanup_errors=True
        ) as folder,
        dask.config.set(SETTINGS | _PATIENCE | method),
        ExitStack() as stack,
    ):
        with held_signals():
            cluster = distributed.LocalCluster(
                n_workers=n_workers,
                threads_per_worker=1,
                scheduler_kwargs=_NO_DASHBOARD,
                silence_logs=logging.CRITICAL,
                local_directory=folder,
                preload=[ctrl_c.__name__],
                # The server has that of the time of its start.
                env=dict(os.environ),
            )
            # A signal that came meanwhile has its effect at the end of this block.
            stack.callback(_end, cluster)
        with distributed.Client(cluster, set_as_default=False) as client:
            yield Crew(client, lambda: cluster.scale(n_workers))


def _end(cluster: LocalCluster) -> None:
    with held_signals():
        cluster.sync(_kill, cluster)
        cluster.close()


async def _kill(cluster: LocalCluster) -> None:
    """End all workers at once: they have nothing to keep, and may be deep in a kernel."""
    from distributed.core import Status

    for nanny in cluster.workers.values():
        if nanny.pid is not None:
            nanny.status = Status.closing_gracefully  # or it would start another one
            os.kill(nanny.pid, signal.SIGKILL)
