"""Run a study of SGD on data; its result as rows, tables, a dataset, a figure, a folder."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landscape_sim.columns import Columns, Table, finite
from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.cases import Progress, StudyCase, run_cases, through_store
from landscape_sim.comparison.data_frame import data_frame
from landscape_sim.comparison.saving import save_result
from landscape_sim.comparison.sgd import approximations, charts, passage, stationary
from landscape_sim.comparison.sgd.passage_slopes import SLOPE_COLUMNS, SLOPES_TITLE, passage_slopes
from landscape_sim.comparison.sgd.study import (
    ApproximationStudy,
    PassageStudy,
    SgdStudy,
    StationaryStudy,
)
from landscape_sim.comparison.sgd.verdicts import (
    chain_verdict,
    passage_verdict,
    stationary_verdict,
)
from landscape_sim.comparison.study_file import require_study
from landscape_sim.memory import require_memory
from landscape_sim.report.report import Report
from landscape_sim.result_files import write_dataset, write_table

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from landscape_sim.plots.style import AxesLike
    from landscape_sim.report.report import Chart

Row = dict[str, Any]

#: Arrays of their size that samples of data or of a law are worked on with.
_ARRAYS = 4


@dataclass(frozen=True)
class SgdResult:
    """The finished cases of a study of SGD on data.

    Attributes
    ----------
    study : StationaryStudy, PassageStudy or ApproximationStudy
        What was asked for.
    cases : tuple of dict
        A row for each finished case; what is infinite or could not be had is None.
    is_complete : bool
        False if the run was interrupted, or a case was refused.
    refusal : str or None
        Which case could not be run, and why.
    """

    study: SgdStudy
    cases: tuple[Row, ...]
    is_complete: bool
    refusal: str | None = None

    def rows(self) -> list[Row]:
        """Return one flat mapping a case, of the values that JSON has."""
        return [dict(row) for row in self.cases]

    @property
    def has_slopes(self) -> bool:
        """Whether the study is one of passages, whose times have slopes."""
        return isinstance(self.study, PassageStudy)

    def slopes(self) -> list[Row]:
        """Return the slopes of the log mean time on log ``c``; none but for a passage study."""
        if not isinstance(self.study, PassageStudy):
            return []
        return [_finite(slope) for slope in passage_slopes(self.study, self.cases)]

    def columns(self) -> Columns:
        """Return the columns of the printed table."""
        return _KINDS[type(self.study)].columns

    def table(self) -> pd.DataFrame:
        """Return the rows as a table of pandas, None as NaN."""
        return data_frame(self.rows())

    def dataset(self) -> xr.Dataset:
        """Return the rows as a dataset with the one dimension ``case``, None as NaN."""
        import xarray as xr

        columns = {name: ("case", _column(name, self.cases)) for name in next(iter(self.cases), ())}
        return xr.Dataset(columns, attrs={"study": self.study.model_dump_json()})

    def plot(self, *, axes: AxesLike | None = None) -> Figure:
        """Draw the study's figure, a new one or on the axes."""
        return _KINDS[type(self.study)].plot(self, axes)

    def notes(self) -> list[str]:
        """Return what was refused in rows, or for a slope: every reason once."""
        places: dict[str, list[str]] = {}
        for number, row in enumerate(self.rows(), start=1):
            if row["refusals"]:
                places.setdefault(row["refusals"], []).append(str(number))
        return [
            *(f"Row{'s'[: len(at) - 1]} {', '.join(at)}: {why}" for why, at in places.items()),
            *(f"d = {s['dimension']}: {s['refusals']}" for s in self.slopes() if s["refusals"]),
        ]

    def report(self) -> Report:
        """Return what ``report.html`` says: the tables, and what was refused."""
        return Report(
            f"SGD on data: {self.study.name}",
            _KINDS[type(self.study)].verdict(self),
            [
                Table("Cases", self.rows(), self.columns()),
                Table(SLOPES_TITLE, self.slopes(), SLOPE_COLUMNS),
            ],
            f"landscape-sim regression {_KINDS[type(self.study)].figure} --study study.json",
            [*self.notes(), *([] if self.refusal is None else [self.refusal])],
            self.study.model_dump(mode="json"),
            self.charts(),
        )

    def charts(self) -> dict[str, Chart]:
        """Return the chart that the report has in place of the figure; none without a case."""
        kind = _KINDS[type(self.study)]
        return {kind.figure: kind.chart(self.rows(), kind.columns)} if self.cases else {}

    def save(self, folder: Path | str | None = None) -> Path:
        """Write tables, dataset, figure and ``study.json`` into a new folder; return its path.

        By default ``results/<study>-<time>``.

        Raises
        ------
        InputError
            If the folder exists already or cannot be created.
        """
        return save_result(self, folder)

    def write_numbers(self, folder: Path) -> None:
        """Write tables and dataset into a folder that exists."""
        write_table(folder, "table", self.cases, list(self.cases[0]))
        write_dataset(folder, self.dataset())
        slopes = self.slopes()
        if slopes:
            write_table(folder, "slopes", slopes, list(slopes[0]))

    def write_figures(self, folder: Path) -> None:
        """Draw and write the figure into a folder that exists."""
        from landscape_sim.plots.style import save_figure

        save_figure(self.plot(), folder, _KINDS[type(self.study)].figure)


def run_sgd_study(
    study: SgdStudy, progress: Progress | None = None, store: CaseStore | None = None
) -> SgdResult:
    """Run every case; on Ctrl-C, or where one is refused, return what is finished.

    Parameters
    ----------
    study : StationaryStudy, PassageStudy or ApproximationStudy
    progress : callable, optional
        Told how many cases are finished, how many there are, and the name of the next one.
    store : CaseStore, optional
        Answers that it has are not computed again; others are kept there.

    Raises
    ------
    InputError
        If it is no study, or a case cannot be run; most are checked before the first is begun.

    Examples
    --------
    >>> study = StationaryStudy(
    ...     learning_rates=(0.3,), batch_sizes=(4,), data_samples=200, n_paths=10, path_samples=50
    ... )
    >>> (row,) = run_sgd_study(study).rows()
    >>> bool(row["low"] < row["exact"] < row["high"])
    True
    """
    require_study(study, *_KINDS)
    require_memory(
        8.0 * _ARRAYS * (_n_numbers(study) + _n_samples(study)),
        f"a study of {study.data_samples:,} data samples and {study.n_paths:,} runs",
        "lower data_samples or n_paths",
    )

    cases = _KINDS[type(study)].cases(study)
    finished = run_cases(through_store(cases, store, __name__), progress)
    rows = tuple(_finite(row) for row in finished.answers)
    return SgdResult(study, rows, finished.is_complete, finished.refusal)


def _n_numbers(study: SgdStudy) -> int:
    """Return how many numbers the largest data set has."""
    dimension = max(study.dimensions) if isinstance(study, PassageStudy) else 1
    return study.data_samples * (dimension + 1)


def _n_samples(study: SgdStudy) -> int:
    """Return how many numbers the runs of a case leave."""
    if not isinstance(study, StationaryStudy):
        return study.n_paths
    return study.n_paths * (study.path_samples + study.burn_in_samples)


def _plot_stationary(result: SgdResult, axes: AxesLike | None) -> Figure:
    from landscape_sim.plots.sgd import plot_stationary_exponents

    return plot_stationary_exponents(result.cases, axes=axes)


def _plot_passages(result: SgdResult, axes: AxesLike | None) -> Figure:
    from landscape_sim.plots.sgd import plot_passages

    return plot_passages(result.cases, result.slopes(), axes=axes)


def _plot_approximations(result: SgdResult, axes: AxesLike | None) -> Figure:
    from landscape_sim.plots.approximations import plot_approximations

    return plot_approximations(result.cases, axes=axes)


@dataclass(frozen=True)
class _Kind:
    """What belongs to one kind of study."""

    cases: Callable[[Any], list[StudyCase[Row]]]
    columns: Columns
    #: Also the command's name.
    figure: str
    plot: Callable[[SgdResult, AxesLike | None], Figure]
    chart: Callable[[Sequence[Row], Columns], Chart]
    verdict: Callable[[SgdResult], str]


_KINDS: dict[type[SgdStudy], _Kind] = {
    StationaryStudy: _Kind(
        stationary.stationary_cases,
        stationary.COLUMNS,
        "stationary",
        _plot_stationary,
        charts.stationary_chart,
        lambda result: stationary_verdict(result.rows()),
    ),
    PassageStudy: _Kind(
        passage.passage_cases,
        passage.COLUMNS,
        "first-passage",
        _plot_passages,
        charts.passage_chart,
        lambda result: passage_verdict(result.rows(), result.slopes()),
    ),
    ApproximationStudy: _Kind(
        approximations.approximation_cases,
        approximations.COLUMNS,
        "chain",
        _plot_approximations,
        charts.chain_chart,
        lambda result: chain_verdict(result.rows()),
    ),
}


def _finite(row: Row) -> Row:
    """Return the row with None for every infinity: an open interval, a tail that is no power."""
    return {name: finite(value) for name, value in row.items()}


def _column(name: str, rows: tuple[Row, ...]) -> list[Any]:
    """Return a column without None, which NetCDF does not know."""
    missing: Any = "" if name == "refusals" else math.nan
    return [missing if row[name] is None else row[name] for row in rows]
