"""Options that several commands share: a landscape by formula or name, positions, a domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from landscape_sim.validation import InputError

if TYPE_CHECKING:
    from landscape_sim.escape.escape import Escape
    from landscape_sim.landscapes import LandscapeLike, Position

LossOption = Annotated[
    str | None, typer.Option("--loss", help="Formula of the loss, e.g. '0.25 + (x**2 - 1)**2'.")
]
LandscapeOption = Annotated[
    str | None,
    typer.Option("--landscape", help="A landscape by name instead; see landscape-sim landscapes."),
]
VariablesOption = Annotated[
    str | None, typer.Option(help="Variables of the formula in order, e.g. x,y.")
]
StartOption = Annotated[
    str | None,
    typer.Option(help="A position in the well to leave, e.g. --start=-1,0; moved to its minimum."),
]
TargetOption = Annotated[
    str | None,
    typer.Option(help="A position in the well to reach, e.g. --target=1,0; moved likewise."),
]
DomainOption = Annotated[
    str | None,
    typer.Option(
        help="Where the formula holds, low:high for each variable, e.g. --domain=-3:3,-2:2."
    ),
]
RadiusOption = Annotated[
    float, typer.Option(help="Radius of the target, in more than one dimension.")
]
NoiseOption = Annotated[
    str,
    typer.Option(
        help="isotropic (2 T L I), hessian ((2η/B) L H*), constant or constant-hessian (the same "
        "with L frozen at the minimum)."
    ),
]


def read_position(name: str, text: str | None) -> Position | None:
    """Return the coordinates in ``text``, separated by commas.

    Raises
    ------
    InputError
        If one is not a number.
    """
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(
            f"{name} must be numbers separated by commas, got {text!r}; e.g. {name}=-1,0"
        ) from error


def read_domain(text: str | None) -> tuple[tuple[float, float], ...] | None:
    """Return the intervals in ``text``, ``low:high`` separated by commas."""
    if text is None:
        return None
    try:
        pairs = [tuple(float(end) for end in part.split(":")) for part in text.split(",")]
        return tuple((low, high) for low, high in pairs)
    except ValueError as error:
        raise InputError(
            f"--domain must be low:high for each variable, got {text!r}; e.g. --domain=-3:3,-2:2"
        ) from error


def read_landscape(
    loss: str | None, variables: str | None, domain: str | None, name: str | None
) -> tuple[LandscapeLike, Position | None, Position | None]:
    """Return the landscape of a formula, or one of the catalogue with its start and target.

    Raises
    ------
    InputError
        If neither or both are given, or the formula or the name is not accepted.
    """
    from landscape_sim.landscapes import Landscape, from_catalogue

    if (loss is None) == (name is None):
        raise InputError("give either --loss with --variables, or --landscape")
    if name is not None:
        if variables is not None or domain is not None:
            raise InputError("--variables and --domain belong to --loss; leave them out")
        entry = from_catalogue(name)
        return entry.landscape, entry.start, entry.target
    if variables is None:
        raise InputError("--loss needs --variables, e.g. --variables x,y")
    assert loss is not None
    return Landscape.from_expression(loss, variables, domain=read_domain(domain)), None, None


def read_problem(
    loss: str | None,
    variables: str | None,
    landscape: str | None,
    domain: str | None,
    start: str | None,
    target: str | None,
    *,
    learning_rate: float,
    batch_size: float,
    noise: str,
    target_radius: float,
    outlier_curvature: float | None = None,
    n_outliers: int | None = None,
) -> Escape:
    """Return the escape that the options describe.

    Raises
    ------
    InputError
        If one of them is not accepted, or the wells and the pass between them are not found.
    """
    from landscape_sim.escape.escape import Escape

    surface, first, last = read_landscape(loss, variables, domain, landscape)
    return Escape(
        surface,
        learning_rate=learning_rate,
        batch_size=batch_size,
        noise=noise,
        start=read_position("--start", start) or first,
        target=read_position("--target", target) or last,
        target_radius=target_radius,
        outlier_curvature=outlier_curvature,
        n_outliers=n_outliers,
        domain=read_domain(domain),
    )
