"""The study of the stationary law: run it with live progress, store it, print it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from landscape_sim.comparison.bowl.study import (
    StationaryResult,
    StationaryStudy,
    exponent_indices,
    run_stationary_study,
)
from landscape_sim.comparison.bowl.tables import exponent_rows, to_dataset, transition_rows
from landscape_sim.plots.stationary import plot_exponents, plot_transition
from landscape_sim.plots.style import save_figure
from landscape_sim.results_folder import (
    create_results_folder,
    write_dataset,
    write_study,
    write_table,
)
from landscape_sim.validation import InputError

#: Room for every column on one line, also where the output is a file.
_WIDTH = 104


def read_numbers(option: str, values: Sequence[str], kind: type[int] | type[float]) -> Any:
    """Return the numbers of an option that may be repeated and may hold commas.

    Raises
    ------
    InputError
        If one is not a number of this kind.
    """
    try:
        return tuple(kind(part) for part in ",".join(values).split(","))
    except ValueError as error:
        noun = "integers" if kind is int else "numbers"
        raise InputError(
            f"{option} must be {noun} separated by commas, got {','.join(values)!r}"
        ) from error


def run_and_store(
    study: StationaryStudy, out: Path | None
) -> tuple[StationaryResult, Path, dict[str, Any]]:
    """Run ``study``, write its folder, and return result, folder and the ``--json`` document."""
    folder = create_results_folder(study, out)
    write_study(study, folder, is_complete=False)
    try:
        result = _run_with_progress(study)
    except BaseException:
        # Refused before it had a result.
        (folder / "study.json").unlink()
        folder.rmdir()
        raise
    document: dict[str, Any] = {
        "study": study.model_dump(mode="json"),
        "folder": str(folder),
        "is_complete": result.is_complete,
        "exponents": exponent_rows(result),
        "transition": transition_rows(result),
    }
    for name, key in (("table", "exponents"), ("transition", "transition")):
        if document[key]:
            write_table(folder / f"{name}.csv", document[key], list(document[key][0]))
    if result.exponents:
        dataset = to_dataset(result)
        write_dataset(folder / "results.nc", dataset)
        save_figure(plot_exponents(dataset), folder, "exponents")
        if result.transition:
            save_figure(plot_transition(dataset), folder, "transition")
    write_study(study, folder, is_complete=result.is_complete)
    return result, folder, document


def _run_with_progress(study: StationaryStudy) -> StationaryResult:
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("cases"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        n_cases = len(exponent_indices(study)) + len(study.transition_dimensions)
        task = bar.add_task("starting", total=n_cases, completed=-1)
        return run_stationary_study(
            study, lambda label: bar.update(task, description=label, advance=1)
        )


def print_report(document: dict[str, Any], folder: Path) -> None:
    """Print both tables, what their intervals say, and the folder."""
    console = Console(width=max(Console().width, _WIDTH))
    if document["exponents"]:
        console.print(_exponent_table(document["exponents"]))
    if document["transition"]:
        console.print(_transition_table(document["transition"]))
    if document["exponents"]:
        console.print(_sentence(document), highlight=False, soft_wrap=True)
    console.print(f"Results: {folder}", highlight=False, soft_wrap=True)


def _exponent_table(rows: list[dict[str, Any]]) -> Table:
    table = Table(
        title="Exponent of the stationary density L^−φ, in t and in τ (dτ = L dt)",
        box=box.SIMPLE_HEAD,
        padding=0,
    )
    level = f"{rows[0]['confidence_level']:.0%} interval"
    for name in ("n", "η", "B", "T", "time", "law", "φ fitted", level, "step adds", "n_eff"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            str(row["dimension"]),
            f"{row['learning_rate']:g}",
            f"{row['batch_size']:g}",
            f"{row['temperature']:.4g}",
            {"t": "t", "tau": "τ"}[row["clock"]],
            f"{row['exponent_predicted']:.3f}",
            f"{row['exponent']:.3f}",
            f"{row['exponent_low']:.3f} … {_or_infinity(row['exponent_high'])}",
            f"{row['step_error']:+.3f} ± {row['step_error_standard_error']:.3f}",
            f"{row['effective_samples']:.0f}",
        )
    return table


def _transition_table(rows: list[dict[str, Any]]) -> Table:
    first = rows[0]
    table = Table(
        title=(
            f"log(L/L*) from the minimum, T = {first['temperature']:.4g}, "
            f"n_c = {first['critical_dimension']:.4g}, to t = {first['last_time']:.4g}"
        ),
        box=box.SIMPLE_HEAD,
        padding=0,
    )
    level = f"{first['confidence_level']:.0%} interval"
    names = ("n", "slope, law", "of the scheme", "measured", level, "median, P", "measured", level)
    for name in names:
        table.add_column(name, justify="right")
    for row in rows:
        stationary, discrete = row["median_stationary"], row["growth_discrete"]
        table.add_row(
            str(row["dimension"]),
            f"{row['growth_predicted']:.4f}",
            "-" if discrete is None else f"{discrete:.4f}",
            f"{row['growth_rate']:.4f}",
            f"{row['growth_low']:.4f} … {row['growth_high']:.4f}",
            "none" if stationary is None else f"{stationary:.4f}",
            f"{row['median']:.4f}",
            f"{row['median_low']:.4f} … {row['median_high']:.4f}",
        )
    return table


def _sentence(document: dict[str, Any]) -> str:
    rows = document["exponents"]
    covered = sum(
        row["exponent_low"] <= row["exponent_predicted"] <= (row["exponent_high"] or math.inf)
        for row in rows
    )
    sentence = f"{covered} of {len(rows)} intervals of φ hold the law"
    if document["transition"]:
        stays = [r["dimension"] for r in document["transition"] if r["growth_low"] <= 0]
        grows = [r["dimension"] for r in document["transition"] if r["growth_low"] > 0]
        sentence += f"; the loss stays for n = {_listed(stays)} and grows for n = {_listed(grows)}"
    return sentence + "."


def _or_infinity(value: float | None) -> str:
    return "∞" if value is None else f"{value:.3f}"


def _listed(values: list[int]) -> str:
    return ", ".join(map(str, values)) or "none"
