"""What a study compares: landscapes, settings of SGD, loss ratios, methods and effort."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveFloat,
    model_validator,
)

from landscape_sim.comparison.escapes.families import Family, QuarticFamily, SeparableFamily
from landscape_sim.comparison.escapes.setting import Setting, with_settings
from landscape_sim.comparison.escapes.swept_values import spread
from landscape_sim.comparison.study_file import ConfidenceLevel, Count, Fraction, WrittenStudy
from landscape_sim.comparison.written import Location
from landscape_sim.escape.registry import find_method

#: The methods that answer at the study's own effort, and have columns and curves of their own.
PACKAGE_METHODS = ("formula", "exact", "simulate", "splitting")


def _answering(name: str) -> str:
    if name == "auto":
        raise ValueError("auto chooses for one escape; name what is compared, e.g. splitting")
    return find_method(name).name


MethodName = Annotated[str, AfterValidator(_answering)]
LossRatio = Annotated[float, Field(gt=1)]
_MOST_CASES = 1_000_000
_OTHER_LABEL = "give a formula a label of its own, others a study of their own"


class Study(WrittenStudy):
    """Every landscape at every setting and every loss ratio is one case.

    Attributes
    ----------
    name : str
        Names the results folder.
    seed : int
        Determines every random number.
    landscapes, settings, loss_ratios : tuple
        The three axes of the comparison. Instead of ``settings``, the lists
        ``learning_rates``, ``batch_sizes`` (or ``temperatures`` in place of both) and ``noises``
        span a grid, or stand side by side with ``combine="zip"``; ``repeats`` runs every setting
        so many times. Without ``loss_ratios`` the loss of every landscape is taken as it is,
        where it is a formula or from the catalogue. Any list of numbers may be
        ``{"log": [low, high, n]}`` or ``{"linear": [low, high, n]}``.
    methods : tuple of str
        Which of ``formula``, ``exact``, ``simulate`` and ``splitting`` are wanted; where the
        last two are, splitting takes the cases that direct simulation finds too dear. A method
        of your own by its name: see :func:`landscape_sim.register_method`.
    max_direct_steps : float
        Path-steps of a direct simulation that are too dear.
    splitting_error : float
        Relative standard error that splitting is asked for.
    target_radius : float
        In more than one dimension, of the ball around the other minimum.
    n_paths : int
        Simulated escapes of each case.
    relaxation_time_step : float
        Integration step in units of the shortest relaxation time at the minimum.
    max_mean_times : float
        Paths are censored after this many mean escape times.
    confidence_level : float
        Of every interval.
    streams : tuple of int, optional
        The number of each case's stream of random numbers, by default 0, 1, 2 and so on, the
        last axis fastest. A study that was extended says here what its cases had before.

    Raises
    ------
    InputError
        If a value is out of range.

    Examples
    --------
    >>> from landscape_sim import Study
    >>> study = Study(
    ...     name="mine",
    ...     landscapes=[{"formula": "(x**2 - 1)**2 + 0.3*x", "variables": "x"}],
    ...     learning_rates=[0.01, 0.02],
    ...     batch_sizes=[1],
    ...     loss_ratios=[2, 3],
    ... )
    >>> len(study.settings), study.n_cases
    (2, 4)
    """

    landscapes: tuple[Family, ...] = Field(min_length=1)
    settings: tuple[Setting, ...] = Field(min_length=1)
    loss_ratios: Annotated[tuple[LossRatio, ...] | None, BeforeValidator(spread)] = Field(
        default=None, min_length=1
    )
    methods: tuple[MethodName, ...] = Field(default=PACKAGE_METHODS, min_length=1)
    target_radius: PositiveFloat = 0.25
    max_direct_steps: PositiveFloat = 1e9
    splitting_error: Fraction = 0.1
    n_paths: Count = 1500
    relaxation_time_step: Fraction = 0.05
    max_mean_times: PositiveFloat = 4.0
    confidence_level: ConfidenceLevel = 0.95
    streams: tuple[NonNegativeInt, ...] | None = None

    @property
    def n_cases(self) -> int:
        """Number of cases."""
        return len(self.families) * len(self.settings) * len(self.ratios)

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """The axis of landscapes: one for every set of values of their parameters."""
        return tuple(member for table in self.landscapes for member in table.members())

    @cached_property
    def tables(self) -> tuple[int, ...]:
        """For each of the families, of which of ``landscapes`` it is."""
        numbered = enumerate(self.landscapes)
        return tuple(number for number, table in numbered for _ in table.members())

    @property
    def ratios(self) -> tuple[float | None, ...]:
        """The axis of loss ratios; None alone where every loss is taken as it is."""
        return (None,) if self.loss_ratios is None else self.loss_ratios

    @property
    def own_methods(self) -> tuple[str, ...]:
        """The methods from outside the package, each once."""
        return tuple(dict.fromkeys(name for name in self.methods if name not in PACKAGE_METHODS))

    def case_streams(self) -> tuple[int, ...]:
        """Return the number of the stream of every case."""
        return tuple(range(self.n_cases)) if self.streams is None else self.streams

    def in_order(self) -> Self:
        """Return the study with the streams that it has by default."""
        return self.model_copy(update={"streams": None})

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy; what was worked out of the content is not copied with it."""
        copy = super().model_copy(update=update, deep=deep)
        for name in ("families", "tables"):
            copy.__dict__.pop(name, None)
        return copy

    @classmethod
    def default(cls) -> Self:
        """Return the built-in study: 1-D and n = 4, two values of B/η, six loss ratios.

        Its rates go from 0.06 to below 1e-20: the slower half is found by splitting.
        """
        return cls(
            name="power-law",
            landscapes=(
                QuarticFamily(barrier=0.25),
                SeparableFamily(barrier=0.25, stiffness=(2.0, 2.0, 2.0)),
            ),
            settings=(
                Setting(learning_rate=0.1, batch_size=1),
                Setting(learning_rate=0.0125, batch_size=1),
            ),
            loss_ratios=(1.4, 1.7, 2.05, 2.5, 3.0, 3.6),
        )

    def quick(self) -> Self:
        """Return a study of the same cases with a tenth of the paths, at least 50."""
        own = [
            table if table.n_paths is None else table.model_copy(update=_fewer(table.n_paths))
            for table in self.landscapes
        ]
        return self.changed({"landscapes": own, **_fewer(self.n_paths)})

    @classmethod
    def key(cls, place: Location) -> str:
        """Return the key of the file at this place; the kind of family tried there is none."""
        return super().key(tuple(key for key in place if not str(key).endswith("Family")))

    @model_validator(mode="before")
    @classmethod
    def _span_grid(cls, content: Any) -> Any:
        """Write the grid of learning rates, batch sizes and so on, and repeats, as settings."""
        if not isinstance(content, dict):
            return content
        return with_settings(content)

    @model_validator(mode="after")
    def _has_cases_that_can_be_stated(self) -> Self:
        if self.n_cases > _MOST_CASES:
            raise ValueError(
                f"the study has {self.n_cases:,} cases; {_MOST_CASES:,} are the most, split it"
            )
        for family in self.landscapes:
            if self.loss_ratios is None and not family.stands_alone:
                raise ValueError(
                    f"loss_ratios is needed: the landscape {family.landscape!r} is made for one; "
                    "add it"
                )
        return self

    @model_validator(mode="after")
    def _has_cases_that_can_be_told_apart(self) -> Self:
        axes = {
            "landscapes": ([one.landscape for one in self.families], _OTHER_LABEL),
            "settings": ([one.label for one in self.settings], "name it once, or add repeats"),
            "loss_ratios": (self.ratios, "name it once"),
        }
        for key, (labels, remedy) in axes.items():
            for label in _twice(labels):
                raise ValueError(f"{key} has {label!r} twice; {remedy}")
        return self

    @model_validator(mode="after")
    def _has_a_stream_for_each_case(self) -> Self:
        if self.streams is not None:
            if len(self.streams) != self.n_cases:
                raise ValueError(
                    f"streams must name one number for each of the {self.n_cases} cases, got "
                    f"{len(self.streams)}; leave it out for a new study"
                )
            if len(set(self.streams)) < len(self.streams):
                raise ValueError(
                    f"streams must not name a number twice, got {self.streams!r}; leave it "
                    "out for a new study"
                )
        return self


def _twice(labels: Iterable[Hashable]) -> Iterator[Hashable]:
    """Yield what stands there a second time."""
    return (label for label, number in Counter(labels).items() if number > 1)


def _fewer(n_paths: int) -> dict[str, int]:
    return {"n_paths": max(50, n_paths // 10)}
