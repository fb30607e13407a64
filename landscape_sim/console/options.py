"""Options that many commands have, and lists in the text of one: numbers separated by commas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar, overload

import typer

from landscape_sim.validation import InputError

StudyOption = Annotated[
    Path | None,
    typer.Option("--study", help="A TOML or JSON file, or study.json of an earlier run."),
]
OutOption = Annotated[
    Path | None,
    typer.Option(help="Folder to create for the results. [default: results/STUDY-TIME]"),
]
ResumeOption = Annotated[
    Path | None,
    typer.Option(help="Folder of an earlier run: compute what is missing there, and nothing else."),
]
OpenOption = Annotated[
    bool, typer.Option("--open", help="Open the report in a browser when all is done.")
]
ThreadsOption = Annotated[
    int | None,
    typer.Option(min=1, help="Threads; no number depends on it. [default: one a core]"),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        help="Share the cases among so many processes, of one thread each unless --n-threads says "
        "more. Needs the extra scale.",
    ),
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(help="Address of a running Dask scheduler that you trust; its workers answer."),
]
ClusterOption = Annotated[
    str | None, typer.Option(help="slurm: the workers are jobs of that cluster.")
]
ClusterConfigOption = Annotated[
    Path | None,
    typer.Option(help="TOML file with the arguments of dask_jobqueue.SLURMCluster."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on stdout, nothing else.")
]

Item = TypeVar("Item")


@overload
def read_numbers(option: str, text: str) -> tuple[float, ...]: ...
@overload
def read_numbers(option: str, text: None) -> None: ...
def read_numbers(option: str, text: str | None) -> tuple[float, ...] | None:
    """Return the numbers in ``text``, separated by commas; None where there is no text.

    Raises
    ------
    InputError
        If one is no number.

    Examples
    --------
    >>> read_numbers("--start", "-1,0.5")
    (-1.0, 0.5)
    """
    return None if text is None else _read(option, text, float, "numbers", "1,2")


@overload
def read_integers(option: str, text: str) -> tuple[int, ...]: ...
@overload
def read_integers(option: str, text: None) -> None: ...
def read_integers(option: str, text: str | None) -> tuple[int, ...] | None:
    """Return the integers in ``text``, separated by commas; None where there is no text.

    Raises
    ------
    InputError
        If one is no integer.
    """
    return None if text is None else _read(option, text, int, "integers", "1,2")


@overload
def read_intervals(option: str, text: str) -> tuple[tuple[float, float], ...]: ...
@overload
def read_intervals(option: str, text: None) -> None: ...
def read_intervals(option: str, text: str | None) -> tuple[tuple[float, float], ...] | None:
    """Return the pairs ``low:high`` in ``text``, separated by commas; None where there is no text.

    Raises
    ------
    InputError
        If one is no pair of numbers.

    Examples
    --------
    >>> read_intervals("--domain", "-3:3,0:2")
    ((-3.0, 3.0), (0.0, 2.0))
    """
    return None if text is None else _read(option, text, _interval, "low:high", "-3:3,-2:2")


def _interval(part: str) -> tuple[float, float]:
    low, high = part.split(":")
    return float(low), float(high)


def _read(
    option: str, text: str, item: Callable[[str], Item], noun: str, example: str
) -> tuple[Item, ...]:
    try:
        return tuple(item(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(
            f"{option} must be {noun} separated by commas, got {text!r}; e.g. {option}={example}"
        ) from error
