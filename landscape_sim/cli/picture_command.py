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
    StartOption,
    TargetOption,
    VariablesOption,
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
    target_radius: Annotated[
        float, typer.Option(help="Radius of the target, in more than one dimension.")
    ] = 0.25,
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
    from landscape_sim.cli.options import read_landscape, read_position
    from landscape_sim.cli.picture import PictureSettings, draw_and_store
    from landscape_sim.comparison.problem import noise_name, state_problem

    surface, first, last = read_landscape(loss, variables, domain, landscape)
    problem = state_problem(
        surface,
        learning_rate=learning_rate,
        batch_size=batch_size,
        noise=noise_name(noise),
        start=read_position("--start", start) or first,
        target=read_position("--target", target) or last,
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
