"""The folder of a run that is gone on with, and that one process at a time fills."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from landscape_sim.files import remove_drafts
from landscape_sim.result_files import (
    NamedStudy,
    ResultsFolder,
    interruptions_naming,
    write_study,
)
from landscape_sim.validation import InputError
from landscape_sim.workers.local import SCRATCH


@contextmanager
def reopened_folder(study: NamedStudy, folder: Path) -> Iterator[ResultsFolder]:
    """Let the block go on filling a results folder, now as one of ``study``.

    What is there stays, whatever happens. The record says that the run is incomplete until the
    block has set ``is_complete``. What a killed writer left half written is removed.

    Raises
    ------
    InputError
        If another process fills the folder, or the disk refuses.
    KeyboardInterrupt
        Where the block was interrupted.
    """
    with alone_in(folder):
        remove_litter(folder)
        write_study(study, folder, is_complete=False)
        results = ResultsFolder(folder)
        try:
            with interruptions_naming(folder):
                yield results
        finally:
            if results.is_complete:
                write_study(study, folder, is_complete=True)


def remove_litter(folder: Path) -> None:
    """Remove from a folder what killed writers and workers have left there."""
    remove_drafts(folder)
    for left in folder.glob(f"{SCRATCH}*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Run the block while no other process fills ``folder``; the lock of who is killed is free.

    Raises
    ------
    InputError
        If another process does.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise InputError(
            f"another process is filling {folder}; wait for it, or stop it first"
        ) from error
    except OSError:  # a file system that has no locks
        pass
    try:
        yield
    finally:
        os.close(handle)
