"""Workers that are jobs of a SLURM cluster."""

from __future__ import annotations

import logging
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landscape_sim.signals import held_signals
from landscape_sim.validation import InputError
from landscape_sim.workers.crew import Crew
from landscape_sim.workers.libraries import dask_distributed, dask_jobqueue
from landscape_sim.workers.local import SETTINGS

if TYPE_CHECKING:
    from dask_jobqueue import SLURMCluster

_SUBMIT = "sbatch"
#: One task at a time; what the file says replaces it.
_ONE_PROCESS = {"cores": 1, "processes": 1, "silence_logs": logging.CRITICAL}
_NO_DASHBOARD = {"dashboard": False, "dashboard_address": ":0"}


@contextmanager
def slurm_workers(n_workers: int, config: Path) -> Iterator[Crew]:
    """Submit one job a worker; what is left of them is cancelled after the block.

    Parameters
    ----------
    n_workers : int
        Jobs. One that ends before the work does is submitted again.
    config : Path
        A TOML file with the arguments of ``dask_jobqueue.SLURMCluster``.

    Raises
    ------
    InputError
        If there is no SLURM here, or it or dask-jobqueue refuses what the file says.
    """
    distributed, jobqueue = dask_distributed(), dask_jobqueue()
    import dask

    options = _ONE_PROCESS | _arguments(config)
    options["scheduler_options"] = _NO_DASHBOARD | options.get("scheduler_options", {})
    if shutil.which(_SUBMIT) is None:
        raise InputError(f"there is no {_SUBMIT} here; run this where jobs are submitted to SLURM")
    with dask.config.set(SETTINGS):
        try:
            with held_signals():
                cluster: SLURMCluster = jobqueue.SLURMCluster(**options)
        except (TypeError, ValueError, OSError) as error:
            raise InputError(f"{config}: {error}") from error
        try:
            # Told again and again: a job that has ended is submitted anew.
            with distributed.Client(cluster) as client:
                yield Crew(client, lambda: cluster.scale(jobs=n_workers))
        finally:
            with held_signals():
                cluster.close()


def _arguments(config: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read the cluster's file {config}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{config} is not a TOML file: {error}") from error
