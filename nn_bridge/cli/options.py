"""Options that several commands share; nothing here loads torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_sim.validation import InputError

if TYPE_CHECKING:
    import torch

SamplesOption = Annotated[
    int | None, typer.Option(min=1, help="Use only the first so many samples.")
]
DataDirOption = Annotated[
    Path | None, typer.Option(help="Data directory. [default: NN_BRIDGE_DATA, or the user's own]")
]
UnofficialOption = Annotated[
    bool,
    typer.Option(
        "--allow-unofficial", help="Accept data without the official checksum, and say so."
    ),
]
DeviceOption = Annotated[str, typer.Option(help="cpu or cuda.")]
OutOption = Annotated[
    Path | None,
    typer.Option(help="Folder to create for the results. [default: results/nn-COMMAND-TIME]"),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on stdout, nothing else.")
]


def read_epochs(name: str, text: str | None) -> tuple[int, ...] | None:
    """Return the epochs in ``text``, separated by commas.

    Raises
    ------
    InputError
        If one is no number of epochs.
    """
    if text is None:
        return None
    parts = text.split(",")
    if not all(part.strip().isdecimal() for part in parts):
        raise InputError(f"{name} must be epochs separated by commas, got {text!r}; e.g. 0,50,500")
    return tuple(sorted({int(part) for part in parts}))


def read_numbers(name: str, text: str) -> tuple[float, ...]:
    """Return the numbers in ``text``, separated by commas.

    Raises
    ------
    InputError
        If one is no number.
    """
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"{name} must be numbers separated by commas, got {text!r}") from error


def read_device(name: str) -> torch.device:
    """Return the device, if it is there.

    Raises
    ------
    InputError
        If it is not.
    """
    import torch

    if name == "cpu" or (name == "cuda" and torch.cuda.is_available()):
        return torch.device(name)
    raise InputError(f"--device {name} is not available here; use cpu")
