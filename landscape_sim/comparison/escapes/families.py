"""The landscapes that a study may name: families with the loss ratio as their parameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    Discriminator,
    Field,
    PositiveFloat,
    Tag,
    field_validator,
    model_validator,
)

from landscape_sim.comparison.escapes.swept_values import Combine, ParameterValues, combined
from landscape_sim.comparison.study_file import Count, Fraction, Label
from landscape_sim.comparison.written import Written
from landscape_sim.landscapes import (
    Domain,
    Landscape,
    LandscapeLike,
    Position,
    QuarticDoubleWell,
    SeparableDoubleWell,
    TiltedDoubleWell,
    Walls,
    between,
    find_critical_points,
    find_escape_route,
    from_catalogue,
    read_walls,
)
from landscape_sim.validation import InputError

Interval = tuple[float, float]


#: What a landscape may have of its own, in place of the study's.
_EFFORT = (
    *("n_paths", "relaxation_time_step", "max_mean_times", "max_direct_steps"),
    *("splitting_error", "target_radius"),
)


class _Family(Written):
    """What every family may say: the two wells, the directions that are not frozen, its effort."""

    start: Position | None = None
    target: Position | None = None
    n_outliers: Count | None = None
    n_paths: Count | None = None
    relaxation_time_step: Fraction | None = None
    max_mean_times: PositiveFloat | None = None
    max_direct_steps: PositiveFloat | None = None
    splitting_error: Fraction | None = None
    target_radius: PositiveFloat | None = None
    #: Whether there is a landscape without a loss ratio.
    stands_alone: ClassVar[bool] = False

    def members(self) -> tuple[Self, ...]:
        """Return a family for every set of values of the parameters, if there are any."""
        return (self,)

    @property
    def values(self) -> dict[str, float]:
        """The parameters of a member."""
        return {}

    def effort(self) -> dict[str, float]:
        """Return what stands in place of the study's."""
        own = {name: getattr(self, name) for name in _EFFORT}
        return {name: value for name, value in own.items() if value is not None}

    def asked(self) -> dict[str, Any]:
        """Return what the loss and its wells depend on."""
        return self.model_dump(exclude=set(_EFFORT))

    def wells(self) -> tuple[Position | None, Position | None]:
        """Return positions in the well that is left and in the one beyond, where given."""
        return self.start, self.target

    def bounds(self) -> tuple[Interval, ...] | None:
        """Return where the loss is defined, if that is not everywhere."""
        return None


class QuarticFamily(_Family):
    """Quartic double wells of one barrier, one for each loss ratio."""

    landscape: Literal["quartic"] = "quartic"
    barrier: PositiveFloat

    def at(self, loss_ratio: float | None) -> LandscapeLike:
        """Return the member with this loss ratio."""
        assert loss_ratio is not None  # or the study would be refused
        return QuarticDoubleWell.from_loss_ratio(loss_ratio, self.barrier)


class TiltedFamily(_Family):
    """Tilted double wells, left from the left well."""

    landscape: Literal["tilted"] = "tilted"
    barrier: PositiveFloat
    tilt: float

    def at(self, loss_ratio: float | None) -> LandscapeLike:
        """Return the member with this loss ratio."""
        assert loss_ratio is not None  # or the study would be refused
        return TiltedDoubleWell.from_loss_ratio(loss_ratio, self.barrier, self.tilt)


class SeparableFamily(_Family):
    """Separable double wells in ``1 + len(stiffness)`` dimensions."""

    landscape: Literal["separable"] = "separable"
    barrier: PositiveFloat
    stiffness: tuple[PositiveFloat, ...] = Field(min_length=1)

    def at(self, loss_ratio: float | None) -> LandscapeLike:
        """Return the member with this loss ratio."""
        assert loss_ratio is not None  # or the study would be refused
        return SeparableDoubleWell.from_loss_ratio(loss_ratio, self.barrier, self.stiffness)


class FormulaFamily(_Family):
    """Landscapes of one formula, raised or lowered as a whole to the loss ratio."""

    stands_alone: ClassVar[bool] = True
    landscape: Label = "formula"
    formula: str
    variables: str
    domain: tuple[Interval, ...] | None = None
    reflecting: bool = False
    periodic: str | None = None
    parameters: dict[str, ParameterValues] = Field(default_factory=dict)
    combine: Combine = "product"

    def members(self) -> tuple[Self, ...]:
        """Return a family for every set of values; its label names those that are swept."""
        if all(len(values) == 1 for values in self.parameters.values()):
            return (self,)
        swept = {
            name: _digits(values) for name, values in self.parameters.items() if len(values) > 1
        }
        return tuple(
            self.model_copy(
                update={
                    "landscape": ", ".join(
                        [
                            self.landscape,
                            *(f"{name} = {row[name]:.{n}g}" for name, n in swept.items()),
                        ]
                    ),
                    "parameters": {name: (value,) for name, value in row.items()},
                }
            )
            for row in combined(self.parameters, self.combine)
        )

    @property
    def values(self) -> dict[str, float]:
        """The parameters of a member."""
        return {name: value for name, (value, *_) in self.parameters.items()}

    def asked(self) -> dict[str, Any]:
        """Return what the loss and its wells depend on: not the label."""
        asked = super().asked() | {"parameters": self.values}
        left_out = ["landscape", "combine"]
        # Where there are no walls, answers that were kept before there were any are still found.
        left_out += [name for name in ("reflecting", "periodic") if not asked[name]]
        return {key: value for key, value in asked.items() if key not in left_out}

    def at(self, loss_ratio: float | None) -> LandscapeLike:
        """Return the member with this loss ratio; without one, the loss as it is."""
        surface = self._surface()
        if loss_ratio is None:
            return surface
        return with_loss_ratio(surface, loss_ratio, *self.wells(), self.bounds())

    def bounds(self) -> tuple[Interval, ...] | None:
        """Return the domain of the formula, with its walls."""
        return read_walls(
            self.domain, self.variables, reflecting=self.reflecting, periodic=self.periodic
        )

    def _surface(self) -> Landscape:
        return Landscape.from_expression(
            self.formula, self.variables, domain=self.domain, parameters=self.values
        )

    @model_validator(mode="after")
    def _can_be_read(self) -> FormulaFamily:
        combined(self.parameters, self.combine)  # refuses lists that do not fit
        self._surface()
        self.bounds()
        return self


def _digits(values: Sequence[float]) -> int:
    """Return how many digits tell the values apart, six at least."""
    n_values = len(set(values))
    return next(n for n in range(6, 18) if len({f"{one:.{n}g}" for one in values}) == n_values)


class CatalogueFamily(_Family):
    """A landscape of the catalogue, raised or lowered as a whole to the loss ratio."""

    stands_alone: ClassVar[bool] = True
    landscape: str

    def at(self, loss_ratio: float | None) -> LandscapeLike:
        """Return the member with this loss ratio; without one, the loss as it is."""
        surface = from_catalogue(self.landscape).landscape
        return (
            surface if loss_ratio is None else with_loss_ratio(surface, loss_ratio, *self.wells())
        )

    def wells(self) -> tuple[Position | None, Position | None]:
        """Return positions in the two wells: the catalogue's, unless given."""
        entry = from_catalogue(self.landscape)
        return self.start or entry.start, self.target or entry.target

    @field_validator("landscape")
    @classmethod
    def _is_in_the_catalogue(cls, name: str) -> str:
        return from_catalogue(name).name


def with_loss_ratio(
    surface: Landscape,
    loss_ratio: float,
    start: Position | None,
    target: Position | None,
    domain: Domain | None = None,
) -> Landscape:
    """Return ``surface`` with the floor that gives the escape this loss ratio, between its walls.

    Raises
    ------
    InputError
        If there is no such escape, or a critical point's loss would not be positive.
    """

    def seen(landscape: Landscape) -> LandscapeLike:
        return between(landscape, domain) if isinstance(domain, Walls) else landscape

    lowest = min(point.loss for point in find_critical_points(seen(surface)))
    # The route does not depend on the floor, but it needs one that leaves the loss positive.
    route = find_escape_route(seen(surface.raised_by(1.0 - min(lowest, 0.0))), start, target)
    member = surface.with_loss_ratio(loss_ratio, route.minimum.position, route.saddle.position)
    deepest = min(find_critical_points(seen(member)), key=lambda point: point.loss)
    if not deepest.loss > 0:
        raise InputError(
            f"loss_ratio {loss_ratio:g} makes the loss of {surface} {deepest.loss:.3g} at "
            f"{deepest.position!r}; lower the loss ratio"
        )
    return member


def _kind(content: Any) -> str | None:
    """Return which family a table of a study file describes, if it is a table."""
    if isinstance(content, BaseModel):
        return type(content).__name__
    if not isinstance(content, dict):
        return None
    if "formula" in content:
        return FormulaFamily.__name__
    for family in (QuarticFamily, TiltedFamily, SeparableFamily):
        fields = family.model_fields
        if content.get("landscape") == fields["landscape"].default and "barrier" in content:
            return family.__name__
    return CatalogueFamily.__name__


Family = Annotated[
    Annotated[QuarticFamily, Tag("QuarticFamily")]
    | Annotated[TiltedFamily, Tag("TiltedFamily")]
    | Annotated[SeparableFamily, Tag("SeparableFamily")]
    | Annotated[FormulaFamily, Tag("FormulaFamily")]
    | Annotated[CatalogueFamily, Tag("CatalogueFamily")],
    Discriminator(
        _kind,
        custom_error_type="no_table",
        custom_error_message='must be a table, such as {"landscape": "quartic", "barrier": 0.25}',
    ),
]
