"""The command ``landscape-sim picture``: figures of one escape in a new folder."""

from __future__ import annotations

from functools import partial
from textwrap import shorten
from typing import Annotated

import typer

from landscape_sim.cli.options import EscapeOptions, with_escape_options
from landscape_sim.console.options import OutOption

_LONGEST_TITLE = 70


@with_escape_options
def picture(
    asked: EscapeOptions,
    paths: Annotated[int, typer.Option(min=1, help="Escapes to simulate, in two dimensions.")] = 16,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the escapes.")] = 0,
    n_cells: Annotated[
        int, typer.Option(help="Cells along each axis of the grids, in two dimensions.")
    ] = 200,
    out: OutOption = None,
) -> None:
    """Draw a landscape with its critical points and the way out of a well.

    Loss and log-loss side by side, as PNG and SVG; in two dimensions with simulated escape
    paths, and beside it the committor, the current of the transitions, whose stream lines are
    the ways that they take, and the quasi-stationary density, which falls as L^-φ where the
    noise is isotropic and proportional to the loss. report.html shows them with the landscape
    in two dimensions as a surface that can be turned round.
    """
    from landscape_sim.cli.picture_report import picture_report
    from landscape_sim.cli.picture_settings import PictureSettings
    from landscape_sim.escape.picture import draw_pictures
    from landscape_sim.report.writing import write_report
    from landscape_sim.result_files import results_folder, write_study

    escape = asked.escape()
    settings = PictureSettings.of(asked, n_paths=paths, seed=seed, n_cells=n_cells)
    title = settings.landscape.replace("**", "^")
    record = partial(write_study, file="picture.json")
    with results_folder(settings, out, record) as results:
        pictures = draw_pictures(
            escape,
            label=shorten(title, _LONGEST_TITLE, placeholder=" …"),
            n_paths=paths,
            seed=seed,
            n_cells=n_cells,
        )
        pictures.write(results.path)
        write_report(picture_report(escape, pictures, settings), results.path)
        results.is_complete = True
    typer.echo(f"{', '.join(sorted(pictures.figures))} in {results.path}")
    for note in pictures.notes:
        typer.echo(f"note: {note}")
