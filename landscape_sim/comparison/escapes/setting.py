"""The settings of SGD in a study: one by one, or as a grid."""

from __future__ import annotations

from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from landscape_sim.comparison.escapes.swept_values import Combine, combined, spread
from landscape_sim.comparison.study_file import Count, Scale
from landscape_sim.comparison.written import Written
from landscape_sim.dynamics.noise_registry import noise_family

NoiseName = Annotated[str, AfterValidator(lambda name: noise_family(name).name)]
Value = TypeVar("Value")
_Several = Annotated[tuple[Value, ...], Field(min_length=1)]
_Swept = Annotated[_Several[Value] | None, BeforeValidator(spread)]
#: What spans a grid of settings, and the key of its values there.
_AXES = {
    "learning_rates": "learning_rate",
    "batch_sizes": "batch_size",
    "temperatures": "temperature",
    "noises": "noise",
}
_MOST_REPEATS = 10_000


class Setting(Written):
    """One setting of SGD, and the noise that stands for its mini-batches.

    Attributes
    ----------
    learning_rate, batch_size : float or None, int or None
        ``η`` and ``B``.
    temperature : float or None
        ``T = η h*/B`` in place of both.
    noise : str
        By name.
    repeat : int
        Cases that differ in nothing else differ in their random numbers.
    """

    learning_rate: Scale | None = None
    batch_size: Count | None = None
    temperature: Scale | None = None
    noise: NoiseName = "isotropic"
    repeat: Count = 1

    @property
    def label(self) -> str:
        """For tables and data sets."""
        if self.temperature is not None:
            strength = f"T = {self.temperature:.12g}"
        else:
            strength = f"η = {self.learning_rate:.12g}, B = {self.batch_size}"
        return f"{self.noise}, {strength}{self._again}"

    @property
    def strength(self) -> str:
        """How weak the noise is, for progress and titles."""
        if self.learning_rate is None or self.batch_size is None:
            return f"T = {self.temperature:g}{self._again}"
        return f"B/η = {self.batch_size / self.learning_rate:g}{self._again}"

    @property
    def _again(self) -> str:
        return f", repeat {self.repeat}" if self.repeat > 1 else ""

    @model_validator(mode="after")
    def _has_one_strength(self) -> Self:
        given = [value is not None for value in (self.learning_rate, self.batch_size)]
        if given != [self.temperature is None] * 2:
            raise ValueError("needs learning_rate and batch_size, or temperature in their place")
        return self


class _Grid(Written):
    """What stands at the top of a study in place of settings, or repeats them."""

    learning_rates: _Swept[Scale] = None
    batch_sizes: _Swept[Count] = None
    temperatures: _Swept[Scale] = None
    noises: _Swept[NoiseName] = None
    combine: Combine = "product"
    repeats: int = Field(default=1, ge=1, le=_MOST_REPEATS)

    def settings(self) -> list[dict[str, Any]] | None:
        """Return the settings of the grid, None where there is none."""
        axes = {many: values for many in _AXES if (values := getattr(self, many)) is not None}
        if not axes:
            return None
        rows = combined(axes, self.combine)
        return [{_AXES[many]: row[many] for many in row} for row in rows]


def with_settings(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a study whose grid, if there is one, is written as settings.

    Raises
    ------
    ValueError
        If the grid is none, or stands beside settings.
    """
    grid = _Grid(**{key: content[key] for key in _Grid.model_fields if key in content})
    content = {key: value for key, value in content.items() if key not in _Grid.model_fields}
    spanned = grid.settings()
    if spanned is not None and "settings" in content:
        raise ValueError(f"give either settings or {', '.join(_AXES)}; leave the others out")
    if spanned is not None:
        content["settings"] = spanned
    if grid.repeats != 1:
        content["settings"] = _repeated(content.get("settings"), grid.repeats)
    return content


def _repeated(settings: Any, repeats: int) -> Any:
    """Return every setting so many times, each with a number of its own."""
    if not isinstance(settings, list | tuple):
        return settings
    given = [one.model_dump() if isinstance(one, Setting) else one for one in settings]
    if any(isinstance(one, dict) and one.get("repeat", 1) != 1 for one in given):
        raise ValueError("repeats: the settings say already which repeat they are; leave it out")
    if not all(isinstance(one, dict) for one in given):
        return settings
    return [one | {"repeat": number + 1} for number in range(repeats) for one in given]
