"""Measure, and leave a results folder: also of what there is when something goes wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from landscape_sim.comparison.resuming import alone_in, remove_litter
from landscape_sim.result_files import kept_in, results_folder
from landscape_sim.signals import held_signals
from landscape_sim.validation import InputError
from nn_bridge.results.measurement import Measurement
from nn_bridge.results.provenance import Provenance, begin_anew
from nn_bridge.results.run_state import RunState, remove_state

Measured = TypeVar("Measured", bound=Measurement)
#: What is kept in passing is kept at most once in so many times the time that it takes.
_LEAST_TIMES_COST = 20.0


class Keeper:
    """Where a measurement puts what it has so far.

    Attributes
    ----------
    folder : Path or None
        The results folder, if there is one.
    latest : Measurement or None
        What was kept last.
    has_written : bool
        Whether the folder has other tables than before.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.latest: Measurement | None = None
        self.has_written = False
        self._kept_at, self._cost = time.monotonic(), 0.0

    def keep(self, partial: Measurement, *, is_new: bool = True) -> None:
        """Remember ``partial``, and write its tables at once: the next part may take hours.

        Not so where nothing in it is new. After a complete one nothing follows;
        :func:`measure_and_store` writes it.
        """
        self.latest = partial
        if self.folder is not None and is_new and not partial.is_complete:
            self.has_written = True
            began = time.monotonic()
            with held_signals():
                partial.write_numbers(self.folder)
            self._kept_at = time.monotonic()
            self._cost = self._kept_at - began

    def keep_in_passing(
        self, partial: Callable[[], Measurement], state: Callable[[], RunState]
    ) -> None:
        """Keep what ``partial`` returns, if no more than a twentieth of the time goes into that.

        For what is called after every step: what is killed loses the step under way, or as much
        time as twenty times keeping takes. From the ``state`` it can go on.
        """
        if self.folder is not None and self._is_cheap():
            began = time.monotonic()
            with held_signals():
                self.keep(partial())
                state().write(self.folder)
            self._kept_at = time.monotonic()
            self._cost = self._kept_at - began

    def _is_cheap(self) -> bool:
        return time.monotonic() - self._kept_at >= _LEAST_TIMES_COST * self._cost


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
    with results_folder(provenance, out, Provenance.write) as results, alone_in(results.path):
        keeper = Keeper(results.path)
        try:
            found = _to_the_end_or_stopped(measure, keeper)
        except BaseException as error:
            if keeper.latest is None:
                raise
            keeper.latest.write_into(results.path)
            if isinstance(error, InputError):
                raise InputError(f"{error}; {kept_in(results.path)}") from error
            raise
        found.write_into(results.path)
        results.is_complete = found.is_complete
        if found.is_complete:
            remove_state(results.path)
    return found


def resume_and_store(
    provenance: Provenance, folder: Path, measure: Callable[[Keeper], Measured]
) -> Measured:
    """Return what ``measure`` returns and leave it in the folder, where it was begun.

    Parameters
    ----------
    provenance : Provenance
        Of the measurement, read from the folder.
    folder : Path
    measure : callable
        Given a :class:`Keeper`; it goes on from the state in the folder.

    Raises
    ------
    InputError
        If another process fills the folder, or as ``measure`` does. What there was stays, unless
        something new was kept by then: then the folder has that, and says that it is incomplete.
    """
    with alone_in(folder):
        remove_litter(folder)
        # Before the first step: what is stopped again can be resumed again.
        take_back, keeper = begin_anew(provenance, folder), Keeper(folder)
        try:
            found = _to_the_end_or_stopped(measure, keeper)
        except InputError as error:
            if keeper.latest is None or not keeper.has_written:
                take_back()
                raise
            keeper.latest.write_into(folder)
            raise InputError(f"{error}; {kept_in(folder)}") from error
        found.write_into(folder)
        provenance.write(folder, is_complete=found.is_complete)
        if found.is_complete:
            remove_state(folder)
    return found


def _to_the_end_or_stopped(measure: Callable[[Keeper], Measured], keeper: Keeper) -> Measured:
    try:
        return measure(keeper)
    except KeyboardInterrupt:
        if keeper.latest is None:
            raise
        # A measurement keeps results of its own kind only.
        return keeper.latest  # type: ignore[return-value]
