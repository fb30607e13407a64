"""Workers that are jobs of a SLURM cluster."""

from __future__ import annotations

import logging
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landscape_sim.signals import held_signals
from landscape_sim.validation import InputError
from landscape_sim.workers.crew import Crew
from landscape_sim.workers.libraries import dask_distributed, dask_jobqueue, dask_silenced
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
    _require_known(config, options, jobqueue)
    options["scheduler_options"] = _NO_DASHBOARD | options.get("scheduler_options", {})
    if shutil.which(_SUBMIT) is None:
        raise InputError(f"there is no {_SUBMIT} here; run this where jobs are submitted to SLURM")
    with dask_silenced(), dask.config.set(SETTINGS), ExitStack() as stack:
        try:
            with held_signals():
                cluster: SLURMCluster = jobqueue.SLURMCluster(**options)
                # A signal that came meanwhile has its effect at the end of this block.
                stack.callback(_end, cluster)
        except (TypeError, ValueError, OSError) as error:
            raise InputError(f"{config}: {error}") from error
        _require_accepted(config, cluster.job_script())
        # Told again and again: a job that has ended is submitted anew.
        with distributed.Client(cluster, set_as_default=False) as client:
            yield Crew(client, lambda: cluster.scale(jobs=n_workers))


def _end(cluster: SLURMCluster) -> None:
    with held_signals():
        cluster.close()


def _require_known(config: Path, options: dict[str, Any], jobqueue: Any) -> None:
    """Refuse what dask-jobqueue does not know: half of a cluster would be there when it does."""
    import dask

    takers = jobqueue.slurm.SLURMJob, jobqueue.core.Job, jobqueue.core.JobQueueCluster
    known = {name for taker in takers for name in signature(taker.__init__).parameters}
    unknown = sorted(options.keys() - known)
    if unknown:
        close = get_close_matches(unknown[0], known, 1)
        meant = f"; did you mean {close[0]}?" if close else ""
        raise InputError(f"{config}: dask-jobqueue knows no {unknown[0]!r}{meant}")
    if "memory" not in options and dask.config.get("jobqueue.slurm.memory", None) is None:
        raise InputError(f"{config}: say how much memory a job needs, e.g. memory = '2 GB'")


def _require_accepted(config: Path, script: str) -> None:
    """Refuse what SLURM would refuse, which dask-jobqueue does not tell."""
    tried = subprocess.run(
        [_SUBMIT, "--test-only"], input=script, capture_output=True, text=True, check=False
    )
    if tried.returncode != 0:
        raise InputError(f"{config}: SLURM refuses such jobs: {tried.stderr}")


def _arguments(config: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read the cluster's file {config}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{config} is not a TOML file: {error}") from error
