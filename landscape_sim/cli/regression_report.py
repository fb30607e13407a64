"""Run a study of SGD on data, leave its folder behind, and print its tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from landscape_sim.comparison.chain import chain_rows
from landscape_sim.comparison.regression import stationary_rows
from landscape_sim.comparison.regression_passage import passage_rows, passage_slopes
from landscape_sim.comparison.regression_studies import (
    ChainStudy,
    PassageStudy,
    RegressionStudy,
    StationaryStudy,
)
from landscape_sim.comparison.results_folder import (
    create_results_folder,
    write_dataset,
    write_study,
    write_table,
)
from landscape_sim.plots.chain import plot_chain
from landscape_sim.plots.regression import plot_regression_passages, plot_stationary_exponents
from landscape_sim.plots.style import save_figure

Rows = list[dict[str, Any]]
_WIDTH = 120

#: Columns of the printed tables: heading and format of each.
_STATIONARY = {
    "learning_rate": ("η", "g"),
    "batch_size": ("B", "d"),
    "predicted": ("1+B/(ηh*)", ".3f"),
    "exact": ("exact", ".3f"),
    "fitted": ("fitted", ".3f"),
    "low": ("low", ".3f"),
    "high": ("high", ".3f"),
    "effective_samples": ("samples", ".0f"),
    "tail_gaussian": ("φ of the tail", ".3f"),
}
_PASSAGES = {
    "dimension": ("d", "d"),
    "loss_ratio": ("c", "g"),
    "mean_time": ("mean time", ".4g"),
    "low": ("low", ".4g"),
    "high": ("high", ".4g"),
    "n_events": ("reached", "d"),
    "n_censored": ("censored", "d"),
    "exact_chain": ("exact SGD", ".4g"),
    "radial_decoupled": ("radial, 2LH*/B", ".4g"),
    "radial_exact_noise": ("radial, exact Σ", ".4g"),
}
_SLOPES = {
    "dimension": ("d", "d"),
    "predicted": ("B/(ηh*)+1−d/2", ".2f"),
    "radial_decoupled": ("radial, 2LH*/B", ".2f"),
    "radial_exact_noise": ("radial, exact Σ", ".2f"),
    "fitted": ("fitted", ".2f"),
    "low": ("low", ".2f"),
    "high": ("high", ".2f"),
    "from_ratio": ("from c", "g"),
    "to_ratio": ("to c", "g"),
}
_CHAIN = {
    "learning_rate": ("η", "g"),
    "batch_size": ("B", "d"),
    "label_noise": ("σ", "g"),
    "rate_sgd": ("(a) SGD", ".3e"),
    "rate_simulated": ("simulated", ".3e"),
    "low": ("low", ".2e"),
    "high": ("high", ".2e"),
    "link_gaussian_noise": ("a/b Gauss", ".3f"),
    "link_small_learning_rate": ("b/c small η", ".3f"),
    "link_decoupling": ("c/d decoupl.", ".3f"),
    "link_kramers": ("d/e Kramers", ".3f"),
    "total": ("a/e", ".3f"),
}


def run_and_store(study: RegressionStudy, out: Path | None) -> dict[str, Any]:
    """Run ``study``, write its folder and return the document that ``--json`` prints.

    An interrupted study keeps the cases that were finished.
    """
    folder = create_results_folder(study, out)
    write_study(folder, study, is_complete=False)
    try:
        rows, is_complete = _collect(study)
    except BaseException:
        (folder / "study.json").unlink(missing_ok=True)
        folder.rmdir()
        raise
    slopes = passage_slopes(study, rows) if isinstance(study, PassageStudy) else []
    if rows:
        _store(folder, study, rows, slopes)
    write_study(folder, study, is_complete=is_complete)
    document = {
        "study": study.model_dump(mode="json"),
        "folder": str(folder),
        "is_complete": is_complete,
        "rows": rows,
    }
    return document | ({"slopes": slopes} if isinstance(study, PassageStudy) else {})


def _source(study: RegressionStudy) -> tuple[Iterator[dict[str, Any]], int]:
    """Return the rows of the study, to be computed, and their number."""
    if isinstance(study, StationaryStudy):
        return stationary_rows(study), len(study.learning_rates) * len(study.batch_sizes)
    if isinstance(study, PassageStudy):
        return passage_rows(study), len(study.dimensions) * len(study.loss_ratios)
    return chain_rows(study), len(study.settings)


def _collect(study: RegressionStudy) -> tuple[Rows, bool]:
    source, n_cases = _source(study)
    console = Console(stderr=True)
    rows: Rows = []
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
        task = bar.add_task("", total=n_cases)
        try:
            for row in source:
                rows.append(row)
                bar.advance(task)
        except KeyboardInterrupt:
            return rows, False
    return rows, True


def _store(folder: Path, study: RegressionStudy, rows: Rows, slopes: Rows) -> None:
    import xarray as xr

    write_table(folder / "table.csv", rows, list(rows[0]))
    columns = {
        name: ("case", [float("nan") if row[name] is None else row[name] for row in rows])
        for name in rows[0]
    }
    write_dataset(
        folder / "results.nc", xr.Dataset(columns, attrs={"study": study.model_dump_json()})
    )
    if isinstance(study, StationaryStudy):
        save_figure(plot_stationary_exponents(rows), folder, "stationary")
    elif isinstance(study, PassageStudy):
        if slopes:
            write_table(folder / "slopes.csv", slopes, list(slopes[0]))
        save_figure(plot_regression_passages(rows, slopes), folder, "first-passage")
    else:
        save_figure(plot_chain(rows), folder, "chain")


def print_report(document: dict[str, Any]) -> None:
    """Print the tables of a study and where its folder is."""
    console = Console()
    # Read in a file, a table keeps its width.
    console.width = console.width if console.is_terminal else max(console.width, _WIDTH)
    columns = {
        StationaryStudy: _STATIONARY,
        PassageStudy: _PASSAGES,
        ChainStudy: _CHAIN,
    }
    kind = _kind(document["study"])
    _print_table(console, columns[kind], document["rows"])
    if document.get("slopes"):
        console.print("Slope of log mean time on log c:")
        _print_table(console, _SLOPES, document["slopes"])
    console.print(f"Results in {document['folder']}", highlight=False, soft_wrap=True)


def _kind(study: dict[str, Any]) -> type[RegressionStudy]:
    if "dimensions" in study:
        return PassageStudy
    return ChainStudy if "settings" in study else StationaryStudy


def _print_table(console: Console, columns: dict[str, tuple[str, str]], rows: Rows) -> None:
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
