"""A figure's parts, each stored once it is done: what was stopped goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import xarray as xr

from landscape_sim.files import write_atomically
from landscape_sim.validation import InputError

#: Attribute of a part: processor time that it took, of all threads.
_SECONDS = "processor_seconds"


class Parts:
    """Results by name, in a folder if there is one.

    Parameters
    ----------
    folder : Path or None
        Of the figure; the parts lie in ``parts`` inside it.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = None if folder is None else folder / "parts"
        self._done: dict[str, xr.Dataset] = {}

    def get(self, name: str, compute: Callable[[], xr.Dataset]) -> xr.Dataset:
        """Return the part of this name; it is computed if it is not there.

        Raises
        ------
        InputError
            If its file cannot be read, and whatever ``compute`` raises.
        """
        if name in self._done:
            return self._done[name]
        path = None if self._folder is None else self._folder / f"{name}.nc"
        if path is not None and path.exists():
            part = _read(path)
        else:
            began = time.process_time()
            part = compute()
            part.attrs[_SECONDS] = time.process_time() - began
            if path is not None:
                path.parent.mkdir(exist_ok=True)
                write_atomically(path, part.to_netcdf(engine="h5netcdf"))
        self._done[name] = part
        return part


def cost_of(parts: Iterable[xr.Dataset]) -> str:
    """Return the sentence on what the parts cost, when they were computed."""
    seconds = [part.attrs[_SECONDS] for part in parts]
    return f"Cost: {sum(seconds):.0f} s of processor time for {len(seconds)} parts."


def _read(path: Path) -> xr.Dataset:
    try:
        with xr.open_dataset(path, engine="h5netcdf") as file:
            return file.load()
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}; delete it, and it is computed again") from error
