"""What a figure of the paper is here: its settings, its parts, and how they become a result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import xarray as xr

from nn_bridge.paper.result import PaperResult
from nn_bridge.results.provenance import Provenance

Done = Mapping[str, xr.Dataset]


@dataclass(frozen=True)
class DataRequest:
    """A data set by its name: how many samples (None: all), and their scaling."""

    name: str
    samples: int | None
    scaling: str


@dataclass(frozen=True)
class PaperPart:
    """A part of a figure, computed by itself from data, settings and parts before it.

    Attributes
    ----------
    name : str
    compute : callable
        A function of a module: given the data set, the parts that it needs, and the settings by
        their names.
    dataset : str
        Name of the data set.
    settings : mapping
        Of numbers, texts, tuples and dataclasses: all that the part depends on besides.
    needs : tuple of str
        Names of parts.
    """

    name: str
    compute: Callable[..., xr.Dataset]
    dataset: str
    settings: Mapping[str, Any]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class PaperFigure(ABC):
    """A figure; its fields are its settings, by default the paper's."""

    #: The paper's number, and what it shows.
    name: ClassVar[str]
    section: ClassVar[str]
    title: ClassVar[str]
    statement: ClassVar[str]
    #: At full size, in words.
    cost: ClassVar[str]

    @classmethod
    @abstractmethod
    def quick(cls) -> dict[str, Any]:
        """Return the settings of a version of less than a minute."""

    @property
    @abstractmethod
    def data(self) -> tuple[DataRequest, ...]:
        """The data sets, first that which the result is of."""

    @abstractmethod
    def parts(self) -> Iterator[PaperPart]:
        """Yield every part, after those that it needs."""

    @abstractmethod
    def assemble(self, done: Done, provenance: Provenance, *, is_complete: bool) -> PaperResult:
        """Return the result of the parts that are done, one at least."""
