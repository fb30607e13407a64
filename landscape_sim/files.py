"""A file is there whole, or not at all."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

from landscape_sim.signals import held_signals
from landscape_sim.validation import InputError


def write_atomically(path: Path, content: bytes | memoryview) -> None:
    """Write ``content`` to a temporary file beside ``path``, then move it into place.

    Others see the old file or the new one, and several writers do not disturb each other: the
    temporary file belongs to this thread of this process.

    Raises
    ------
    InputError
        If the disk refuses, because it is full for example; then the old file is there.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    with held_signals():
        try:
            part.write_bytes(content)
            part.replace(path)
        except OSError as error:
            raise InputError(
                f"cannot write {path}: {error.strerror}; make room there, or choose another folder"
            ) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def remove_drafts(folder: Path) -> None:
    """Remove the temporary files that killed writers have left in ``folder`` and below.

    Nobody else may be writing there.
    """
    for part in folder.rglob(".*.part"):
        part.unlink(missing_ok=True)
