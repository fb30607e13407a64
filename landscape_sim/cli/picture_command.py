"""The command ``landscape-sim picture``: its options, and what is done with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from landscape_sim.cli.options import (
    DomainOption,
    LandscapeOption,
    LossOption,
    NoiseOption,
    RadiusOption,
    StartOption,
    TargetOption,
    VariablesOption,
    read_problem,
)


def picture(
    learning_rate: Annotated[float, typer.Option(help="η.")],
    batch_size: Annotated[float, typer.Option(help="B.")],
    loss: LossOption = None,
    variables: VariablesOption = None,
    landscape: LandscapeOption = None,
    start: StartOption = None,
    target: TargetOption = None,
    domain: DomainOption = None,
    noise: NoiseOption = "isotropic",
    target_radius: RadiusOption = 0.25,
    paths: Annotated[int, typer.Option(min=1, help="Escapes to simulate, in two dimensions.")] = 16,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the escapes.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to create for the figures. [default: results/picture-TIME]"),
    ] = None,
) -> None:
    """Draw a landscape with its critical points and the way out of a well.

    Loss and log-loss side by side, as PNG and SVG; in two dimensions with simulated escape
    paths, and beside it the committor and the quasi-stationary density, which falls as L^-φ
    where the noise is isotropic and proportional to the loss.
    """
    from landscape_sim.cli.picture import PictureSettings, draw_and_store

    problem = read_problem(
        loss,
        variables,
        landscape,
        domain,
        start,
        target,
        learning_rate=learning_rate,
        batch_size=batch_size,
        noise=noise,
        target_radius=target_radius,
    )
    settings = PictureSettings(
        landscape=landscape or str(loss),
        variables=variables,
        domain=domain,
        start=start,
        target=target,
        target_radius=target_radius,
        noise=noise,
        learning_rate=learning_rate,
        batch_size=batch_size,
        n_paths=paths,
        seed=seed,
    )
    pictures, folder = draw_and_store(problem, settings, out)
    for note in pictures.notes:
        typer.echo(f"landscape-sim: {note}", err=True)
    typer.echo(f"{', '.join(sorted(pictures.figures))} in {folder}")
