"""Downloads that survive a lost connection and never leave a wrong file behind."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from landscape_sim.validation import InputError
from nn_bridge.data.sources import Source, SourceFile

_ATTEMPTS = 4
_TIMEOUT_SECONDS = 30.0
_CHUNK = 1 << 16
_PARTIAL_CONTENT = 206
_RANGE_NOT_SATISFIABLE = 416


def download(source: Source, file: SourceFile, data_dir: Path, may_download: bool = True) -> Path:
    """Fetch ``file`` into the folder of ``source`` under ``data_dir`` and return its path.

    The file gets its name only when it is complete and its checksum is the official one.
    What a lost connection left is kept beside it (``.part``) and continued, by the next
    attempt or the next call. Who asks for a file that another process is fetching waits for it.

    Raises
    ------
    InputError
        If downloads are not allowed, the folder cannot be written, the server cannot be
        reached or the checksum is wrong.
    """
    folder = data_dir / source.folder
    if not may_download:
        raise InputError(f"{folder / file.name} is missing; put it there, or name another data_dir")
    import pooch

    pooch.get_logger().setLevel("WARNING")
    part = folder / f".{file.name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder / f".{file.name}.lock"):
            path = pooch.retrieve(
                source.base_url + file.name,
                known_hash=file.archive_hash,
                fname=file.name,
                path=folder,
                downloader=lambda url, output, _: _fetch(url, part, Path(output)),
            )
    except OSError as error:
        raise InputError(
            f"cannot download {file.name} of {source.title} into {folder} ({error}); put it there "
            "by hand, or name another data_dir"
        ) from error
    except ValueError as error:
        raise InputError(
            f"{file.name} from {source.base_url} does not have the official checksum and was "
            "discarded; try again later, or put the file into the data directory by hand"
        ) from error
    return Path(path)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Run the block while no other process does; the system takes the lock from who is killed."""
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
        # Not where the block failed: who waits for this file would not be alone any more.
        lock.unlink(missing_ok=True)


def _fetch(url: str, part: Path, output: Path) -> None:
    """Complete ``part`` from ``url`` in a few attempts, then make it ``output``."""
    for attempt in range(_ATTEMPTS):
        try:
            _continue(url, part)
        except OSError:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.5 * 2**attempt)
        else:
            part.replace(output)
            return


def _continue(url: str, part: Path) -> None:
    """Append to ``part`` what is missing of ``url``; raise OSError where the stream ends early."""
    try:
        _append(url, part)
    except HTTPException as error:
        raise OSError(f"the server broke off: {error!r}") from error


def _append(url: str, part: Path) -> None:
    have = part.stat().st_size if part.exists() else 0
    request = Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response: Any = urlopen(request, timeout=_TIMEOUT_SECONDS)
    except HTTPError as error:
        error.close()
        if error.code == _RANGE_NOT_SATISFIABLE:
            # Nothing follows what is there, or it belongs to another file: begin anew.
            part.unlink()
        raise
    with response:
        is_continued = have > 0 and response.status == _PARTIAL_CONTENT
        expected = response.headers.get("Content-Length")
        received = 0
        with part.open("ab" if is_continued else "wb") as file:
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                received += len(chunk)
    if expected is not None and received < int(expected):
        raise OSError(f"the connection ended after {received} of {expected} bytes")
