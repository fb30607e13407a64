"""Files of tensors: safetensors with a text and a checksum of both; no pickle."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch

from landscape_sim.files import write_atomically

#: Of metadata; a second one would let the order of the two, and so the bytes, depend on chance.
_KEY = "nn_bridge"
_HEX_DIGITS = 64


class DamagedFileError(ValueError):
    """A file that is cut short, or whose bits are not those that were written."""


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor], text: str) -> None:
    """Write ``tensors`` and ``text`` to ``path``, which is never half written.

    Raises
    ------
    InputError
        If the disk refuses.
    """
    from safetensors.torch import save

    written = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    write_atomically(path, save(written, {_KEY: f"{_digest(written, text)} {text}"}))


def read_tensors(path: Path) -> tuple[dict[str, torch.Tensor], str]:
    """Return the tensors in the file at ``path``, and its text.

    Files from before there was a checksum are taken as they are.

    Raises
    ------
    DamagedFileError
        If the file is not as it was written.
    KeyError
        If it was not written by :func:`write_tensors`.
    OSError
        If it cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
            # A copy lies where torch lays tensors, at a multiple of 64 bytes. Products of what lies
            # otherwise, as in a file, differ in their last bits.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise DamagedFileError(str(error)) from error
    text = metadata[_KEY]
    if text.startswith("{"):
        return tensors, text
    digest, text = text[:_HEX_DIGITS], text[_HEX_DIGITS + 1 :]
    if digest != _digest(tensors, text):
        raise DamagedFileError("its checksum differs from that of what was written")
    return tensors, text


def _digest(tensors: Mapping[str, torch.Tensor], text: str) -> str:
    found = hashlib.sha256(text.encode())
    for name, value in sorted(tensors.items()):
        found.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        found.update(value.flatten().view(torch.uint8).numpy().tobytes())
    return found.hexdigest()
