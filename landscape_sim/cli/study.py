"""The commands ``landscape-sim study …``: the results folders of ``compare``."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_sim.console.application import new_group
from landscape_sim.console.help_ending import ending
from landscape_sim.console.options import JsonOption, OutOption

if TYPE_CHECKING:
    from landscape_sim.comparison.escapes.stored_study import StoredStudy

_COMPARE = "landscape-sim compare --quick --out results/quick"

study = new_group(
    "Results folders of compare: what they have, drawn again, put together.",
    _COMPARE,
    "landscape-sim study status results/quick",
)

#: Of the failures and missing cases in print; JSON has all.
_MOST_NAMED = 10

FolderArgument = Annotated[Path, typer.Argument(help="A results folder of compare.")]


@study.command(epilog=ending(_COMPARE, "landscape-sim study status results/quick"))
def status(folder: FolderArgument, as_json: JsonOption = False) -> None:
    """Say how many cases are done, failed and missing, and what is left to do."""
    from landscape_sim.comparison.escapes.stored_study import read_study
    from landscape_sim.console.progress import live_bar

    with live_bar("reading", None, "cases") as bar:
        stored = read_study(folder, bar.report)
    _report(stored, folder, as_json)


@study.command(epilog=ending(_COMPARE, "landscape-sim study plot results/quick"))
def plot(folder: FolderArgument, as_json: JsonOption = False) -> None:
    """Draw the figures again from the answers that are there."""
    from landscape_sim.comparison.escapes.stored_study import draw_study
    from landscape_sim.console.progress import live_bar

    with live_bar("reading", None, "cases") as bar:
        stored = draw_study(folder, bar.report)
    _report(stored, folder, as_json)


@study.command(epilog=ending(_COMPARE, "landscape-sim study merge results/quick --out results/all"))
def merge(
    folders: Annotated[list[Path], typer.Argument(help="Results folders of one study.")],
    out: OutOption = None,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="Write the tables as Parquet besides; needs pyarrow.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Put the answers of several folders of one study together in a new folder."""
    from landscape_sim.comparison.escapes.stored_study import merge_studies
    from landscape_sim.console.progress import live_bar

    with live_bar("reading", None, "cases") as bar:
        stored, place = merge_studies(folders, out, bar.report, parquet=parquet)
    _report(stored, place, as_json)


def _report(stored: StoredStudy, folder: Path, as_json: bool) -> None:
    """Print the state of a study."""
    document = stored.document() | {"folder": str(folder)}
    if as_json:
        import json

        typer.echo(json.dumps(document, allow_nan=False))
        return
    from landscape_sim.console.tables import print_tables

    left = document["seconds_left"]
    counts = ", ".join(f"{document[f'n_{word}']} {word}" for word in ("done", "failed", "missing"))
    lines = [f"{document['name']}: {document['n_cases']} cases, {counts}."]
    if stored.missing:
        time = "unknown" if left is None else f"some {left:.2g} s of work"
        lines.append(f"Time left: {time}. landscape-sim compare --resume {folder} goes on.")
    reasons = defaultdict[str, list[str]](list)
    for one in document["failures"]:
        reasons[one["reason"]].append(one["case"])
    failures = [f"failed, {len(cases)}: {cases[0]}: {why}" for why, cases in reasons.items()]
    missing = [f"missing: {name}" for name in document["missing"]]
    for named in (failures, missing):
        lines += named[:_MOST_NAMED]
        if len(named) > _MOST_NAMED:
            lines.append(f"… and {len(named) - _MOST_NAMED} more.")
    print_tables([], lines, folder)
