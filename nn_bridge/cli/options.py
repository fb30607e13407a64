"""Options that several commands share; nothing here loads torch."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from landscape_sim.console.options import (
    ClusterConfigOption,
    ClusterOption,
    SchedulerOption,
    read_integers,
    read_intervals,
)
from landscape_sim.validation import InputError

if TYPE_CHECKING:
    from landscape_sim.workers.workers import Workers
    from nn_bridge.training.beginning import Place

SamplesOption = Annotated[
    int | None, typer.Option(min=1, help="Use only the first so many samples.")
]
OutOption = Annotated[
    Path | None,
    typer.Option(help="Folder to create for the results. [default: results/nn-COMMAND-TIME]"),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on stdout, nothing else.")
]
UnofficialOption = Annotated[
    bool,
    typer.Option(
        "--allow-unofficial", help="Accept data without the official checksum, and say so."
    ),
]


#: What a refusal calls an argument, as a pattern, and the option of the command line.
_OPTIONS = {
    "^device": "--device",
    "^method": "--method",
    "(?<=with )allow_unofficial": "--allow-unofficial",
    "(?<=with )data_dir": "--data-dir",
    "(?<=another )data_dir": "--data-dir",
    "alignment_samples": "--alignment-samples",
    "fewer samples": "fewer --samples",
    "look_every": "--look-every",
    "max_steps": "--max-steps",
    "n_curvatures": "--curvatures",
    "n_directions": "--directions",
    "n_eigenvalues": "--eigenvalues",
    "n_probes": "--probes",
    "n_replicas": "--replicas",
    "n_steps": "--steps",
    "relative_error": "--relative-error",
}


@dataclass(frozen=True)
class TrainingOptions:
    """How to train; None is the paper's setting, or the checkpoint's."""

    network: Annotated[
        str | None, typer.Option(help="mlp, mlp-100, fc or cnn. [default: the paper's]")
    ] = None
    hidden: Annotated[
        str | None, typer.Option(help="Hidden layers of mlp, e.g. 10 or 100,100,100.")
    ] = None
    width: Annotated[
        int | None, typer.Option(help="Hidden units (fc, 2000) or first channels (cnn, 64).")
    ] = None
    ghost_batch_size: Annotated[
        int | None, typer.Option(help="Normalise by ghost batches of this size; paper: 100.")
    ] = None
    samples: SamplesOption = None
    scaling: Annotated[
        str | None,
        typer.Option(help="Of the pixels: unit (over 255) or standardised. [default: unit]"),
    ] = None
    learning_rate: Annotated[
        float | None, typer.Option(help="η. [default: the paper's, or the checkpoint's]")
    ] = None
    batch_size: Annotated[
        int | None, typer.Option(help="B. [default: 100, or the checkpoint's]")
    ] = None
    loss: Annotated[
        str | None, typer.Option(help="mean-square or cross-entropy. [default: mean-square]")
    ] = None
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of weights and batches. [default: 0]")
    ] = None

    def given(self) -> dict[str, Any]:
        """Return the options that were given, the hidden layers as numbers."""
        read = {**asdict(self), "hidden": read_integers("--hidden", self.hidden)}
        return {name: value for name, value in read.items() if value is not None}


@dataclass(frozen=True)
class PlaceOptions:
    """Where the data are, and where to compute."""

    data_dir: Annotated[
        Path | None,
        typer.Option(help="Data directory. [default: NN_BRIDGE_DATA, or the user's own]"),
    ] = None
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu"

    def place(self) -> Place:
        """Return both, as measurements take them."""
        from nn_bridge.training.beginning import Place

        return Place(self.data_dir, self.device)


@dataclass(frozen=True)
class WorkersOptions:
    """Who computes the parts of a measurement."""

    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Share the parts among so many processes, of one thread each. Needs the extra "
            "scale.",
        ),
    ] = None
    scheduler: SchedulerOption = None
    cluster: ClusterOption = None
    cluster_config: ClusterConfigOption = None

    def chosen(self) -> Workers | None:
        """Return them, None where none is named."""
        from landscape_sim.workers.workers import chosen_workers

        return chosen_workers(self.workers, self.scheduler, self.cluster, self.cluster_config)


@dataclass(frozen=True)
class OutputOptions:
    """Where the results go."""

    out: OutOption = None
    as_json: JsonOption = False


def with_shared_options(command: Callable[..., None]) -> Callable[..., None]:
    """Let ``command`` take records of options: to Typer it has their fields as arguments.

    The option that several commands have stands in one place, and its help after that of their own.
    """
    hints = get_type_hints(command, include_extras=True)
    parameters: list[inspect.Parameter] = []
    shared: list[inspect.Parameter] = []
    records: dict[str, type] = {}
    for parameter in inspect.signature(command).parameters.values():
        kind = hints[parameter.name]
        if is_dataclass(kind) and isinstance(kind, type):
            records[parameter.name] = kind
            own = get_type_hints(kind, include_extras=True)
            shared += [
                inspect.Parameter(
                    field.name,
                    inspect.Parameter.KEYWORD_ONLY,
                    default=field.default,
                    annotation=own[field.name],
                )
                for field in fields(kind)
            ]
        else:
            parameters.append(
                parameter.replace(annotation=kind, kind=inspect.Parameter.KEYWORD_ONLY)
            )

    def call(**given: Any) -> None:
        for name, kind in records.items():
            own = {field.name: given.pop(field.name) for field in fields(kind)}
            given[name] = kind(**own)
        try:
            command(**given)
        except InputError as refusal:
            raise InputError(_in_options(str(refusal))) from refusal

    call.__name__, call.__doc__ = command.__name__, command.__doc__
    call.__signature__ = inspect.Signature([*parameters, *shared])  # type: ignore[attr-defined]
    return call


def _in_options(line: str) -> str:
    """Return a refusal with the options of the command line for the arguments behind them."""
    for argument, option in _OPTIONS.items():
        line = re.sub(rf"{argument}\b", option, line)
    return line


def read_epochs(name: str, text: str | None) -> tuple[int, ...] | None:
    """Return the epochs in ``text``, separated by commas, in rising order.

    Raises
    ------
    InputError
        If one is no number of epochs.
    """
    epochs = read_integers(name, text)
    if epochs is None:
        return None
    if min(epochs) < 0:
        raise InputError(f"{name} must be epochs separated by commas, got {text!r}; e.g. 0,50,500")
    return tuple(sorted(set(epochs)))


def read_window(text: str | None) -> tuple[float, float] | None:
    """Return the two ends in ``text``, ``low:high``; None where there is none.

    Raises
    ------
    InputError
        If they are not two numbers in rising order, the lower one not negative.
    """
    found = read_intervals("--window", text)
    if found is None:
        return None
    if len(found) != 1 or not 0 <= found[0][0] < found[0][1]:
        raise InputError(
            f"--window must be low:high with 0 <= low < high, got {text!r}; e.g. 0.01:0.3"
        )
    return found[0]
