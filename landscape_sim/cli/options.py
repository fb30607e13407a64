"""The options that state an escape, shared by every command about one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec, get_type_hints

import typer

from landscape_sim.console.options import read_intervals, read_numbers
from landscape_sim.validation import InputError

if TYPE_CHECKING:
    from landscape_sim.escape.escape import Escape

Own = ParamSpec("Own")


@dataclass(frozen=True)
class EscapeOptions:
    """What was said of the escape, as it was typed."""

    learning_rate: Annotated[float | None, typer.Option(help="η.")] = None
    batch_size: Annotated[float | None, typer.Option(help="B.")] = None
    temperature: Annotated[float | None, typer.Option(help="T = η h*/B, in place of both.")] = None
    loss: Annotated[
        str | None, typer.Option(help="Formula of the loss, e.g. '0.25 + (x**2 - 1)**2'.")
    ] = None
    variables: Annotated[
        str | None, typer.Option(help="Variables of the formula in order, e.g. x,y.")
    ] = None
    landscape: Annotated[
        str | None, typer.Option(help="A landscape by name instead; see landscape-sim landscapes.")
    ] = None
    start: Annotated[
        str | None,
        typer.Option(
            help="A position in the well to leave, e.g. --start=-1,0; moved to its minimum."
        ),
    ] = None
    target: Annotated[
        str | None,
        typer.Option(help="A position in the well to reach, e.g. --target=1,0; moved likewise."),
    ] = None
    domain: Annotated[
        str | None,
        typer.Option(
            help="Where the formula holds, low:high for each variable, e.g. --domain=-3:3,-2:2. "
            "Wells are searched for in it and exact rates keep to it; simulated paths may leave it "
            "unless --reflecting."
        ),
    ] = None
    reflecting: Annotated[
        bool,
        typer.Option(
            "--reflecting",
            help="Let the ends of --domain be walls that reflect paths, for exact, simulate and "
            "splitting.",
        ),
    ] = False
    periodic: Annotated[
        str | None,
        typer.Option(
            help="Variables whose axis closes on itself, an angle for instance: the ends of "
            "--domain are one turn apart, e.g. --periodic x."
        ),
    ] = None
    noise: Annotated[
        str,
        typer.Option(
            help="A noise model by name, e.g. isotropic (2 T L I), hessian ((2η/B) L H*), or "
            "constant (L frozen at the minimum); any other word lists them all."
        ),
    ] = "isotropic"
    target_radius: Annotated[
        float | None,
        typer.Option(
            help="Radius of the target, in more than one dimension; by default a quarter of its "
            "distance from the nearest saddle."
        ),
    ] = None
    saddle: Annotated[
        str | None,
        typer.Option(
            help="A position near the one pass that the formula is to take; by default it counts "
            "all that are found."
        ),
    ] = None

    def escape(self, **settings: Any) -> Escape:
        """Return the escape, with further settings of :class:`Escape`.

        Raises
        ------
        InputError
            If an option is not accepted, or the wells and the pass between them are not found.
        """
        from landscape_sim.escape.escape import Escape

        stated = self._catalogued() if self.landscape is not None else self._formula()
        for name, given in (
            ("start", read_numbers("--start", self.start)),
            ("target", read_numbers("--target", self.target)),
            ("target_radius", self.target_radius),
        ):
            stated |= {} if given is None else {name: given}
        return Escape(
            **stated,
            learning_rate=self.learning_rate,
            batch_size=self.batch_size,
            temperature=self.temperature,
            noise=self.noise,
            saddle=read_numbers("--saddle", self.saddle),
            **settings,
        )

    def _catalogued(self) -> dict[str, Any]:
        """Return a landscape of the catalogue with its start, target and radius."""
        from landscape_sim.landscapes import from_catalogue

        if self.loss is not None:
            raise InputError("give either --loss with --variables, or --landscape")
        if self.variables or self.domain or self.reflecting or self.periodic:
            raise InputError(
                "--variables, --domain, --periodic and --reflecting belong to --loss; leave them "
                "out"
            )
        assert self.landscape is not None
        entry = from_catalogue(self.landscape)
        return {
            "landscape": entry.landscape,
            "start": entry.start,
            "target": entry.target,
            "target_radius": entry.target_radius,
        }

    def _formula(self) -> dict[str, Any]:
        """Return the landscape of a formula, with the domain if one was given."""
        from landscape_sim.landscapes import Landscape, read_walls

        if self.loss is None:
            raise InputError("give either --loss with --variables, or --landscape")
        if self.variables is None:
            raise InputError("--loss needs --variables, e.g. --variables x,y")
        domain = read_intervals("--domain", self.domain)
        surface = Landscape.from_expression(self.loss, self.variables, domain=domain)
        walled = read_walls(
            *(domain, self.variables),
            reflecting=self.reflecting,
            periodic=self.periodic,
            dashes="--",
        )
        return {"landscape": surface, "domain": walled}


def with_escape_options(
    command: Callable[Concatenate[EscapeOptions, Own], None],
) -> Callable[..., None]:
    """Return a command with the options of an escape before its own ones.

    Typer reads the signature: it is put together here instead of being written out again in
    every command. The command itself gets the options of the escape as one argument.
    """
    names = [field.name for field in fields(EscapeOptions)]

    def stated(**options: Any) -> None:
        given = EscapeOptions(**{name: options.pop(name) for name in names})
        # What is left are the command's own options.
        command(given, **options)  # type: ignore[call-arg]

    hints = get_type_hints(EscapeOptions, include_extras=True)
    shared = [
        Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            default=getattr(EscapeOptions, field.name, Parameter.empty),
            annotation=hints[field.name],
        )
        for field in fields(EscapeOptions)
    ]
    own = signature(command, eval_str=True)
    others = [
        parameter.replace(kind=Parameter.KEYWORD_ONLY)
        for parameter in list(own.parameters.values())[1:]
    ]
    stated.__name__, stated.__doc__ = command.__name__, command.__doc__
    stated.__signature__ = own.replace(  # type: ignore[attr-defined]
        parameters=[*shared, *others], return_annotation=None
    )
    return stated
