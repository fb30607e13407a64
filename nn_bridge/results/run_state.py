"""The state of a run that is under way, in one file: from there it goes on to the same bits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from landscape_sim.files import write_atomically
from landscape_sim.validation import InputError

_FILE = "state.safetensors"
_NUMBERS, _DIGEST = "nn_bridge", "sha256"


@dataclass(frozen=True)
class RunState:
    """What a run needs beside its settings to go on.

    Attributes
    ----------
    tensors : mapping of str to Tensor
    numbers : dict
        Of JSON; floats keep their bits.
    """

    tensors: Mapping[str, torch.Tensor]
    numbers: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write the state into a results folder, in place of an earlier one.

        Raises
        ------
        InputError
            If the disk refuses.
        """
        from safetensors.torch import save

        tensors = {name: value.detach().cpu().contiguous() for name, value in self.tensors.items()}
        numbers = json.dumps(self.numbers)
        metadata = {_NUMBERS: numbers, _DIGEST: _digest(tensors, numbers)}
        write_atomically(folder / _FILE, save(tensors, metadata))


def read_state(folder: Path) -> RunState | None:
    """Return the state in a results folder; None where the run had not come so far.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / _FILE
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        numbers = metadata[_NUMBERS]
        is_whole = metadata[_DIGEST] == _digest(tensors, numbers)
        state = RunState(tensors, json.loads(numbers))
    except (SafetensorError, OSError, KeyError, ValueError):
        is_whole = False
    if not is_whole:
        raise InputError(f"{path} is damaged; start the run anew in another folder")
    return state


def remove_state(folder: Path) -> None:
    """Remove the state of a run that is finished."""
    (folder / _FILE).unlink(missing_ok=True)


def _digest(tensors: Mapping[str, torch.Tensor], numbers: str) -> str:
    found = hashlib.sha256(numbers.encode())
    for name, value in sorted(tensors.items()):
        found.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        found.update(value.flatten().view(torch.uint8).numpy().tobytes())
    return found.hexdigest()
