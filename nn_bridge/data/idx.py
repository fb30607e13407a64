"""The idx layout of MNIST and Fashion-MNIST: a header of sizes, then unsigned bytes."""

from __future__ import annotations

import gzip
import hashlib
import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landscape_sim.validation import InputError
from nn_bridge.data.sources import SourceFile

_UNSIGNED_BYTE = 8


@dataclass(frozen=True)
class DataFile:
    """Bytes of a data file with their checksum, and whether they are the official ones."""

    name: str
    content: bytes
    sha256: str
    is_official: bool


def locate(folder: Path, file: SourceFile) -> Path | None:
    """Return where ``file`` lies in ``folder``, compressed or not; None where it is absent."""
    for name in (file.name, file.name.removesuffix(".gz")):
        if (folder / name).is_file():
            return folder / name
    return None


def read_checked(path: Path, file: SourceFile, *, allow_unofficial: bool) -> DataFile:
    """Return the decompressed bytes of ``file`` after comparing their sha256 with the official one.

    Raises
    ------
    InputError
        If the file cannot be read or decompressed, or is not the official one and
        ``allow_unofficial`` is false.
    """
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{path} cannot be read ({error}); delete it to have it downloaded again"
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != file.content_sha256 and not allow_unofficial:
        raise InputError(
            f"{path} is not the official file (sha256 {digest[:12]}…, official "
            f"{str(file.content_sha256)[:12]}…); delete it to have it downloaded, or accept it "
            "with allow_unofficial"
        )
    return DataFile(file.name.removesuffix(".gz"), content, digest, digest == file.content_sha256)


def parse_idx(file: DataFile, n_dimensions: int) -> NDArray[np.uint8]:
    """Return the array in an idx file: two zero bytes, type, number of axes, sizes, bytes.

    Raises
    ------
    InputError
        If the header does not announce unsigned bytes on ``n_dimensions`` axes, or the
        length is another than it says.

    References
    ----------
    Y. LeCun, C. Cortes, C. Burges, *The MNIST database*, "file formats".
    """
    start = 4 + 4 * n_dimensions
    expected_magic = bytes([0, 0, _UNSIGNED_BYTE, n_dimensions])
    if len(file.content) < start or file.content[:4] != expected_magic:
        raise InputError(
            f"{file.name} is no idx file of unsigned bytes on {n_dimensions} axes (it begins "
            f"{file.content[:4].hex()}); delete it to have it downloaded"
        )
    shape = struct.unpack(f">{n_dimensions}I", file.content[4:start])
    if len(file.content) != start + math.prod(shape):
        raise InputError(
            f"{file.name} holds {len(file.content) - start} values where its header announces "
            f"{math.prod(shape)}; delete it to have it downloaded"
        )
    return np.frombuffer(file.content, np.uint8, offset=start).reshape(shape)
