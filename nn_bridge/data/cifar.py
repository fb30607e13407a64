"""The binary layout of CIFAR-10: records of a label and 3 × 32 × 32 bytes, channel by channel.

Publishers' checksums exist of the archive alone, so data are official only when they are read
from the archive itself; a folder of extracted files cannot be told from a subset. What a
result records is the sha256 of the records, the same from the archive and from the folder.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landscape_sim.validation import InputError
from nn_bridge.data.idx import DataFile
from nn_bridge.data.sources import SourceFile

IMAGE_SHAPE = (3, 32, 32)
_RECORD = 1 + 3 * 32 * 32
_FOLDER = "cifar-10-batches-bin"


def batch_names(train: bool) -> list[str]:
    """Return the names of the files of records, in their order."""
    return [f"data_batch_{i}.bin" for i in range(1, 6)] if train else ["test_batch.bin"]


def read_archive(path: Path, file: SourceFile, train: bool, *, allow_unofficial: bool) -> DataFile:
    """Return all records of ``cifar-10-binary.tar.gz``, checked against the archive's checksum.

    Raises
    ------
    InputError
        If the archive is damaged or incomplete, or not the official one and
        ``allow_unofficial`` is false.
    """
    try:
        compressed = path.read_bytes()
        digest = hashlib.sha256(compressed).hexdigest()
        is_official = f"sha256:{digest}" == file.archive_hash
        if not (is_official or allow_unofficial):
            raise InputError(
                f"{path} is not the official archive (sha256 {digest[:12]}…); delete it to "
                "have it downloaded, or accept it with allow_unofficial"
            )
        # All of it, to the checksum at its end, which a reader of single members never meets.
        content = _members(gzip.decompress(compressed), batch_names(train))
    except (OSError, EOFError, KeyError, zlib.error, tarfile.TarError) as error:
        raise InputError(
            f"{path} cannot be read ({error}); delete it to have it downloaded again"
        ) from error
    return _data_file(content, is_official)


def _members(archive: bytes, names: list[str]) -> bytes:
    """Return the files of these names one after another; nothing is extracted to a path."""
    parts = []
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
        for name in names:
            member = tar.extractfile(f"{_FOLDER}/{name}")
            if member is None:
                raise tarfile.ReadError(f"{name} in it is no file")
            parts.append(member.read())
    return b"".join(parts)


def _data_file(content: bytes, is_official: bool) -> DataFile:
    return DataFile(_FOLDER, content, hashlib.sha256(content).hexdigest(), is_official)


def read_folder(folder: Path, train: bool, *, allow_unofficial: bool) -> DataFile:
    """Return all records of the extracted files in ``folder``: never official, see above.

    Raises
    ------
    InputError
        If ``allow_unofficial`` is false or a file is missing.
    """
    if not allow_unofficial:
        raise InputError(
            f"{folder} holds extracted files, which have no official checksum; put "
            "cifar-10-binary.tar.gz there instead, or accept them with allow_unofficial"
        )
    try:
        content = b"".join((folder / name).read_bytes() for name in batch_names(train))
    except OSError as error:
        raise InputError(f"{folder} is incomplete ({error}); restore the file") from error
    return _data_file(content, is_official=False)


def parse_records(file: DataFile) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return images, shape (N, 3, 32, 32), and labels, shape (N,).

    Raises
    ------
    InputError
        If the length is no multiple of a record's, or a label is above 9.
    """
    if not file.content or len(file.content) % _RECORD:
        raise InputError(
            f"{file.name} holds {len(file.content)} bytes, which is no multiple of a record's "
            f"{_RECORD}; delete it to have it downloaded"
        )
    records = np.frombuffer(file.content, np.uint8).reshape(-1, _RECORD)
    labels = records[:, 0]
    if labels.max() > 9:
        raise InputError(
            f"{file.name} has a label {labels.max()} where CIFAR-10 has 0 to 9; delete it to have "
            "it downloaded"
        )
    return records[:, 1:].reshape(-1, *IMAGE_SHAPE), labels
