"""Dask, where it is installed: the packages do without, and nothing imports it unasked."""

from __future__ import annotations

import logging
import signal
from contextlib import AbstractContextManager
from typing import Any

from landscape_sim.validation import InputError

_REMEDY = "pip install 'landscape-sim[scale]'"


def dask_distributed() -> Any:
    """Return the module ``distributed``.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import distributed
    except ImportError as error:
        raise InputError(f"workers need Dask ({error}); {_REMEDY}") from error
    return distributed


def dask_silenced() -> AbstractContextManager[None]:
    """Return a block in which Dask prints nothing: what goes wrong is raised, or told of a task.

    A cluster by itself is silent until it closes, while its last messages still fail: workers that
    were killed do not answer.
    """
    from distributed.utils import silence_logging_cmgr

    silent: AbstractContextManager[None] = silence_logging_cmgr(logging.CRITICAL)
    return silent


def dask_jobqueue() -> Any:
    """Return the module ``dask_jobqueue``, with Ctrl-C as it was: importing it takes that over.

    Raises
    ------
    InputError
        If it is not installed.
    """
    heard = signal.getsignal(signal.SIGINT)
    try:
        import dask_jobqueue
    except ImportError as error:
        raise InputError(f"a cluster needs dask-jobqueue ({error}); {_REMEDY}") from error
    signal.signal(signal.SIGINT, heard)
    return dask_jobqueue
