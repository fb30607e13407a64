"""The command ``landscape-sim rate``: one escape rate by one method."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landscape_sim.cli.options import EscapeOptions, with_escape_options
from landscape_sim.columns import numbers, percent
from landscape_sim.console.options import JsonOption

if TYPE_CHECKING:
    from landscape_sim.escape.escape import Escape
    from landscape_sim.landscapes import CriticalPoint, EscapeRoute
    from landscape_sim.results import Rate


#: Two forms of the rate whose logarithms differ by less are one.
_SAME = 1e-6
#: Columns that the table of points needs.
_NARROWEST = 80


# Wide: one argument an option
# Long: likewise
@with_escape_options
def rate(
    asked: EscapeOptions,
    method: Annotated[
        str,
        typer.Option(
            help="A method by name: formula, exact, simulate, for rare escapes splitting, for weak "
            "noise of any kind instanton; or auto, the cheapest of exact, simulate and splitting."
        ),
    ] = "formula",
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
        int | None,
        typer.Option(
            help="Cells along each axis of the grid of an exact rate; by default as "
            "many as it needs, from 400 to 1600."
        ),
    ] = None,
    relative_error: Annotated[
        float | None,
        typer.Option(
            help="Bound on the relative standard error of a simulated rate: 0.02 by default, 0.1 "
            "for splitting. The time step is chosen to go with it."
        ),
    ] = None,
    confidence_level: Annotated[float, typer.Option(help="Of a simulated rate's interval.")] = 0.95,
    max_path_steps: Annotated[
        float, typer.Option(help="Refuse a simulation of more steps; 1e9 take some seconds.")
    ] = 1e11,
    seed: Annotated[int, typer.Option(help="Seed of the simulation.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Give one escape rate: by formula, exactly, by simulation, or by splitting if it is rare.

    The rate is the inverse of the mean first-passage time, per unit of t = learning rate x
    steps, from the minimum of the well of --start to the target: in one dimension the point of
    the other minimum, in more dimensions the ball of --target-radius around it. The formula is
    the power law for noise proportional to the loss, with the prefactor of Eyring and Kramers;
    where the paper's Eq. (15) as printed differs, it is given too. For constant noise it is the
    law of Arrhenius. Exact rates are known in one dimension (quadrature), in two (backward
    equation on a grid), and in more about an axis of symmetry through start and target; in
    three without one for isotropic noise, to moderate depth.
    """
    from landscape_sim.escape.registry import find_method

    chosen = find_method(method)
    escape = asked.escape(outlier_curvature=outlier_curvature, n_outliers=n_outliers)
    settings: dict[str, Any] = {
        "confidence_level": confidence_level,
        "max_path_steps": max_path_steps,
        "seed": seed,
    }
    for name, given in (("n_cells", n_cells), ("relative_error", relative_error)):
        settings |= {} if given is None else {name: given}
    if chosen.progress_unit:
        from landscape_sim.console.progress import live_bar

        with live_bar("simulating", 1, chosen.progress_unit) as bar:
            if chosen.name == "simulate":
                from landscape_sim.escape.cost import simulation_notice

                bar.say(simulation_notice(escape, **settings))
            answer = chosen(escape, **settings, progress=bar.move_to)
    else:
        answer = chosen(escape, **settings)
    record = document(escape, answer)
    if as_json:
        import json

        typer.echo(json.dumps(record, allow_nan=False))
    else:
        print_rate(record)


def document(escape: Escape, answer: Rate[Any]) -> dict[str, Any]:
    """Return the answer as JSON has it; what a method does not have, or is infinite, is None."""
    from landscape_sim.theory.power_law import power_law_exponent

    routes = _routes(escape)
    exponent = (
        power_law_exponent(escape.temperature, escape.dimension)
        if escape.noise.follows_loss
        else None
    )
    answered = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in answer.row().items()
    }
    return {
        **answered,
        "forms": _forms(answer),
        "instantons": _instantons(answer),
        "wall_seconds": round(answer.wall_seconds, 4),
        "caveats": list(answer.caveats),
        "minimum": _point(escape.minimum),
        "saddle": _point(routes[0].saddle) if routes else None,
        "saddles": [_point(route.saddle) for route in routes],
        "destination": _point(escape.destination),
        "loss_ratio": routes[0].loss_ratio if routes else None,
        "outlier_curvature": escape.outlier_curvature,
        "temperature": escape.temperature,
        "power_law_exponent": exponent,
        "noise": escape.noise.name,
    }


def _forms(answer: Rate[Any]) -> dict[str, dict[str, float | None]] | None:
    """Return both forms of the power law by their names; None where the answer is another."""
    from landscape_sim.theory.power_law import PowerLawRate

    law = answer.detail
    if not isinstance(law, PowerLawRate):
        return None
    return {
        name: {"rate": rate if math.isfinite(rate) else None, "log_rate": log_rate}
        for (name, log_rate), rate in zip(law.log_forms.items(), law.forms.values(), strict=True)
    }


def _instantons(answer: Rate[Any]) -> dict[str, float] | None:
    """Return over how many paths, saddles and wells a sum goes; None of other methods."""
    from landscape_sim.escape.methods.instanton import InstantonDetail

    detail = answer.detail
    if not isinstance(detail, InstantonDetail):
        return None
    return {
        "paths": len(detail.ways),
        "saddles": detail.n_saddles,
        "wells": detail.n_wells,
        "exponent": detail.exponent,
    }


def _routes(escape: Escape) -> tuple[EscapeRoute, ...]:
    """Return the routes over direct passes; none where the way leads through other wells."""
    from landscape_sim.validation import InputError

    try:
        return escape.routes
    except InputError:
        return ()


def _point(point: CriticalPoint) -> dict[str, Any]:
    return {
        "position": list(point.position),
        "loss": point.loss,
        "eigenvalues": point.eigenvalues.tolist(),
    }


def print_rate(record: dict[str, Any]) -> None:
    """Print the answer for a reader."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    # Narrower, a terminal would take digits away.
    console = Console(width=max(Console().width, _NARROWEST))
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    for name in ("", "position", "loss", "eigenvalues of the Hessian"):
        table.add_column(name, overflow="fold")
    points = [("minimum", record["minimum"]), ("destination", record["destination"])]
    points[1:1] = [("saddle", saddle) for saddle in record["saddles"]]
    for name, point in points:
        table.add_row(
            name,
            numbers(point["position"]),
            f"{point['loss']:.6g}",
            numbers(point["eigenvalues"]),
        )
    console.print(table)
    console.print(_setting(record), highlight=False, soft_wrap=True)
    console.print(_sentence(record), highlight=False, soft_wrap=True)
    if record["forms"] is not None and (text := _other_form(record["forms"])):
        console.print(text, highlight=False, soft_wrap=True)
    if (sum_ := record["instantons"]) is not None:
        text = (
            f"instantons: {sum_['paths']}, over saddles: {sum_['saddles']}, out of wells: "
            f"{sum_['wells']}; V/ε = {sum_['exponent']:.6g}"
        )
        console.print(text, highlight=False, soft_wrap=True)
    for caveat in record["caveats"]:
        console.print(f"note: {caveat}", highlight=False, markup=False, soft_wrap=True)


def _setting(record: dict[str, Any]) -> str:
    ratio, exponent = record["loss_ratio"], record["power_law_exponent"]
    parts = [] if ratio is None else [f"L^s/L* = {ratio:.6g}"]
    parts.append(f"h_e* = {record['outlier_curvature']:.6g}")
    parts.append(f"T = η h_e*/B = {record['temperature']:.6g}")
    if ratio is None:
        parts.append("no direct pass to the target is known")
    elif exponent is not None:
        parts.append(f"exponent B/(η h*) + 1 − n/2 = {exponent:.6g}")
    return ", ".join(parts)


def _sentence(record: dict[str, Any]) -> str:
    rate = (
        f"escape rate ({record['method']}, {record['noise']} noise): "
        f"{_number(record['rate'], record['log_rate'])} per t"
    )
    if record["log_high"] is None:
        return rate
    level = record["confidence_level"]
    kind = "numerical error" if level is None else f"{percent(level)} interval"
    low, high = (_number(record[end], record[f"log_{end}"]) for end in ("low", "high"))
    return f"{rate}, {kind} {low} … {high}"


def _other_form(forms: dict[str, dict[str, Any]]) -> str | None:
    """Return what Eq. (15) as printed gives, where it is not the form of the rate."""
    kramers, printed = forms["eyring-kramers"], forms["printed"]
    log_ratio = printed["log_rate"] - kramers["log_rate"]
    if abs(log_ratio) < _SAME:
        return None
    return (
        "this is the form eyring-kramers; Eq. (15) as printed gives "
        f"{_number(printed['rate'], printed['log_rate'])} per t, {math.exp(log_ratio):.3g} of it"
    )


def _number(value: float | None, log_value: float | None) -> str:
    from landscape_sim.results import rate_text

    # The logarithm is None where a bound is zero, and the bound where no float is so large.
    if value is None or (log_value is not None and value <= 1e-300):
        return rate_text(math.inf if log_value is None else log_value)
    return f"{value:.6g}"
