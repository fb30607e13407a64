"""A study that can be written down and run again: one reader for every kind of study."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from landscape_sim.validation import InputError

#: A place in the content of a study: keys, and numbers of entries of a list.
Location = tuple[int | str, ...]
FINITE = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
Level = Annotated[float, Field(gt=0, lt=1)]


class WrittenStudy(BaseModel):
    """What every study has: a name, a seed, and a file that it can be read from.

    Attributes
    ----------
    name : str
        Names the results folder.
    seed : int
        Determines every random number.
    """

    model_config = FINITE
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)
    seed: int = Field(default=0, ge=0)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a study from TOML or JSON: your own, or ``study.json`` of a results folder.

        Raises
        ------
        InputError
            If the file cannot be read, has not its format, or holds a value out of range.
        """
        content = _read(Path(path))
        if isinstance(content, dict) and isinstance(content.get("study"), dict):
            content = content["study"]
        return cls.checked(content, lambda place: f"{path}: {cls.key(place)}")

    @classmethod
    def checked(cls, content: Any, name_of: Callable[[Location], str] | None = None) -> Self:
        """Return the study that ``content`` describes, or refuse it in one line.

        ``name_of`` tells how the user calls what is at a place of the content.

        Raises
        ------
        InputError
            If a value is out of range.
        """
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            first = error.errors()[0]
            got = "" if isinstance(first["input"], dict) else f", got {first['input']!r}"
            name = (name_of or cls.key)(first["loc"])
            raise InputError(f"{name}: {_reason(first['msg'])}{got}") from error

    @classmethod
    def key(cls, place: Location) -> str:
        """Return the key of the file at this place."""
        return ".".join(map(str, place)) or "study"


def _read(path: Path) -> Any:
    is_toml = path.suffix.lower() == ".toml"
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text) if is_toml else json.loads(text)
    except OSError as error:
        raise InputError(f"cannot read the study {path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(
            f"{path} is not a {'TOML' if is_toml else 'JSON'} file: {error}"
        ) from error


def _reason(message: str) -> str:
    """Return pydantic's message; what a check of our own says stands for itself."""
    return message.removeprefix("Value error, ")
