"""The landscapes that a study may name: families with the loss ratio as their parameter."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    Discriminator,
    Field,
    PositiveFloat,
    PositiveInt,
    Tag,
    field_validator,
    model_validator,
)

from landscape_sim.comparison.study_file import FINITE, Label
from landscape_sim.landscapes import (
    Landscape,
    LandscapeLike,
    Position,
    QuarticDoubleWell,
    SeparableDoubleWell,
    TiltedDoubleWell,
    find_critical_points,
    find_escape_route,
    from_catalogue,
)
from landscape_sim.validation import InputError

Interval = tuple[float, float]


class _Family(BaseModel):
    """What every family may say: the two wells, and how many directions are not frozen."""

    model_config = FINITE
    start: Position | None = None
    target: Position | None = None
    n_outliers: PositiveInt | None = None
    #: Whether there is a landscape without a loss ratio.
    stands_alone: ClassVar[bool] = False

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

    def at(self, loss_ratio: float | None) -> LandscapeLike:
        """Return the member with this loss ratio; without one, the loss as it is."""
        surface = self._surface()
        return (
            surface if loss_ratio is None else with_loss_ratio(surface, loss_ratio, *self.wells())
        )

    def bounds(self) -> tuple[Interval, ...] | None:
        """Return the domain of the formula."""
        return self.domain

    def _surface(self) -> Landscape:
        return Landscape.from_expression(self.formula, self.variables, domain=self.domain)

    @model_validator(mode="after")
    def _can_be_read(self) -> FormulaFamily:
        self._surface()
        return self


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


def _raised(
    surface: Landscape,
    loss_ratio: float | None,
    wells: tuple[Position | None, Position | None],
) -> Landscape:
    return surface if loss_ratio is None else with_loss_ratio(surface, loss_ratio, *wells)


def with_loss_ratio(
    surface: Landscape, loss_ratio: float, start: Position | None, target: Position | None
) -> Landscape:
    """Return ``surface`` with the floor that gives the escape this loss ratio.

    Raises
    ------
    InputError
        If there is no such escape, or a critical point's loss would not be positive.
    """
    lowest = min(point.loss for point in find_critical_points(surface))
    # The route does not depend on the floor, but it needs one that leaves the loss positive.
    route = find_escape_route(surface.raised_by(1.0 - min(lowest, 0.0)), start, target)
    member = surface.with_loss_ratio(loss_ratio, route.minimum.position, route.saddle.position)
    deepest = min(find_critical_points(member), key=lambda point: point.loss)
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
