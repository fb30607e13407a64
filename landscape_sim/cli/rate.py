"""One escape rate by one method, as a document and as lines to read."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from landscape_sim.escape.methods import (
    METHODS,
    MethodRate,
    exact_rate,
    formula_rate,
    simulated_rate,
    splitting_rate,
)
from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.landscapes import CriticalPoint
from landscape_sim.theory.power_law import power_law_exponent
from landscape_sim.validation import InputError

#: What the progress counts, the answer, and the relative error it is asked for by default.
_BY_SIMULATION = {
    "simulate": ("passages planned so far", simulated_rate, 0.02),
    "splitting": ("levels planned so far", splitting_rate, 0.1),
}


def measure_rate(
    problem: EscapeProblem,
    method: str,
    *,
    n_cells: int,
    relative_error: float | None,
    confidence_level: float,
    max_path_steps: float,
    seed: int,
) -> MethodRate:
    """Return the rate by the method of this name, with a progress bar where it takes time.

    Raises
    ------
    InputError
        If the method is unknown or refuses.
    """
    if method == "formula":
        return formula_rate(problem)
    if method == "exact":
        return exact_rate(problem, n_cells)
    if method not in ("simulate", "splitting"):
        raise InputError(f"--method {method!r} is unknown; choose one of {', '.join(METHODS)}")
    console = Console(stderr=True)
    with Progress(
        TextColumn("simulating"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f} {task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        unit, answer, default = _BY_SIMULATION[method]
        task = bar.add_task(unit, total=1)
        return answer(
            problem,
            relative_error=default if relative_error is None else relative_error,
            confidence_level=confidence_level,
            max_path_steps=max_path_steps,
            seed=seed,
            progress=lambda done, planned: bar.update(task, completed=done, total=planned),
        )


def document(problem: EscapeProblem, answer: MethodRate) -> dict[str, Any]:
    """Return the answer as JSON has it; what a method does not have is None."""
    route = problem.route
    exponent = (
        power_law_exponent(problem.temperature, problem.dimension)
        if problem.noise_follows_loss
        else None
    )
    return {
        "method": answer.method,
        "rate": answer.rate,
        "low": answer.low,
        "high": answer.high,
        "confidence_level": answer.confidence_level,
        "n_events": answer.n_events,
        "path_steps": answer.path_steps,
        "wall_seconds": round(answer.wall_seconds, 4),
        "minimum": _point(route.minimum),
        "saddle": _point(route.saddle),
        "destination": _point(route.destination),
        "loss_ratio": route.loss_ratio,
        "outlier_curvature": problem.outlier_curvature,
        "temperature": problem.temperature,
        "power_law_exponent": exponent,
        "noise": problem.noise_name,
    }


def _point(point: CriticalPoint) -> dict[str, Any]:
    return {
        "position": list(point.position),
        "loss": point.loss,
        "eigenvalues": point.eigenvalues.tolist(),
    }


def print_rate(record: dict[str, Any]) -> None:
    """Print the answer for a reader."""
    console = Console()
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    for name in ("", "position", "loss", "eigenvalues of the Hessian"):
        table.add_column(name)
    for name in ("minimum", "saddle", "destination"):
        point = record[name]
        table.add_row(
            name,
            _numbers(point["position"]),
            f"{point['loss']:.6g}",
            _numbers(point["eigenvalues"]),
        )
    console.print(table)
    exponent = record["power_law_exponent"]
    console.print(
        f"L^s/L* = {record['loss_ratio']:.6g}, h_e* = {record['outlier_curvature']:.6g}, "
        f"T = η h_e*/B = {record['temperature']:.6g}"
        + ("" if exponent is None else f", exponent B/(η h*) + 1 − n/2 = {exponent:.6g}"),
        highlight=False,
        soft_wrap=True,
    )
    console.print(_sentence(record), highlight=False, soft_wrap=True)


def _sentence(record: dict[str, Any]) -> str:
    rate = f"escape rate ({record['method']}, {record['noise']} noise): {record['rate']:.6g} per t"
    if record["low"] is None:
        return rate
    level = record["confidence_level"]
    kind = "numerical error" if level is None else f"{level:.0%} interval"
    return f"{rate}, {kind} {record['low']:.6g} … {record['high']:.6g}"


def _numbers(values: list[float]) -> str:
    return ", ".join(f"{value + 0.0:.6g}" for value in values)
