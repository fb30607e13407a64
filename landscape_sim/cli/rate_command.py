"""The commands ``landscape-sim rate`` and ``landscapes``: options, and what is done with them."""

from __future__ import annotations

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


def rate(
    learning_rate: Annotated[float, typer.Option(help="η.")],
    batch_size: Annotated[float, typer.Option(help="B.")],
    loss: LossOption = None,
    variables: VariablesOption = None,
    landscape: LandscapeOption = None,
    start: StartOption = None,
    target: TargetOption = None,
    domain: DomainOption = None,
    noise: NoiseOption = "isotropic",
    method: Annotated[str, typer.Option(help="formula, exact, simulate or splitting.")] = "formula",
    target_radius: RadiusOption = 0.25,
    outlier_curvature: Annotated[
        float | None,
        typer.Option(
            help="Use this h*, not the eigenvalue at the minimum whose eigenvector is closest to "
            "the escape path there."
        ),
    ] = None,
    n_outliers: Annotated[
        int | None,
        typer.Option(help="Freeze all but this many of the stiffest directions at the minimum."),
    ] = None,
    n_cells: Annotated[
        int, typer.Option(help="Cells along each axis of the grid of an exact rate in the plane.")
    ] = 400,
    relative_error: Annotated[
        float | None,
        typer.Option(
            help="Accuracy of a simulated rate: 0.02 by default, statistical and of the time step; "
            "0.1 for splitting, its standard error."
        ),
    ] = None,
    confidence_level: Annotated[float, typer.Option(help="Of a simulated rate's interval.")] = 0.95,
    max_path_steps: Annotated[
        float, typer.Option(help="Refuse a simulation of more steps; 1e9 take some seconds.")
    ] = 1e11,
    seed: Annotated[int, typer.Option(help="Seed of the simulation.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout, nothing else.")
    ] = False,
) -> None:
    """Give one escape rate: by formula, exactly, by simulation, or by splitting if it is rare.

    The rate is the inverse of the mean first-passage time, per unit of t = learning rate x
    steps, from the minimum of the well of --start to the target: in one dimension the point of
    the other minimum, in more dimensions the ball of --target-radius around it. The formula is
    Eq. (15) for noise proportional to the loss, and Eyring-Kramers for constant noise. Exact
    rates are known in one dimension (quadrature) and in two (backward equation on a grid).
    """
    from landscape_sim.cli.rate import document, measure_rate, print_rate
    from landscape_sim.escape.registry import find_method

    answers = find_method(method)
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
        outlier_curvature=outlier_curvature,
        n_outliers=n_outliers,
    )
    settings = {
        "n_cells": n_cells,
        "confidence_level": confidence_level,
        "max_path_steps": max_path_steps,
        "seed": seed,
    }
    if relative_error is not None:
        settings["relative_error"] = relative_error
    answer = measure_rate(problem, answers, settings)
    record = document(problem, answer)
    if as_json:
        import json

        typer.echo(json.dumps(record, allow_nan=False))
    else:
        print_rate(record)


def landscapes(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON array on stdout, nothing else.")
    ] = False,
) -> None:
    """List the landscapes that can be named, with their formulas and known answers."""
    from landscape_sim.cli.landscapes import entries, print_catalogue

    if as_json:
        import json

        typer.echo(json.dumps(entries(), allow_nan=False))
    else:
        print_catalogue()
