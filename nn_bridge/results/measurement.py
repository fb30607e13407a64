"""What every measurement offers: tables, a data set, a figure, sentences, and a folder of these."""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from landscape_sim.columns import Rows, Table
from landscape_sim.report.report import Chart, Report
from landscape_sim.report.writing import REPORT, write_report
from landscape_sim.result_files import results_folder, write_dataset
from landscape_sim.signals import held_signals
from landscape_sim.validation import InputError
from nn_bridge.results.provenance import Provenance

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from landscape_sim.plots.style import AxesLike


@dataclass(frozen=True, kw_only=True)
class Measurement(ABC):
    """A finished measurement, or what there is of one.

    Attributes
    ----------
    provenance : Provenance
        What was measured, and how.
    is_complete : bool
        False if it was interrupted.
    """

    #: Stem of the figure's files.
    figure_name: ClassVar[str]

    provenance: Provenance
    is_complete: bool = True

    @abstractmethod
    def rows(self) -> dict[str, Rows]:
        """Return every table by name, the main one first, a mapping a row."""

    @abstractmethod
    def dataset(self) -> xr.Dataset:
        """Return all numbers with their dimensions, and with scalars as attributes."""

    @abstractmethod
    def plot(self, axes: AxesLike | None = None) -> Figure:
        """Return the figure; drawn on ``axes`` if they are given, as many as it has panels."""

    @abstractmethod
    def printed(self) -> dict[str, Rows]:
        """Return by title the tables that the command prints."""

    @abstractmethod
    def sentences(self) -> list[str]:
        """Return what there is to say about the numbers."""

    def numbers(self) -> dict[str, Any]:
        """Return what the command's JSON holds beside tables and sentences."""
        return {}

    def table(self, name: str | None = None) -> pd.DataFrame:
        """Return a table by its name, by default the main one.

        Raises
        ------
        InputError
            If there is no table of this name.
        """
        import pandas as pd

        tables = self.rows()
        if name is None:
            name = next(iter(tables))
        if name not in tables:
            raise InputError(f"there is no table {name!r}; choose one of {', '.join(tables)}")
        return pd.DataFrame(list(tables[name]))

    def save(self, folder: Path | str) -> Path:
        """Create ``folder`` with ``run.json``, ``results.nc``, tables, figure and ``report.html``.

        Raises
        ------
        InputError
            If it exists already or cannot be created.
        """
        with results_folder(self.provenance, folder, Provenance.write) as results:
            self.write_into(results.path)
            results.is_complete = self.is_complete
        return results.path

    def write_into(self, folder: Path) -> None:
        """Write data set, tables, record and figure into a folder, over what was there.

        An interruption waits for all but the figure.
        """
        with held_signals():
            # Written last: where it is, all is. One of what there was before would say so, too.
            (folder / REPORT).unlink(missing_ok=True)
            self.write_numbers(folder)
            self.provenance.write(folder, is_complete=self.is_complete)
        self.provenance.save_figure(folder, self.figure_name, self.plot())
        write_report(self.report(), folder)

    def write_numbers(self, folder: Path) -> None:
        """Write data set and tables into a folder, over what was there."""
        write_dataset(folder, self.dataset())
        for name, rows in self.rows().items():
            self.provenance.save_table(folder, name, rows)

    def report(self) -> Report:
        """Return what ``report.html`` says: the sentences and tables that the command prints."""
        verdict, *notes = [*self.sentences(), self._data_sentence()]
        tables = [Table(title, rows) for title, rows in self.printed().items()]
        command, settings = self.provenance.command, self.provenance.settings
        name = f"nn-bridge {command}"
        line = self.provenance.command_line
        again = (
            shlex.join(["nn-bridge", *line]) if line else "# from Python, with the settings below"
        )
        return Report(name, verdict, tables, again, notes, settings, self.charts())

    def charts(self) -> dict[str, Chart]:
        """Return the charts that the report has beside the picture, none by default."""
        return {}

    def document(self, folder: Path) -> dict[str, Any]:
        """Return what the command prints of it, once it is in ``folder``."""
        return {
            "command": self.provenance.command,
            "folder": str(folder),
            "is_complete": self.is_complete,
            "settings": self.provenance.settings,
            "data": self.provenance.data.model_dump(),
            **self.numbers(),
            "tables": self.printed(),
            "sentences": [*self.sentences(), self._data_sentence()],
        }

    def _data_sentence(self) -> str:
        data = self.provenance.data
        scaling = "" if data.scaling is None else f"; input scaling: {data.scaling}"
        return f"Data: {data.provenance}{scaling}."
