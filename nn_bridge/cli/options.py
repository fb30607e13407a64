"""Options that several commands share; nothing here loads torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_sim.validation import InputError

if TYPE_CHECKING:
    import torch

NetworkOption = Annotated[
    str | None, typer.Option(help="mlp-100, fc or cnn. [default: the paper's]")
]
WidthOption = Annotated[
    int | None, typer.Option(help="Hidden units (fc, 2000) or first channels (cnn, 64).")
]
GhostBatchOption = Annotated[
    int | None, typer.Option(help="Normalise by ghost batches of this size; paper: 100.")
]
LearningRateOption = Annotated[
    float | None, typer.Option(help="η. [default: the paper's, or the checkpoint's]")
]
BatchSizeOption = Annotated[int | None, typer.Option(help="B. [default: 100, or the checkpoint's]")]
LossOption = Annotated[
    str | None, typer.Option(help="mean-square or cross-entropy. [default: mean-square]")
]
SeedOption = Annotated[int | None, typer.Option(min=0, help="Of weights and batches. [default: 0]")]
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


def read_window(text: str | None) -> tuple[float, float] | None:
    """Return the two ends in ``text``, ``low:high``; None where there is none.

    Raises
    ------
    InputError
        If they are not two numbers in rising order, the lower one not negative.
    """
    if text is None:
        return None
    try:
        low, high = (float(end) for end in text.split(":"))
    except ValueError as error:
        raise InputError(f"--window must be low:high, got {text!r}; e.g. 0.01:0.3") from error
    if not 0 <= low < high:
        raise InputError(f"--window must be low:high with 0 <= low < high, got {text!r}")
    return low, high


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
