"""The command ``landscape-sim landscapes``: the catalogue as a table to read and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from landscape_sim.landscapes import CatalogueEntry, KnownPoint

_WIDTH = 110


def landscapes(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON array on stdout, nothing else.")
    ] = False,
) -> None:
    """List the landscapes that can be named, with their formulas and known answers."""
    if as_json:
        import json

        typer.echo(json.dumps(entries(), allow_nan=False))
    else:
        print_catalogue()


def entries() -> list[dict[str, Any]]:
    """Return every landscape that can be named as a flat mapping."""
    from landscape_sim.landscapes import catalogue

    return [_entry(entry) for entry in catalogue()]


def _entry(entry: CatalogueEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "summary": entry.summary,
        "formula": entry.formula,
        "variables": entry.variables,
        "domain": [list(interval) for interval in entry.domain],
        "start": list(entry.start),
        "target": None if entry.target is None else list(entry.target),
        "minima": [_point(point) for point in entry.minima],
        "saddles": [_point(point) for point in entry.saddles],
        "origin": entry.origin,
    }


def _point(point: KnownPoint) -> dict[str, Any]:
    return {"position": list(point.position), "loss": point.loss}


def print_catalogue() -> None:
    """Print names, formulas, where an escape leads and what each landscape tests."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from landscape_sim.landscapes import catalogue

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 1, 1), title="L(x) of each landscape")
    table.add_column("name", no_wrap=True)
    table.add_column("formula; start and target; what it tests")
    for entry in catalogue():
        ends = [f"from {_position(entry.start)}"]
        if entry.target is not None:
            ends.append(f"to {_position(entry.target)}")
        table.add_row(entry.name, f"{entry.formula}\n{' '.join(ends)}. {entry.summary}")
    # Room for every formula on one line, also where the output is a file.
    console = Console(width=max(Console().width, _WIDTH))
    console.print(table, highlight=False)


def _position(coordinates: tuple[float, ...]) -> str:
    return ",".join(f"{x:.4g}" for x in coordinates)
