"""Run a study of SGD on data, leave its folder behind, and print its tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from landscape_sim.cli.regression_columns import CHAIN, PASSAGES, SLOPES, STATIONARY, Columns
from landscape_sim.comparison.sgd.approximations import chain_rows
from landscape_sim.comparison.sgd.passage import passage_rows
from landscape_sim.comparison.sgd.passage_slopes import passage_slopes
from landscape_sim.comparison.sgd.stationary import stationary_rows
from landscape_sim.comparison.sgd.study import (
    ChainStudy,
    PassageStudy,
    RegressionStudy,
    StationaryStudy,
)
from landscape_sim.plots.chain import plot_chain
from landscape_sim.plots.regression import plot_regression_passages, plot_stationary_exponents
from landscape_sim.plots.style import save_figure
from landscape_sim.results_folder import (
    create_results_folder,
    write_dataset,
    write_study,
    write_table,
)
from landscape_sim.validation import InputError

Rows = list[dict[str, Any]]
_WIDTH = 150


@dataclass(frozen=True)
class _Kind:
    """What is done with one kind of study."""

    rows: Callable[[Any], Iterator[dict[str, Any]]]
    n_cases: Callable[[Any], int]
    columns: Columns
    figure: str
    plot: Callable[[Rows, Rows], Figure]


_KINDS: dict[type[RegressionStudy], _Kind] = {
    StationaryStudy: _Kind(
        stationary_rows,
        lambda study: len(study.learning_rates) * len(study.batch_sizes),
        STATIONARY,
        "stationary",
        lambda rows, slopes: plot_stationary_exponents(rows),
    ),
    PassageStudy: _Kind(
        passage_rows,
        lambda study: len(study.dimensions) * len(study.loss_ratios),
        PASSAGES,
        "first-passage",
        plot_regression_passages,
    ),
    ChainStudy: _Kind(
        chain_rows,
        lambda study: len(study.settings),
        CHAIN,
        "chain",
        lambda rows, slopes: plot_chain(rows),
    ),
}


def run_and_store(study: RegressionStudy, out: Path | None) -> dict[str, Any]:
    """Run ``study``, write its folder and return the document that ``--json`` prints.

    A study that is interrupted, or that meets a case that cannot be run, keeps the cases that
    were finished.
    """
    folder = create_results_folder(study, out)
    write_study(study, folder, is_complete=False)
    rows: Rows = []
    try:
        is_complete, refusal = _collect(study, rows)
    except BaseException:
        (folder / "study.json").unlink(missing_ok=True)
        folder.rmdir()
        raise
    slopes = passage_slopes(study, rows) if isinstance(study, PassageStudy) else []
    slopes = [_finite(slope) for slope in slopes]
    if rows:
        _store(folder, study, rows, slopes)
    write_study(study, folder, is_complete=is_complete)
    document = {
        "study": study.model_dump(mode="json"),
        "folder": str(folder),
        "is_complete": is_complete,
        "refusal": refusal,
        "rows": rows,
    }
    return document | ({"slopes": slopes} if isinstance(study, PassageStudy) else {})


def _finite(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with None for every infinity: an open interval, a tail that is no power."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in row.items()
    }


def _collect(study: RegressionStudy, rows: Rows) -> tuple[bool, str | None]:
    """Append the rows; return whether they are complete, and why not if a case was refused."""
    kind, console = _KINDS[type(study)], Console(stderr=True)
    with Progress(
        TextColumn(study.name),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("cases"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("", total=kind.n_cases(study))
        try:
            for row in kind.rows(study):
                rows.append(_finite(row))
                bar.advance(task)
        except KeyboardInterrupt:
            return False, None
        except InputError as refusal:
            if not rows:
                raise
            return False, str(refusal)
    return True, None


def _store(folder: Path, study: RegressionStudy, rows: Rows, slopes: Rows) -> None:
    import xarray as xr

    write_table(folder / "table.csv", rows, list(rows[0]))
    columns = {name: ("case", _column(name, rows)) for name in rows[0]}
    write_dataset(
        folder / "results.nc", xr.Dataset(columns, attrs={"study": study.model_dump_json()})
    )
    if slopes:
        write_table(folder / "slopes.csv", slopes, list(slopes[0]))
    kind = _KINDS[type(study)]
    save_figure(kind.plot(rows, slopes), folder, kind.figure)


def _column(name: str, rows: Rows) -> list[Any]:
    """Return a column without None, which NetCDF does not know."""
    missing: Any = "" if name == "refusals" else math.nan
    return [missing if row[name] is None else row[name] for row in rows]


def print_report(study: RegressionStudy, document: dict[str, Any]) -> None:
    """Print the tables of a study, what is missing in them and why, and where its folder is."""
    console = Console()
    # Read in a file, a table keeps its width.
    console.width = console.width if console.is_terminal else max(console.width, _WIDTH)
    _print_table(console, _KINDS[type(study)].columns, document["rows"])
    slopes = document.get("slopes", [])
    if slopes:
        console.print("Slope of log mean time on log c:")
        _print_table(console, SLOPES, slopes)
    for number, row in enumerate(document["rows"], start=1):
        if row["refusals"]:
            console.print(f"Row {number}: {row['refusals']}", highlight=False, soft_wrap=True)
    for slope in slopes:
        if slope["refusals"]:
            reason = f"d = {slope['dimension']}: {slope['refusals']}"
            console.print(reason, highlight=False, soft_wrap=True)
    console.print(f"Results in {document['folder']}", highlight=False, soft_wrap=True)


def _print_table(console: Console, columns: Columns, rows: Rows) -> None:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    for heading, _ in columns.values():
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            *(
                "-" if row[name] is None else format(row[name], form)
                for name, (_, form) in columns.items()
            )
        )
    console.print(table)
