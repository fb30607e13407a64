"""One escape rate by one method, as a document and as lines to read."""

from __future__ import annotations

import math
import sys
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from landscape_sim.escape.escape import Escape
from landscape_sim.escape.rates import row
from landscape_sim.escape.registry import Method
from landscape_sim.landscapes import CriticalPoint
from landscape_sim.results import Rate
from landscape_sim.theory.power_law import power_law_exponent


def measure_rate(escape: Escape, method: Method, settings: dict[str, Any]) -> Rate[Any]:
    """Return the rate by ``method``, with a progress bar where it takes time.

    Raises
    ------
    InputError
        If the method refuses.
    """
    if not method.progress_unit:
        return method(escape, **settings)
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
        task = bar.add_task(method.progress_unit, total=1)
        return method(
            escape,
            **settings,
            progress=lambda done, planned: bar.update(task, completed=done, total=planned),
        )


def document(escape: Escape, answer: Rate[Any]) -> dict[str, Any]:
    """Return the answer as JSON has it; what a method does not have, or is infinite, is None."""
    route = escape.route
    exponent = (
        power_law_exponent(escape.temperature, escape.dimension)
        if escape.noise.follows_loss
        else None
    )
    answered = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in row(answer).items()
    }
    return {
        **answered,
        "wall_seconds": round(answer.wall_seconds, 4),
        "minimum": _point(route.minimum),
        "saddle": _point(route.saddle),
        "destination": _point(route.destination),
        "loss_ratio": route.loss_ratio,
        "outlier_curvature": escape.outlier_curvature,
        "temperature": escape.temperature,
        "power_law_exponent": exponent,
        "noise": escape.noise.name,
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
    rate = (
        f"escape rate ({record['method']}, {record['noise']} noise): "
        f"{_number(record['rate'], record['log_rate'])} per t"
    )
    if record["low"] is None:
        return rate
    level = record["confidence_level"]
    kind = "numerical error" if level is None else f"{level:.0%} interval"
    low, high = (_number(record[end], record[f"log_{end}"]) for end in ("low", "high"))
    return f"{rate}, {kind} {low} … {high}"


def _number(value: float, log_value: float | None) -> str:
    """Return a rate, by its logarithm where it is below the smallest float."""
    if log_value is None or value >= sys.float_info.min:
        return f"{value:.6g}"
    exponent = math.floor(log_value / math.log(10))
    return f"{math.exp(log_value - exponent * math.log(10)):.6f}".rstrip("0") + f"e{exponent}"


def _numbers(values: list[float]) -> str:
    return ", ".join(f"{value + 0.0:.6g}" for value in values)
