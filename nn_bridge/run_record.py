"""``run.json``: what a measurement was, so that it can be read, cited and repeated."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, ValidationError

from landscape_sim.comparison.results_folder import (
    create_results_folder,
    installed_versions,
    write_atomically,
)
from landscape_sim.validation import InputError
from nn_bridge.checkpoints import DataSpec

_VERSIONED = ("landscape-sim", "torch", "safetensors", "numpy", "scipy", "xarray", "matplotlib")
_FILE = "run.json"


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
    """

    model_config = ConfigDict(frozen=True)

    command: str
    settings: dict[str, Any]
    data: DataSpec
    seeds: dict[str, int]

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
