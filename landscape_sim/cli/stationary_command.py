"""The command ``landscape-sim stationary``: its options, and what is done with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from landscape_sim.console.exit_codes import INTERRUPTED


def stationary(
    learning_rate: Annotated[
        list[str], typer.Option(help="η; repeat it, or separate values by commas.")
    ] = ["0.5,0.25"],  # noqa: B006 (Typer copies it)
    batch_size: Annotated[
        list[str], typer.Option(help="B; repeat it, or separate values by commas.")
    ] = ["3,4,6,8"],  # noqa: B006
    curvature: Annotated[float, typer.Option(help="h* of the bowl L* + h* r²/2.")] = 2.0,
    floor: Annotated[float, typer.Option(help="L* of the bowl.")] = 1.0,
    dimensions: Annotated[
        list[str], typer.Option(help="Outlier directions n for the exponents.")
    ] = ["1,2"],  # noqa: B006
    transition_dimensions: Annotated[
        list[str], typer.Option(help="Outlier directions n for the transition.")
    ] = ["1,4,6,7,8,9,10"],  # noqa: B006
    paths: Annotated[int, typer.Option(help="Independent paths of each case.")] = 2000,
    samples: Annotated[int, typer.Option(help="Samples of each path for the exponents.")] = 200,
    seed: Annotated[int, typer.Option(help="Determines every random number.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to create for the results. [default: results/stationary-TIME]"),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the tables as JSON on stdout, nothing else.")
    ] = False,
) -> None:
    """Compare the stationary law L^-φ with simulation, and show where it ends.

    In a quadratic bowl, under noise proportional to the loss, φ = 1 + B/(η h*) in t = learning
    rate x steps and B/(η h*) in the time dτ = L dt. At the highest T = η h*/B the loss is
    followed in time: it stays near L* below the critical dimension n_c = 2 (1/T + 1), and grows
    without end above. Tables, figures, NetCDF and study.json land in a new folder.
    """
    from landscape_sim.cli.stationary import print_report, read_numbers, run_and_store
    from landscape_sim.comparison.bowl.study import stationary_study

    study = stationary_study(
        seed=seed,
        curvature=curvature,
        floor=floor,
        learning_rates=read_numbers("--learning-rate", learning_rate, float),
        batch_sizes=read_numbers("--batch-size", batch_size, int),
        dimensions=read_numbers("--dimensions", dimensions, int),
        transition_dimensions=read_numbers("--transition-dimensions", transition_dimensions, int),
        n_paths=paths,
        n_samples=samples,
    )
    result, folder, document = run_and_store(study, out)
    if as_json:
        import json

        typer.echo(json.dumps(document, allow_nan=False))
    else:
        print_report(document, folder)
    if not result.is_complete:
        typer.echo(f"landscape-sim: interrupted; what was finished is in {folder}", err=True)
        raise typer.Exit(INTERRUPTED)
