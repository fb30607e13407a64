"""A process that imports once what all workers of this machine need; they are forked from it.

It is the server of :mod:`multiprocessing`, of which a process has one.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from multiprocessing import forkserver, resource_tracker

#: What Dask would set, and leave behind: libraries read it as they are imported, in the server for
#: all workers. What the user has set counts more.
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "PYTHONHASHSEED": "6640",
    # What a worker has to say, its task says.
    "DASK_LOGGING__DISTRIBUTED": "critical",
}
#: Tells the server who has started it.
PARENT = "LANDSCAPE_SIM_PARENT"
_START = "landscape_sim.workers.server_start"
_DASK = ("distributed.nanny", "distributed.worker")
#: Its process, once it is there.
_OWN: set[int | None] = set()


@cache
def imports_begun(module: str) -> bool:
    """Start the server, if there is none, and go on while it imports Dask and ``module``.

    It ends with this process, whatever ends that. A module that is named later, the workers import
    by themselves.

    Returns
    -------
    bool
        Whether workers may be forked from it: not where it was there before, since libraries may
        have other numbers of threads in it.
    """
    if _process() is None:
        forkserver.set_forkserver_preload([_START, *_DASK, module])
        resource_tracker.ensure_running()  # or it would be started in the block
        with _set(_ENVIRONMENT | {PARENT: str(os.getpid())}), _deaf():
            forkserver.ensure_running()
        _OWN.add(_process())
        atexit.register(_end, os.getpid())
    return _process() in _OWN


def if_server(load: Callable[[], object]) -> None:
    """Call ``load`` where this process is the server, for a module that it imports.

    What fails there fails in the workers once more, and is told by them.
    """
    if "multiprocessing.forkserver" not in " ".join(sys.orig_argv):
        return
    with suppress(Exception):
        load()
    gc.freeze()  # workers would look through all of it, and copy it by that
    # From here on the server hears Ctrl-C, and ignores it. What came before is dropped.
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, heard)


def environment_of_workers() -> AbstractContextManager[None]:
    """Return a block in which what is started is as a worker is."""
    return _set(_ENVIRONMENT)


@contextmanager
def _set(environment: Mapping[str, str]) -> Iterator[None]:
    missing = environment.keys() - os.environ.keys()
    os.environ.update({name: environment[name] for name in missing})
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)


def _process() -> int | None:
    process: int | None = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    return process


def _end(parent: int) -> None:
    """End it while it still imports, as it would by itself afterwards."""
    process = _process()
    if os.getpid() == parent and process is not None and process in _OWN:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


@contextmanager
def _deaf() -> Iterator[None]:
    """Let what is started in the block not hear Ctrl-C, which would end its imports loudly."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
