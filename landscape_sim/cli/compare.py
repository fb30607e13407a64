"""What a study of escapes shows: a bar while it runs, two tables and a verdict at its end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from landscape_sim.comparison.escapes.case_columns import CASE_COLUMNS
from landscape_sim.comparison.escapes.columns import Row, printed_columns, stored_names
from landscape_sim.comparison.escapes.result import StudyResult
from landscape_sim.comparison.escapes.run import run_study
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.comparison.escapes.sweep_columns import SWEEP_COLUMNS
from landscape_sim.comparison.escapes.verdict import SweepVerdict
from landscape_sim.console.progress import live_bar
from landscape_sim.console.tables import PrintedTable, print_tables
from landscape_sim.results_folder import results_folder

#: Room for every column on one line, also where the output is a file.
_WIDTH = 124


def run_and_save(study: Study, out: Path | None) -> tuple[StudyResult, Path]:
    """Run ``study`` with a live bar, and save its result into a folder made beforehand."""
    with results_folder(study, out) as folder:
        with live_bar("starting", study.n_paths * study.n_cases, "paths") as bar:
            result = run_study(study, bar.report)
        result.write_into(folder.path)
        folder.is_complete = result.is_complete
    return result, folder.path


def document(result: StudyResult, folder: Path) -> dict[str, Any]:
    """Return what ``--json`` prints."""
    return {
        "study": result.study.model_dump(mode="json"),
        "folder": str(folder),
        "is_complete": result.is_complete,
        "rows": _stored(result.case_rows, stored_names(CASE_COLUMNS)),
        "exponents": _stored(result.sweep_rows, stored_names(SWEEP_COLUMNS)),
    }


def _stored(rows: Sequence[Row], names: Sequence[str]) -> list[Row]:
    return [{name: row[name] for name in names} for row in rows]


def print_report(result: StudyResult, folder: Path) -> None:
    """Print the table of cases, the table of exponents, the verdict and the folder."""
    sentences = []
    if result.cases:
        sentences.append(_sentence(result.verdicts()))
        refusals = dict.fromkeys(case.exact_refusal for case in result.cases)
        sentences += [f"No exact rate: {refusal}" for refusal in refusals if refusal is not None]
    print_tables(
        [
            PrintedTable(
                "Escape rates per unit of t = ηk",
                result.case_rows,
                printed_columns(CASE_COLUMNS),
            ),
            PrintedTable(
                "Power-law exponent in L^s/L*, and the law that the escapes favour",
                result.sweep_rows,
                printed_columns(SWEEP_COLUMNS),
            ),
        ],
        sentences,
        folder,
        width=_WIDTH,
        padding=0,
    )


def _sentence(verdicts: Sequence[SweepVerdict]) -> str:
    judged = [verdict.laws for verdict in verdicts if verdict.laws is not None]
    if not judged:
        return "Verdict: too few escapes or loss ratios to tell a power law from Arrhenius."
    difference = sum(laws.log_likelihood_difference for laws in judged)
    n_power = sum(laws.favoured == "power law" for laws in judged)
    return (
        f"Verdict: {n_power} of {len(judged)} sweeps favour a power law in L^s/L* over an "
        f"Arrhenius law in ΔL; log-likelihood difference {difference:+.1f} in all."
    )
