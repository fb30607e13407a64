"""What a study found: tables, verdicts, a dataset, and the folder that holds them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from landscape_sim.comparison.escapes.case import CaseResult
from landscape_sim.comparison.escapes.case_columns import CASE_COLUMNS
from landscape_sim.comparison.escapes.columns import Row, rows, stored_names
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.comparison.escapes.sweep_columns import SWEEP_COLUMNS
from landscape_sim.comparison.escapes.tables import to_dataset
from landscape_sim.comparison.escapes.verdict import SweepVerdict, judge
from landscape_sim.results_folder import results_folder, write_dataset, write_table

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

#: Of ``timings.csv``. Wall times are apart: the table of a repeated study is the same file.
_TIMINGS = ("landscape", "learning_rate", "batch_size", "loss_ratio", "wall_seconds")


@dataclass(frozen=True, eq=False)
class StudyResult:
    """The finished cases of a study, and what they say.

    Attributes
    ----------
    study : Study
        What was asked for.
    cases : tuple of CaseResult
        In the order in which they were run.
    is_complete : bool
        False if the run was interrupted.
    """

    study: Study
    cases: tuple[CaseResult, ...]
    is_complete: bool

    @cached_property
    def case_rows(self) -> tuple[Row, ...]:
        """One mapping a case, with what is only printed."""
        return tuple(rows(CASE_COLUMNS, self.cases))

    @cached_property
    def sweep_rows(self) -> tuple[Row, ...]:
        """One mapping a sweep, with what is only printed."""
        return tuple(rows(SWEEP_COLUMNS, self._verdicts))

    @cached_property
    def _verdicts(self) -> tuple[SweepVerdict, ...]:
        return judge(self.cases)

    def verdicts(self) -> tuple[SweepVerdict, ...]:
        """Return for every sweep the fitted exponent, and power law against Arrhenius."""
        return self._verdicts

    def table(self) -> pd.DataFrame:
        """Return one row a case, with the columns of ``table.csv`` and its wall time."""
        import pandas as pd

        return pd.DataFrame(self.case_rows, columns=stored_names(CASE_COLUMNS))

    def exponents(self) -> pd.DataFrame:
        """Return one row a sweep over loss ratios, with the columns of ``exponents.csv``."""
        import pandas as pd

        return pd.DataFrame(self.sweep_rows, columns=stored_names(SWEEP_COLUMNS))

    def dataset(self) -> xr.Dataset:
        """Return all numbers, first-passage times included, over the axes of the study."""
        return to_dataset(
            self.study,
            (self.cases, self.case_rows),
            (self._verdicts, self.sweep_rows),
            self.is_complete,
        )

    def save(self, folder: Path | str | None = None) -> Path:
        """Write what ``landscape-sim compare`` does into a new folder, and return it.

        That is ``table.csv``, ``exponents.csv``, ``timings.csv``, ``results.nc``, the figures as
        PNG and SVG, and ``study.json``.

        Parameters
        ----------
        folder : path, optional
            By default ``results/<name of the study>-<time>``.

        Raises
        ------
        InputError
            If the folder exists already or cannot be created.
        """
        with results_folder(self.study, None if folder is None else Path(folder)) as results:
            self.write_into(results.path)
            results.is_complete = self.is_complete
        return results.path

    def write_into(self, folder: Path) -> None:
        """Write tables, dataset and figures into a folder that is there."""
        from landscape_sim.comparison.escapes.figures import study_figures
        from landscape_sim.plots.style import save_figure

        if not self.cases:
            return
        columns = [name for name in stored_names(CASE_COLUMNS) if name != "wall_seconds"]
        write_table(folder / "table.csv", self.case_rows, columns)
        write_table(folder / "timings.csv", self.case_rows, _TIMINGS)
        write_table(folder / "exponents.csv", self.sweep_rows, stored_names(SWEEP_COLUMNS))
        dataset = self.dataset()
        write_dataset(folder / "results.nc", dataset)
        for name, figure in study_figures(self.cases, dataset):
            save_figure(figure, folder, name)
