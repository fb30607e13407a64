"""The folder a study leaves behind; nothing in it is ever overwritten or half written."""

from __future__ import annotations

import csv
import io
import json
import platform
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from landscape_sim.validation import InputError

if TYPE_CHECKING:
    import xarray as xr


class NamedStudy(Protocol):
    """What a results folder needs of a study: a pydantic model with a name."""

    @property
    def name(self) -> str:
        """Names the folder."""

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """Return the configuration."""


_VERSIONED = ("landscape-sim", "numpy", "numba", "scipy", "xarray", "matplotlib")


def create_results_folder(study: NamedStudy, folder: Path | None = None) -> Path:
    """Create and return ``folder``, by default ``results/<study>-<time>``.

    Raises
    ------
    InputError
        If the folder exists already or cannot be created.
    """
    if folder is None:
        folder = Path("results") / f"{study.name}-{datetime.now():%Y%m%d-%H%M%S}"
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise InputError(
            f"{folder} exists already and is not overwritten; choose another --out"
        ) from error
    except OSError as error:
        raise InputError(
            f"cannot create the results folder {folder}: {error.strerror}; choose a writable --out"
        ) from error
    return folder


def write_study(folder: Path, study: NamedStudy, *, is_complete: bool) -> None:
    """Write ``study.json``: the full configuration, from which the study can be run again."""
    content = {
        "study": study.model_dump(mode="json"),
        "is_complete": is_complete,
        "versions": installed_versions(_VERSIONED),
        "machine": platform.machine(),
    }
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    write_atomically(folder / "study.json", lambda path: path.write_text(text, encoding="utf-8"))


def write_table(path: Path, records: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    """Write the named columns of ``records`` as CSV; None becomes an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    write_atomically(path, lambda part: part.write_text(text.getvalue(), encoding="utf-8"))


def write_dataset(path: Path, dataset: xr.Dataset) -> None:
    """Write ``dataset`` as NetCDF-4."""
    write_atomically(path, lambda part: dataset.to_netcdf(part, engine="h5netcdf"))


def write_atomically(path: Path, write: Callable[[Path], Any]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, then move it into place."""
    part = path.with_name(f".{path.name}.part")
    try:
        write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def installed_versions(names: Sequence[str]) -> dict[str, str]:
    """Return the versions of Python and of the named distributions."""
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
