"""Measure, and leave a results folder: also of what there is when something goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from landscape_sim.result_files import results_folder
from landscape_sim.validation import InputError
from nn_bridge.results.measurement import Measurement
from nn_bridge.results.provenance import Provenance

Measured = TypeVar("Measured", bound=Measurement)


class Keeper:
    """Where a measurement puts what it has so far.

    Attributes
    ----------
    folder : Path or None
        The results folder, if there is one.
    latest : Measurement or None
        What was kept last.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.latest: Measurement | None = None

    def remember(self, partial: Measurement) -> None:
        """Remember ``partial``, to be written should what follows go wrong."""
        self.latest = partial

    def keep(self, partial: Measurement) -> None:
        """Remember ``partial``, and write its tables at once: the next part may take hours.

        After a complete one nothing follows; :func:`measure_and_store` writes it.
        """
        self.remember(partial)
        if self.folder is not None and not partial.is_complete:
            partial.write_into(self.folder, with_figure=False)


def measure_and_store(
    provenance: Provenance, out: Path | str | None, measure: Callable[[Keeper], Measured]
) -> Measured:
    """Return what ``measure`` returns; with ``out``, also leave it in this new folder.

    On Ctrl-C the result is what was kept last. Whatever else goes wrong, the folder has it.

    Parameters
    ----------
    provenance : Provenance
        Of the measurement: in the folder from the start.
    out : path or None
        Folder to create; nothing is written where it is None.
    measure : callable
        Given a :class:`Keeper`.

    Raises
    ------
    InputError
        If the folder exists already or cannot be created, before anything is measured.
    """
    if out is None:
        return _to_the_end_or_stopped(measure, Keeper(None))
    with results_folder(provenance, out, Provenance.write) as results:
        keeper = Keeper(results.path)
        try:
            found = _to_the_end_or_stopped(measure, keeper)
        except BaseException as error:
            if keeper.latest is None:
                raise
            keeper.latest.write_into(results.path)
            if isinstance(error, InputError):
                raise InputError(f"{error}; what was measured is in {results.path}") from error
            raise
        found.write_into(results.path)
        results.is_complete = found.is_complete
    return found


def _to_the_end_or_stopped(measure: Callable[[Keeper], Measured], keeper: Keeper) -> Measured:
    try:
        return measure(keeper)
    except KeyboardInterrupt:
        if keeper.latest is None:
            raise
        # A measurement keeps results of its own kind only.
        return keeper.latest  # type: ignore[return-value]
