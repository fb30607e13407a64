"""What results look like on disk: their folder and its files, never overwritten or half written."""

from __future__ import annotations

import csv
import io
import json
import platform
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from landscape_sim.files import write_atomically
from landscape_sim.signals import held_signals
from landscape_sim.validation import InputError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


_DATASET = "results.nc"
_VERSIONED = ("landscape-sim", "numpy", "numba", "scipy", "xarray", "matplotlib")


class NamedStudy(Protocol):
    """What a results folder needs of a study: a pydantic model with a name."""

    @property
    def name(self) -> str:
        """Names the folder."""

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """Return the configuration."""


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
        What its record will say at the end of the block, which sets it.
    """

    path: Path
    is_complete: bool = False


@contextmanager
def results_folder(
    study: NamedStudy, folder: Path | str | None = None, write_record: RecordWriter | None = None
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
        If the folder exists already or cannot be created or written.
    KeyboardInterrupt
        Where the block was interrupted; it says what is kept.
    """
    write = write_study if write_record is None else write_record
    place = default_folder(study.name) if folder is None else _named(folder)
    made = _missing_parents(place)
    results = ResultsFolder(place)
    record: set[Path] | None = None
    try:
        with held_signals():
            _create(place)
            record = set()
            write(study, place, is_complete=False)
            record = _files(place)
        yield results
        write(study, place, is_complete=results.is_complete)
    except BaseException:
        if record is None:
            raise
        with held_signals():
            if _files(place) == record:
                _remove(place, made)
                raise
            if results.is_complete:
                write(study, place, is_complete=True)
        with interruptions_naming(place):
            raise


@contextmanager
def interruptions_naming(folder: Path | str) -> Iterator[None]:
    """Let an interruption of the block say where that is which was finished."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(kept_in(folder)) from error


def kept_in(folder: Path | str) -> str:
    """Return what is said of a run that did not come to its end."""
    return f"what was finished is in {folder}"


def _named(folder: Path | str) -> Path:
    # An empty text would be the working folder.
    if not isinstance(folder, Path | str) or folder == "":
        raise InputError(
            f"the results folder must be a path, got {folder!r}; name one that does not exist, or "
            "none for results/<study>-<time>"
        )
    return Path(folder)


def _missing_parents(folder: Path) -> list[Path]:
    with suppress(OSError):  # a name that no folder can have: it will not be created
        return [parent for parent in folder.parents if not parent.exists()]
    return []


def _create(folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise InputError(
            f"{folder} exists already and is not overwritten; choose another folder (--out at the "
            "command line)"
        ) from error
    except OSError as error:
        raise InputError(
            f"cannot create the results folder {folder}: {error.strerror}; choose a writable place "
            "(--out at the command line)"
        ) from error


def default_folder(name: str) -> Path:
    """Return ``results/<name>-<time>``, where results go that have no other place."""
    # To the microsecond: several runs may begin within a second.
    return Path("results") / f"{name}-{datetime.now():%Y%m%d-%H%M%S-%f}"


def _files(folder: Path) -> set[Path]:
    return set(filter(Path.is_file, folder.rglob("*")))


def _remove(folder: Path, made: Sequence[Path]) -> None:
    shutil.rmtree(folder)
    with suppress(OSError):  # another run may be in it by now
        for parent in made:
            parent.rmdir()


def write_study(
    study: NamedStudy, folder: Path, *, is_complete: bool, file: str = "study.json"
) -> None:
    """Write the configuration, with versions and machine; ``file`` names what is no study."""
    content = {
        "study": study.model_dump(mode="json"),
        "is_complete": is_complete,
        "versions": installed_versions(_VERSIONED),
        "machine": platform.machine(),
    }
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    write_atomically(folder / file, text.encode())


def write_table(
    folder: Path, name: str, records: Sequence[Mapping[str, Any]], columns: Sequence[str]
) -> None:
    """Write the named columns of ``records`` as ``<name>.csv``; None becomes an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    write_atomically(folder / f"{name}.csv", text.getvalue().encode())


def require_parquet() -> None:
    """Refuse to go on without the library that writes Parquet.

    Raises
    ------
    InputError
        If it is not installed.
    """
    if find_spec("pyarrow") is None:
        raise InputError("Parquet needs pyarrow; pip install 'landscape-sim[parquet]'")


def write_parquet(folder: Path, name: str, table: pd.DataFrame) -> None:
    """Write ``table`` as ``<name>.parquet``; NaN becomes a missing value."""
    write_atomically(folder / f"{name}.parquet", table.to_parquet(engine="pyarrow", index=False))


def write_dataset(folder: Path, dataset: xr.Dataset) -> None:
    """Write ``dataset`` as ``results.nc``, NetCDF-4."""
    # In memory first: on a full disk HDF5 crashes.
    write_atomically(folder / _DATASET, dataset.to_netcdf(engine="h5netcdf"))


def read_dataset(folder: Path) -> xr.Dataset:
    """Return what :func:`write_dataset` left in ``folder``.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    import h5py
    import xarray as xr

    path = folder / _DATASET
    try:
        # Of what it cannot open, h5netcdf would complain again when it lets go of it.
        with h5py.File(path) as raw:
            dict(raw.attrs)
            raw.visititems(lambda _, item: dict(item.attrs))
        with xr.open_dataset(path, engine="h5netcdf") as file:
            return file.load()
    except (OSError, ValueError, LookupError, RuntimeError, TypeError, AttributeError) as error:
        raise InputError(f"cannot read {path}; name a folder that holds results") from error


def installed_versions(names: Sequence[str]) -> dict[str, str]:
    """Return the versions of Python and of the named distributions."""
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
