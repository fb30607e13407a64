"""A figure's parts, each stored once it is done: what was stopped goes on where it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import xarray as xr

from landscape_sim.files import write_atomically
from landscape_sim.validation import InputError


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
            part = compute()
            if path is not None:
                path.parent.mkdir(exist_ok=True)
                write_atomically(path, part.to_netcdf(engine="h5netcdf"))
        self._done[name] = part
        return part


def _read(path: Path) -> xr.Dataset:
    try:
        with xr.open_dataset(path, engine="h5netcdf") as file:
            return file.load()
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}; delete it, and it is computed again") from error
