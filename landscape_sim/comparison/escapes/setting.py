"""The settings of SGD in a study: one by one, or as a grid."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, PositiveInt, model_validator

from landscape_sim.comparison.escapes.swept_values import combined, spread
from landscape_sim.comparison.study_file import FINITE, Scale
from landscape_sim.dynamics.noise_registry import noise_family

NoiseName = Annotated[str, AfterValidator(lambda name: noise_family(name).name)]
#: What spans a grid of settings, and the key of its values there.
_GRID = {
    "learning_rates": "learning_rate",
    "batch_sizes": "batch_size",
    "temperatures": "temperature",
    "noises": "noise",
}
_MOST_REPEATS = 10_000


class Setting(BaseModel):
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

    model_config = FINITE
    learning_rate: Scale | None = None
    batch_size: PositiveInt | None = None
    temperature: Scale | None = None
    noise: NoiseName = "isotropic"
    repeat: PositiveInt = 1

    @property
    def label(self) -> str:
        """For tables and data sets."""
        if self.temperature is not None:
            strength = f"T = {self.temperature:g}"
        else:
            strength = f"η = {self.learning_rate:g}, B = {self.batch_size}"
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


def with_settings(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a study whose grid, if there is one, is written as settings.

    Raises
    ------
    ValueError
        If the grid is none, or stands beside settings.
    """
    content = dict(content)
    axes = {many: _list(many, content.pop(many)) for many in _GRID if many in content}
    combine, repeats = content.pop("combine", "product"), content.pop("repeats", 1)
    if axes and "settings" in content:
        raise ValueError(f"give either settings or {', '.join(_GRID)}")
    if combine not in ("product", "zip"):
        raise ValueError(f'combine must be "product" or "zip", got {combine!r}')
    if axes:
        rows = combined(axes, combine)
        content["settings"] = [{_GRID[many]: row[many] for many in row} for row in rows]
    if repeats != 1:
        content["settings"] = _repeated(content.get("settings"), repeats)
    return content


def _list(key: str, given: Any) -> list[Any] | tuple[Any, ...]:
    """Return the values of a key."""
    try:
        values = spread(given)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error
    if not isinstance(values, list | tuple):
        raise ValueError(f"{key} must be a list")
    return values


def _repeated(settings: Any, repeats: Any) -> Any:
    """Return every setting so many times, each with a number of its own."""
    if (
        isinstance(repeats, bool)
        or not isinstance(repeats, int)
        or not 1 <= repeats <= _MOST_REPEATS
    ):
        raise ValueError(f"repeats must be an integer from 1 to {_MOST_REPEATS}, got {repeats!r}")
    if not isinstance(settings, list | tuple):
        return settings
    given = [one.model_dump() if isinstance(one, Setting) else one for one in settings]
    if any(isinstance(one, dict) and one.get("repeat", 1) != 1 for one in given):
        raise ValueError("repeats: the settings say already which repeat they are; leave it out")
    if not all(isinstance(one, dict) for one in given):
        return settings
    return [one | {"repeat": number + 1} for number in range(repeats) for one in given]
