"""Which workers a study is given to."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from landscape_sim.validation import InputError, require_count
from landscape_sim.workers.crew import Crew
from landscape_sim.workers.fork_server import imports_begun
from landscape_sim.workers.local import local_workers
from landscape_sim.workers.scheduler import workers_of_scheduler
from landscape_sim.workers.slurm import slurm_workers

_CLUSTERS = ("slurm",)


@dataclass(frozen=True)
class Workers:
    """Processes of this machine, those of a running Dask scheduler, or jobs of a cluster.

    Attributes
    ----------
    n_workers : int, optional
        Processes or jobs.
    scheduler : str, optional
        Address of a scheduler that has workers already, e.g. ``tcp://10.0.0.1:8786``.
    cluster : str, optional
        ``slurm``.
    cluster_config : path, optional
        A TOML file with the arguments of ``dask_jobqueue.SLURMCluster``.

    Raises
    ------
    InputError
        If they do not go together.

    Examples
    --------
    >>> Workers(2)
    Workers(n_workers=2, scheduler=None, cluster=None, cluster_config=None)
    """

    n_workers: int | None = None
    scheduler: str | None = None
    cluster: str | None = None
    cluster_config: Path | str | None = None

    def __post_init__(self) -> None:
        if self.scheduler is not None:
            if (self.n_workers, self.cluster, self.cluster_config) != (None, None, None):
                raise InputError(
                    "a scheduler has its workers already; give either --scheduler, or --workers "
                    "and --cluster"
                )
            return
        if self.n_workers is None:
            raise InputError("say how many workers there are to be, by --workers")
        require_count("workers", self.n_workers)
        if self.cluster is not None and self.cluster not in _CLUSTERS:
            raise InputError(f"cluster must be {' or '.join(_CLUSTERS)}, got {self.cluster!r}")
        if (self.cluster is None) != (self.cluster_config is None):
            raise InputError("--cluster and --cluster-config belong together; give both or none")

    def begin_imports(self, module: str) -> None:
        """Let ``module`` be imported for workers of this machine while this process goes on."""
        is_local = self.scheduler is None and self.cluster is None
        if is_local and find_spec("distributed") is not None:
            imports_begun(module)

    def at_work(
        self, scratch: Path | None = None, module: str | None = None
    ) -> AbstractContextManager[Crew]:
        """Return a block during which the workers are there.

        Parameters
        ----------
        scratch : Path, optional
            A folder in which processes of this machine have their own one.
        module : str, optional
            What these import once for all of them; see :meth:`begin_imports`.

        Raises
        ------
        InputError
            As the block is entered: if Dask is not installed, or the workers cannot be had.
        """
        if self.scheduler is not None:
            return workers_of_scheduler(self.scheduler)
        assert self.n_workers is not None
        if self.cluster_config is not None:
            return slurm_workers(self.n_workers, Path(self.cluster_config))
        return local_workers(self.n_workers, scratch, module)


def chosen_workers(
    n_workers: int | None,
    scheduler: str | None,
    cluster: str | None,
    cluster_config: Path | None,
) -> Workers | None:
    """Return the workers that options name; None where none of them is given."""
    given = (n_workers, scheduler, cluster, cluster_config)
    return None if given == (None, None, None, None) else Workers(*given)
