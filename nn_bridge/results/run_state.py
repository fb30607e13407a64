"""The state of a run that is under way, in one file: from there it goes on to the same bits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from landscape_sim.validation import InputError
from nn_bridge.training.tensor_files import DamagedFileError, read_tensors, write_tensors

_FILE = "state.safetensors"


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
        write_tensors(folder / _FILE, self.tensors, json.dumps(self.numbers))


def read_state(folder: Path) -> RunState | None:
    """Return the state in a results folder; None where the run had not come so far.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    path = folder / _FILE
    if not path.exists():
        return None
    try:
        tensors, numbers = read_tensors(path)
        return RunState(tensors, json.loads(numbers))
    except (DamagedFileError, OSError, KeyError, ValueError) as error:
        raise InputError(f"{path} is damaged; start the run anew in another folder") from error


def remove_state(folder: Path) -> None:
    """Remove the state of a run that is finished."""
    (folder / _FILE).unlink(missing_ok=True)
