"""``run.json``: what a measurement was, so that it can be read, cited and repeated."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from pydantic import BaseModel, ConfigDict, ValidationError

from landscape_sim.files import write_atomically
from landscape_sim.results_folder import (
    create_results_folder,
    installed_versions,
    write_table,
)
from landscape_sim.validation import InputError
from nn_bridge.training.checkpoints import Checkpoint, DataSpec, TrainingRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_VERSIONED = ("landscape-sim", "torch", "safetensors", "numpy", "scipy", "xarray", "matplotlib")
_FILE = "run.json"
#: Column of every table.
_ORIGIN = "data_are_official"


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


class RunRecord(BaseModel):
    """One run of a command of ``nn-bridge``.

    Attributes
    ----------
    command : str
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
    """

    model_config = ConfigDict(frozen=True)

    command: str
    settings: dict[str, Any]
    data: DataSpec
    seeds: dict[str, int]
    checkpoints: tuple[CheckpointOrigin, ...] = ()
    device: str = "cpu"

    @property
    def name(self) -> str:
        """Stem of the results folder."""
        return f"nn-{self.command}"

    def create_folder(self, out: Path | None = None) -> Path:
        """Create and return ``out``, by default ``results/nn-<command>-<time>``.

        Raises
        ------
        InputError
            If it exists already or cannot be created.
        """
        return create_results_folder(self, out)

    @contextmanager
    def started_folder(self, out: Path | None = None) -> Iterator[Path]:
        """Create the folder with an incomplete ``run.json`` before anything is measured.

        The block measures, stores what it has and calls :meth:`write`. If it raises and has
        stored nothing, the folder is removed, with those above it that were made for it; what
        it has stored stays.

        Raises
        ------
        InputError
            As :meth:`create_folder` does.
        """
        above = [Path("results")] if out is None else list(out.parents)
        made = [parent for parent in above if not parent.exists()]
        folder = self.create_folder(out)
        self.write(folder, is_complete=False)
        try:
            yield folder
        except BaseException:
            if [path.name for path in folder.iterdir()] == [_FILE]:
                (folder / _FILE).unlink()
                folder.rmdir()
                with suppress(OSError):  # another run may be in it by now
                    for parent in made:
                        parent.rmdir()
            raise

    def save_table(self, folder: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write ``rows``, if any, as CSV, with a column that says whether the data are official."""
        if rows:
            marked = [{**row, _ORIGIN: self.data.is_official} for row in rows]
            write_table(folder / name, marked, list(marked[0]))

    def save_figure(self, folder: Path, name: str, figure: Figure) -> None:
        """Write ``figure`` as PNG and SVG, with a note where the data are an unofficial copy."""
        from landscape_sim.plots.style import save_figure

        if not self.data.is_official:
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
            # Sums depend on how many threads they are split between.
            "threads": torch.get_num_threads(),
            "machine": platform.machine(),
        }
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        write_atomically(folder / _FILE, lambda part: part.write_text(text, encoding="utf-8"))


def read_run_record(folder: Path) -> RunRecord:
    """Return the record in ``folder``.

    Raises
    ------
    InputError
        If there is none, or it was not written by ``nn-bridge``.
    """
    try:
        return RunRecord.model_validate_json((folder / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise InputError(
            f"{folder} has no readable run.json; name a folder that nn-bridge wrote"
        ) from error
