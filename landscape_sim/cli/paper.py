"""The command ``landscape-sim paper``: a figure of the paper, made again."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from landscape_sim.console.options import JsonOption, OutOption
from landscape_sim.validation import InputError

#: Room for every column on one line, also where the output is a file.
_WIDTH = 150


def paper(
    figure: Annotated[
        str | None, typer.Argument(help="Its number; without one, they are listed.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A small version of less than a minute.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of the data and of the batches. [default: 0]")
    ] = None,
    out: OutOption = None,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the figure in this folder.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a figure of the paper again: its claims beside what is exact and what is measured.

    Every case is kept once it is done; --resume goes on with what is missing. Figures on networks
    are made by nn-bridge paper.
    """
    from landscape_sim.comparison.paper.figures import figure_in, find_figure

    is_set = quick or seed is not None or out is not None
    if resume is not None:
        if figure is not None or is_set:
            raise InputError("--resume takes its folder's settings; leave out all but --json")
        chosen, study = figure_in(resume)
    elif figure is not None:
        chosen = find_figure(figure)
        study = chosen.study(seed, quick=quick)
    elif is_set:
        raise InputError("name a figure, e.g. landscape-sim paper 3b --quick")
    else:
        _list(as_json)
        return
    from landscape_sim.cli.running import Place, reused, run_and_store, with_bar
    from landscape_sim.comparison.paper.result import make_figure
    from landscape_sim.console.document import print_result

    make = with_bar(partial(make_figure, chosen))
    result, _, document = run_and_store(make, study, Place(out, resume))
    said = [*result.sentences(), *reused(document)]
    document |= {"tables": result.tables(), "sentences": said}
    print_result(document, as_json, _print_report)


def _print_report(document: dict[str, Any]) -> None:
    from landscape_sim.columns import Table
    from landscape_sim.console.tables import print_tables

    tables = [Table(title, rows) for title, rows in document["tables"].items()]
    print_tables(tables, document["sentences"], document["folder"], width=_WIDTH)


def _list(as_json: bool) -> None:
    import json

    from landscape_sim.columns import Table
    from landscape_sim.comparison.paper.figures import paper_figures
    from landscape_sim.console.tables import print_tables

    figures = paper_figures()
    rows = [
        {"figure": one.name, "section": one.section, "shows": one.title, "cost": one.cost}
        for one in figures
    ]
    if as_json:
        typer.echo(json.dumps({"figures": rows}))
        return
    print_tables(
        [Table("Figures of the paper made here", rows)],
        [
            *(f"{one.name}: {one.statement}" for one in figures),
            "landscape-sim paper FIGURE makes one, --quick a small version of less than a minute; "
            "nn-bridge paper lists those on networks.",
        ],
        width=_WIDTH,
    )
