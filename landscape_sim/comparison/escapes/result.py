"""What a study found: tables, verdicts, a dataset, and the folder that holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from landscape_sim.columns import Column, Table
from landscape_sim.comparison.data_frame import data_frame
from landscape_sim.comparison.escapes.answers import CaseResult
from landscape_sim.comparison.escapes.case import CaseIndex, RefusedCase
from landscape_sim.comparison.escapes.case_table import case_columns, case_rows
from landscape_sim.comparison.escapes.compare_columns import CaseColumn
from landscape_sim.comparison.escapes.sentences import (
    CASES_TITLE,
    SWEEPS_TITLE,
    caveats_of,
    refusals_of,
    verdict_sentence,
)
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.comparison.escapes.study_column import (
    Row,
    StudyColumn,
    printed_columns,
    rows,
    stored_names,
)
from landscape_sim.comparison.escapes.sweep_columns import SWEEP_COLUMNS, sweep_columns
from landscape_sim.comparison.escapes.tables import to_dataset
from landscape_sim.comparison.escapes.verdict import SweepVerdict, judge
from landscape_sim.comparison.saving import save_result
from landscape_sim.report.report import Report
from landscape_sim.result_files import write_dataset, write_parquet, write_table

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from landscape_sim.plots.style import AxesLike

#: Of ``timings.csv``. Wall times are apart: the table of a repeated study is the same file.
_TIMINGS = (
    *("landscape", "noise", "learning_rate", "batch_size", "temperature", "loss_ratio"),
    "wall_seconds",
)
#: Of a report, which has room for it.
_REFUSAL = Column("refusal", "{refusal}")


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
        False if the run was interrupted, or a case was refused.
    refusal : str or None
        What ended it before its end, if it was not interrupted.
    refused : tuple of RefusedCase
        Of which there is no escape, or none that the methods could answer; each has its reason.
    """

    study: Study
    cases: tuple[CaseResult, ...]
    is_complete: bool
    refusal: str | None = None
    refused: tuple[RefusedCase, ...] = ()

    @cached_property
    def case_columns(self) -> tuple[CaseColumn, ...]:
        """Of the table of cases, those of your own methods included."""
        return case_columns(self.study)

    @cached_property
    def case_rows(self) -> tuple[Row, ...]:
        """One mapping a case, with what is only printed; refused ones stand in their places."""
        return tuple(case_rows(self.case_columns, self.sources))

    @cached_property
    def sources(self) -> tuple[CaseResult | RefusedCase, ...]:
        """What the rows of cases are of."""
        everything: dict[CaseIndex, CaseResult | RefusedCase] = {
            **{one.case.index: one for one in self.cases},
            **{one.index: one for one in self.refused},
        }
        return tuple(everything[index] for index in sorted(everything))

    @cached_property
    def sweep_rows(self) -> tuple[Row, ...]:
        """One mapping a sweep, with what is only printed."""
        return tuple(rows(SWEEP_COLUMNS, self._verdicts))

    @property
    def sweep_columns(self) -> tuple[StudyColumn[SweepVerdict], ...]:
        """Of the table of sweeps."""
        return sweep_columns(self.study)

    @cached_property
    def _verdicts(self) -> tuple[SweepVerdict, ...]:
        return judge(self.cases)

    def verdicts(self) -> tuple[SweepVerdict, ...]:
        """Return for every sweep the fitted exponent, and power law against Arrhenius."""
        return self._verdicts

    def rows(self) -> list[Row]:
        """Return one flat mapping a case, of the values that JSON has."""
        return _stored(self.case_rows, stored_names(self.case_columns))

    def exponent_rows(self) -> list[Row]:
        """Return one flat mapping a sweep over loss ratios, of the values that JSON has."""
        return _stored(self.sweep_rows, stored_names(SWEEP_COLUMNS))

    def table(self) -> pd.DataFrame:
        """Return the rows of cases as a table of pandas, None as NaN."""
        return data_frame(self.rows(), stored_names(self.case_columns))

    def exponents(self) -> pd.DataFrame:
        """Return the rows of sweeps as a table of pandas, None as NaN."""
        return data_frame(self.exponent_rows(), stored_names(SWEEP_COLUMNS))

    def dataset(self) -> xr.Dataset:
        """Return all numbers, first-passage times included, over the axes of the study."""
        return self._dataset.copy()

    @cached_property
    def _dataset(self) -> xr.Dataset:
        return to_dataset(
            self.study,
            (self.sources, self.case_rows),
            (self._verdicts, self.sweep_rows),
            self.is_complete,
        )

    def tables(self) -> tuple[Table, Table]:
        """Return the table of cases, and that of sweeps, which has no rows without such."""
        sweeps = self.sweep_rows if len(self.study.ratios) > 1 else ()
        return (
            Table(CASES_TITLE, self.case_rows, printed_columns(self.case_columns)),
            Table(SWEEPS_TITLE, sweeps, printed_columns(self.sweep_columns)),
        )

    def _repr_html_(self) -> str:
        cases, sweeps = self.tables()
        return cases.html([] if self.refusal is None else [self.refusal]) + sweeps.html()

    def plot(self, *, axes: AxesLike | None = None) -> Figure:
        """Draw the rates, as :func:`landscape_sim.plot_rates` does."""
        from landscape_sim.plots.rates import plot_rates

        return plot_rates(self._dataset, axes=axes)

    def notes(self) -> list[str]:
        """Return why rates are missing, and where the formula is another number."""
        return [*refusals_of(self.cases, self.refused), *caveats_of(self.cases)]

    def report(self) -> Report:
        """Return what ``report.html`` says: verdict, tables, charts of rates and landscapes."""
        from landscape_sim.comparison.escapes.figures import study_charts

        cases, sweeps = self.tables()
        if any(row["refusal"] for row in cases.rows):
            cases = replace(cases, columns=[*(cases.columns or ()), _REFUSAL])
        return Report(
            f"Escape rates: {self.study.name}",
            verdict_sentence(self.cases, self._verdicts),
            [cases, sweeps],
            "landscape-sim compare --study study.json",
            [*self.notes(), *([] if self.refusal is None else [self.refusal])],
            self.study.model_dump(mode="json"),
            dict(study_charts(self.cases, self._dataset)),
        )

    def save(self, folder: Path | str | None = None) -> Path:
        """Write what ``landscape-sim compare`` does into a new folder, and return it.

        That is ``table.csv``, ``exponents.csv``, ``timings.csv``, ``results.nc``, the figures as
        PNG and SVG, ``report.html``, and ``study.json``.

        Parameters
        ----------
        folder : path, optional
            By default ``results/<name of the study>-<time>``.

        Raises
        ------
        InputError
            If the folder exists already or cannot be created.
        """
        return save_result(self, folder)

    def write_numbers(self, folder: Path) -> None:
        """Write tables and dataset into a folder that exists."""
        write_table(folder, "table", self.case_rows, self._repeated_columns)
        write_table(folder, "timings", self.case_rows, _TIMINGS)
        write_table(folder, "exponents", self.sweep_rows, stored_names(SWEEP_COLUMNS))
        write_dataset(folder, self._dataset)

    def write_parquet(self, folder: Path) -> None:
        """Write the tables as Parquet into a folder that exists."""
        write_parquet(folder, "table", data_frame(self.case_rows, self._repeated_columns))
        write_parquet(folder, "exponents", self.exponents())

    @property
    def _repeated_columns(self) -> list[str]:
        """Those of cases that are the same when the study is repeated."""
        return [name for name in stored_names(self.case_columns) if name != "wall_seconds"]

    def write_figures(self, folder: Path) -> None:
        """Draw and write the figures into a folder that exists."""
        from landscape_sim.comparison.escapes.figures import remove_figures, study_figures
        from landscape_sim.plots.style import save_figure

        remove_figures(folder)  # those of a study that has become another
        for name, figure in study_figures(self.cases, self._dataset):
            save_figure(figure, folder, name)


def _stored(rows: Sequence[Row], names: Sequence[str]) -> list[Row]:
    return [{name: row[name] for name in names} for row in rows]
