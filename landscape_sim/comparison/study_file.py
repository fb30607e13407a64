"""A study that can be written down and run again: one reader for every kind of study."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, ValidationError

from landscape_sim.comparison.written import Location, Written, refusal
from landscape_sim.validation import HIGHEST_CONFIDENCE, MOST, InputError

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_WORDS = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+=,()-]*")


def _named(pattern: re.Pattern[str], allowed: str, longest: int) -> AfterValidator:
    """Return a check of what stands in the names of files and in figures."""

    def check(name: str) -> str:
        if len(name) > longest or not pattern.fullmatch(name):
            raise ValueError(
                f"must be a name of at most {longest} letters and digits, or {allowed}, that "
                "begins with a letter or a digit"
            )
        return name

    return AfterValidator(check)


def _scale(value: float) -> float:
    """Check a number whose products and squares floats have to hold too."""
    if not 1e-100 <= value <= 1e100:
        raise ValueError("must lie between 1e-100 and 1e+100; choose other units")
    return value


StudyName = Annotated[str, _named(_WORD, "any of ._-", 80)]
#: What a landscape is called: a legend and a part of a file's name.
Label = Annotated[str, _named(_WORDS, "spaces or any of ._+=,()-", 40)]
Scale = Annotated[float, AfterValidator(_scale)]
#: What can be counted, as validation has it.
Count = Annotated[int, Field(ge=1, le=MOST)]
Fraction = Annotated[float, Field(gt=0, lt=1)]
ConfidenceLevel = Annotated[float, Field(gt=0, le=HIGHEST_CONFIDENCE)]


class WrittenStudy(Written):
    """What every study has: a name, a seed, and a file that it can be read from.

    Attributes
    ----------
    name : str
        Names the results folder.
    seed : int
        Determines every random number.
    """

    name: StudyName
    seed: int = Field(default=0, ge=0)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a study from TOML or JSON: your own, or ``study.json`` of a results folder.

        Raises
        ------
        InputError
            If the file cannot be read, has not its format, or holds a value out of range.
        """
        if not isinstance(path, Path | str):
            raise InputError(f"path must name a TOML or JSON file, got a {type(path).__name__}")
        content = _read(Path(path))
        if isinstance(content, dict) and isinstance(content.get("study"), dict):
            content = content["study"]
        if not isinstance(content, dict):
            raise InputError(f"{path} holds no study: it must be a table of keys and values")
        return cls.checked(content, lambda place: f"{path}: {cls.key(place)}")

    @classmethod
    def of_folder(cls, folder: Path | str) -> Self:
        """Read the study of a results folder.

        Raises
        ------
        InputError
            If there is none, or as :meth:`load` does.
        """
        path = Path(folder) / "study.json"
        if not path.exists():
            raise InputError(
                f"there is no study in {folder} (no study.json); name the results folder of an "
                "earlier run"
            )
        return cls.load(path)

    def changed(
        self, changes: Mapping[str, Any], name_of: Callable[[Location], str] | None = None
    ) -> Self:
        """Return the study with these values, those apart that are None.

        A refusal names a place as ``name_of`` does, by default as the file does.

        Raises
        ------
        InputError
            If a value is out of range.
        """
        given = {name: value for name, value in changes.items() if value is not None}
        return type(self).checked(self.model_dump() | given, name_of or self.key)

    @classmethod
    def checked(cls, content: dict[str, Any], name_of: Callable[[Location], str]) -> Self:
        """Return the study with this content; a refusal names a place as ``name_of`` does.

        Raises
        ------
        InputError
            If a value is out of range.
        """
        try:
            return cls(**content)
        except InputError as refused:
            if not isinstance(refused.__cause__, ValidationError):
                raise
            raise refusal(refused.__cause__, name_of) from refused.__cause__


def require_study(study: object, *kinds: type[WrittenStudy]) -> None:
    """Refuse what is no study of one of these kinds."""
    if not isinstance(study, kinds):
        names = " or ".join(kind.__name__ for kind in kinds)
        raise InputError(f"study must be a {names}, got a {type(study).__name__}; make one first")


def _read(path: Path) -> Any:
    is_toml = path.suffix.lower() == ".toml"
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text) if is_toml else json.loads(text)
    except OSError as error:
        raise InputError(
            f"cannot read the study {path}: {error.strerror}; name a TOML or JSON file that can be "
            "read"
        ) from error
    except RecursionError as error:
        raise InputError(f"{path} is nested too deeply for a study; flatten it") from error
    except ValueError as error:
        raise InputError(
            f"{path} is not a {'TOML' if is_toml else 'JSON'} file: {error}"
        ) from error
