"""The folder a study leaves behind; nothing in it is ever overwritten or half written."""

from __future__ import annotations

import csv
import io
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from landscape_sim.files import write_atomically
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


class RecordWriter(Protocol):
    """What writes into a folder what was run, and whether to its end."""

    def __call__(self, study: Any, folder: Path, /, *, is_complete: bool) -> None:
        """Write the record, in place of an earlier one."""


@dataclass
class ResultsFolder:
    """A folder that is being filled.

    Attributes
    ----------
    path : Path
        The folder.
    is_complete : bool
        What its record will say once it is filled: the block sets it.
    """

    path: Path
    is_complete: bool = False


@contextmanager
def results_folder(
    study: NamedStudy, folder: Path | None = None, write_record: RecordWriter | None = None
) -> Iterator[ResultsFolder]:
    """Create ``folder``, by default ``results/<study>-<time>``, and let the block fill it.

    The folder has the record of an incomplete run from the start. The block runs the study,
    stores what it has and sets ``is_complete``, which the record then says. If the block raises
    and has stored nothing, the folder is removed, with those above it that were made for it;
    what it has stored stays, as incomplete.

    Parameters
    ----------
    study
        What is run: a pydantic model with a name.
    folder
        Must not exist.
    write_record
        Writes the record; by default ``study.json``: the full configuration, from which the study
        can be run again, with versions and machine.

    Raises
    ------
    InputError
        If the folder exists already or cannot be created.
    """
    write = _write_study if write_record is None else write_record
    above = [Path("results")] if folder is None else list(folder.parents)
    made = [parent for parent in above if not parent.exists()]
    results = ResultsFolder(_create(study, folder))
    write(study, results.path, is_complete=False)
    record = set(results.path.iterdir())
    try:
        yield results
    except BaseException:
        if set(results.path.iterdir()) == record:
            _remove(results.path, made)
        raise
    write(study, results.path, is_complete=results.is_complete)


def _create(study: NamedStudy, folder: Path | None) -> Path:
    if folder is None:
        folder = default_folder(study.name)
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


def default_folder(name: str) -> Path:
    """Return ``results/<name>-<time>``, where results go that have no other place."""
    return Path("results") / f"{name}-{datetime.now():%Y%m%d-%H%M%S}"


def _remove(folder: Path, made: Sequence[Path]) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    with suppress(OSError):  # another run may be in it by now
        for parent in made:
            parent.rmdir()


def _write_study(study: NamedStudy, folder: Path, *, is_complete: bool) -> None:
    content = {
        "study": study.model_dump(mode="json"),
        "is_complete": is_complete,
        "versions": installed_versions(_VERSIONED),
        "machine": platform.machine(),
    }
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    write_atomically(folder / "study.json", lambda path: path.write_text(text, encoding="utf-8"))


def write_table(path: Path, records: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write the named columns of ``records`` as CSV; None becomes an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    write_atomically(path, lambda part: part.write_text(text.getvalue(), encoding="utf-8"))


def write_dataset(path: Path, dataset: xr.Dataset) -> None:
    """Write ``dataset`` as NetCDF-4."""
    write_atomically(path, lambda part: dataset.to_netcdf(part, engine="h5netcdf"))


def installed_versions(names: Sequence[str]) -> dict[str, str]:
    """Return the versions of Python and of the named distributions."""
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
