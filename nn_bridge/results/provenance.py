"""``run.json``: where a result comes from, so that it can be read, cited and repeated."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from pydantic import BaseModel, ConfigDict

from landscape_sim.files import write_atomically
from landscape_sim.report.writing import REPORT
from landscape_sim.result_files import installed_versions, write_table
from landscape_sim.validation import InputError
from nn_bridge.data.datasets import Dataset
from nn_bridge.data.description import DataSpec
from nn_bridge.results.command_line import command_line
from nn_bridge.training.beginning import WeightsOrigin
from nn_bridge.training.checkpoints import Checkpoint, TrainingRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_VERSIONED = ("landscape-sim", "torch", "safetensors", "numpy", "scipy", "xarray", "matplotlib")
_FILE = "run.json"
#: Column of every table.
_ORIGIN = "data_are_official"


_Model = TypeVar("_Model", bound=BaseModel)


class _Completeness(BaseModel):
    is_complete: bool


class _CommandLine(BaseModel):
    command_line: tuple[str, ...] = ()


class CheckpointOrigin(BaseModel):
    """A checkpoint that was measured: which file, and how its weights came about.

    Attributes
    ----------
    path : str
        Absolute.
    sha256 : str
        Of the file.
    training : TrainingRecord
        The record inside it, without the losses of its epochs.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    sha256: str
    training: TrainingRecord

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> CheckpointOrigin:
        """Return the origin of ``checkpoint``."""
        return cls(
            path=str(checkpoint.path.resolve()),
            sha256=checkpoint.sha256,
            training=checkpoint.record.model_copy(update={"losses": ()}),
        )


class Provenance(BaseModel):
    """Which measurement it was, of what, and how.

    Attributes
    ----------
    command : str
        The command of ``nn-bridge`` that does the same.
    settings : dict
        All options, defaults filled in.
    data : DataSpec
        Name, size, checksums and origin of the data.
    seeds : dict
        Every seed by its use.
    checkpoints : tuple of CheckpointOrigin
        What was measured, or where the run began; none for a run from scratch.
    device : str
        Where the network was evaluated.
    threads : int or None
        Of torch, where others than this process compute. Sums depend on how many they are split
        between.
    command_line : tuple of str
        Of ``nn-bridge``, which repeats it; empty where Python asked.
    """

    model_config = ConfigDict(frozen=True)

    command: str
    settings: dict[str, Any]
    data: DataSpec
    seeds: dict[str, int]
    checkpoints: tuple[CheckpointOrigin, ...] = ()
    device: str = "cpu"
    threads: int | None = None
    command_line: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """Data and their number, for titles."""
        return f"{self.data.name}, N = {self.data.samples}"

    @property
    def name(self) -> str:
        """Stem of the results folder."""
        return f"nn-{self.command}"

    def save_table(self, folder: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write ``rows``, if any, as CSV, with a column that says whether the data are official."""
        if rows:
            marked = [{**row, _ORIGIN: self.data.is_official} for row in rows]
            write_table(folder, name, marked, list(marked[0]))

    def save_figure(self, folder: Path, name: str, figure: Figure) -> None:
        """Write ``figure`` as PNG and SVG, with a note where the data are an unofficial copy."""
        from landscape_sim.plots.style import save_figure

        if not (self.data.is_official or self.data.is_own):
            figure.supxlabel(
                f"{self.data.name}: UNOFFICIAL COPY of the data",
                x=0.99,
                ha="right",
                fontsize=8,
                color="0.35",
            )
        save_figure(figure, folder, name)

    def write(self, folder: Path, *, is_complete: bool) -> None:
        """Write ``run.json``, with versions, threads and machine, into ``folder``."""
        content = {
            **self.model_dump(mode="json"),
            "is_complete": is_complete,
            "versions": installed_versions(_VERSIONED),
            "threads": self.threads or torch.get_num_threads(),
            "machine": platform.machine(),
        }
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        write_atomically(folder / _FILE, text.encode())


def provenance_of(
    command: str,
    settings: dict[str, Any],
    dataset: Dataset,
    *,
    seeds: dict[str, int],
    origins: Sequence[WeightsOrigin] = (),
) -> Provenance:
    """Return the provenance of a measurement on ``dataset`` of weights from ``origins``."""
    read = [origin.checkpoint for origin in origins if origin.checkpoint is not None]
    # Checkpoints measured together are of one run.
    behind = {"weights and batches": read[0].record.seed} if read else {}
    return Provenance(
        command=command,
        settings=settings,
        data=DataSpec.of(dataset),
        seeds={**seeds, **behind},
        checkpoints=tuple(map(CheckpointOrigin.of, read)),
        device=str(dataset.inputs.device),
        command_line=command_line(),
    )


def read_provenance(folder: Path) -> Provenance:
    """Return what ``run.json`` in ``folder`` says.

    Raises
    ------
    InputError
        If there is none, or it was not written by ``nn_bridge``.
    """
    return _read_run(folder, Provenance).model_copy(update={"threads": None})


def command_line_in(folder: Path) -> tuple[str, ...]:
    """Return the command line that ``run.json`` in ``folder`` names; none where there is none."""
    try:
        return _read_run(folder, _CommandLine).command_line
    except InputError:
        return ()


def begin_anew(provenance: Provenance, folder: Path) -> Callable[[], None]:
    """Let the folder say that its run is incomplete; what is stopped then can be resumed.

    Returns
    -------
    callable
        Lets it say what it said before.
    """
    said = (folder / _FILE).read_bytes()
    provenance.write(folder, is_complete=False)
    return lambda: write_atomically(folder / _FILE, said)


@contextmanager
def settings_again(folder: Path) -> Iterator[None]:
    """Let the block read what ``run.json`` says of settings; what cannot be, is damaged.

    Raises
    ------
    InputError
        If the block stumbles.
    """
    try:
        yield
    except InputError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"the run.json in {folder} is damaged; begin anew in another folder"
        ) from error


def has_record(folder: Path) -> bool:
    """Return whether a measurement was begun in ``folder``."""
    return (folder / _FILE).is_file()


def is_complete(folder: Path) -> bool:
    """Return whether ``run.json`` in ``folder`` is of a measurement that was finished.

    Raises
    ------
    InputError
        As :func:`read_provenance` does.
    """
    return _read_run(folder, _Completeness).is_complete


def is_whole(folder: Path) -> bool:
    """Return whether all files of a finished measurement are in ``folder``.

    What is killed while it draws its figures has all its numbers, and says so.

    Raises
    ------
    InputError
        As :func:`read_provenance` does.
    """
    return is_complete(folder) and (folder / REPORT).is_file()


def _read_run(folder: Path, kind: type[_Model]) -> _Model:
    try:
        return kind.model_validate_json((folder / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{folder} has no readable run.json; name a folder that nn-bridge wrote"
        ) from error
