"""What a finished study prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from landscape_sim.comparison.escapes.run import StudyResult
from landscape_sim.comparison.escapes.tables import exponent_row, rows
from landscape_sim.comparison.escapes.verdict import SweepVerdict, judge

#: Room for every column on one line, also where the output is a file.
_WIDTH = 124


def print_report(result: StudyResult, folder: Path) -> None:
    """Print the table of cases, the table of exponents, the verdict and the folder."""
    console = Console(width=max(Console().width, _WIDTH))
    if result.results:
        verdicts = judge(result)
        console.print(_case_table(result))
        console.print(_exponent_table(result, verdicts))
        console.print(_sentence(verdicts), highlight=False, soft_wrap=True)
        for refusal in dict.fromkeys(case.exact_refusal for case in result.results.values()):
            if refusal is not None:
                console.print(f"No exact rate: {refusal}", highlight=False, soft_wrap=True)
    console.print(f"Results: {folder}", highlight=False, soft_wrap=True)


def _case_table(result: StudyResult) -> Table:
    level = result.study.confidence_level
    table = Table(title="Escape rates per unit of t = ηk", box=box.SIMPLE_HEAD, padding=0)
    for name in ("landscape", "n", "noise", "η", "B", "L^s/L*", "Eq. (15)", "exact", "simulated"):
        table.add_column(name, justify="left" if name in ("landscape", "noise") else "right")
    table.add_column(f"{level:.0%} interval", justify="right")
    for name in ("sim/Eq.15", "sim/exact", "escapes"):
        table.add_column(name, justify="right")
    for record in rows(result):
        table.add_row(*_case_cells(record))
    return table


def _case_cells(record: dict[str, Any]) -> list[str]:
    simulated, formula, exact = (
        record[f"rate_{kind}"] for kind in ("simulated", "formula", "exact")
    )
    cells = [
        record["landscape"],
        str(record["dimension"]),
        record["noise"],
        f"{record['learning_rate']:g}",
        f"{record['batch_size']:g}",
        f"{record['loss_ratio']:g}",
        f"{formula:.3e}",
        "-" if exact is None else f"{exact:.3e}",
    ]
    if simulated is None:
        return [*cells, *("-",) * 5]
    return [
        *cells,
        f"{simulated:.3e}",
        f"{record['rate_low']:.2e} … {record['rate_high']:.2e}",
        f"{simulated / formula:.3f}",
        "-" if exact is None else f"{simulated / exact:.3f}",
        "splitting"
        if "splitting" in record["simulated_by"]
        else f"{record['n_events']}/{record['n_events'] + record['n_censored']}",
    ]


def _exponent_table(result: StudyResult, verdicts: list[SweepVerdict]) -> Table:
    table = Table(
        title="Power-law exponent in L^s/L*, and the law that the escapes favour",
        box=box.SIMPLE_HEAD,
        padding=0,
    )
    for name in ("landscape", "n", "noise", "η", "B", "B/(ηh*)+1−n/2", "exact slope", "fitted"):
        table.add_column(name, justify="left" if name in ("landscape", "noise") else "right")
    table.add_column(f"{result.study.confidence_level:.0%} interval", justify="right")
    table.add_column("ΔlogL", justify="right")
    table.add_column("favoured")
    for verdict in verdicts:
        record = exponent_row(result, verdict)
        table.add_row(
            record["landscape"],
            str(record["dimension"]),
            record["noise"],
            f"{record['learning_rate']:g}",
            f"{record['batch_size']:g}",
            f"{record['predicted']:.3f}",
            "-" if record["exact"] is None else f"{record['exact']:.3f}",
            "-" if verdict.fit is None else f"{record['fitted']:.3f}",
            "-" if verdict.fit is None else f"{record['low']:.3f} … {record['high']:.3f}",
            "-" if verdict.laws is None else f"{verdict.laws.log_likelihood_difference:+.1f}",
            record["favoured"] or "-",
        )
    return table


def _sentence(verdicts: list[SweepVerdict]) -> str:
    judged = [verdict.laws for verdict in verdicts if verdict.laws is not None]
    if not judged:
        return "Verdict: too few escapes or loss ratios to tell a power law from Arrhenius."
    difference = sum(laws.log_likelihood_difference for laws in judged)
    n_power = sum(laws.favoured == "power law" for laws in judged)
    return (
        f"Verdict: {n_power} of {len(judged)} sweeps favour a power law in L^s/L* over an "
        f"Arrhenius law in ΔL; log-likelihood difference {difference:+.1f} in all."
    )
