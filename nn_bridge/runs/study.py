"""A study of several runs: which these are, how one is measured, and what is compared."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import xarray as xr

from nn_bridge.data.datasets import Dataset
from nn_bridge.results.measurement import Measurement
from nn_bridge.results.progress import Progress
from nn_bridge.training.beginning import Place, WeightsOrigin


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes
    ----------
    name : str
        For people, and of its folder.
    seed : int
        Of its training.
    epoch : int or None
        At which it is measured, where that may be another one for others.
    depends_on : mapping
        All that its numbers depend on, but data, code, libraries and threads.
    """

    name: str
    seed: int
    epoch: int | None
    depends_on: Mapping[str, Any] = field(repr=False)

    @property
    def labels(self) -> dict[str, Any]:
        """Return what tells it from others, for tables."""
        epoch = {} if self.epoch is None else {"epoch": self.epoch}
        return {"run": self.name, **epoch, "seed": self.seed}


@dataclass(frozen=True)
class RunNumbers:
    """What is compared between runs.

    Attributes
    ----------
    values : mapping of str to float or None
        By name; None where this run has none.
    point : str
        What the point is where it was measured, if that was looked at.
    """

    values: Mapping[str, float | None]
    point: str = ""


@dataclass(frozen=True)
class RunsStudy(ABC):
    """A study; its fields are its settings, of what JSON has and of dataclasses of that."""

    #: Of ``nn-bridge``, which measures one run.
    command: ClassVar[str]

    @property
    @abstractmethod
    def headline(self) -> tuple[str, ...]:
        """The numbers that are asked for first."""

    @abstractmethod
    def load(self, place: Place) -> Dataset:
        """Return the data of all runs."""

    @abstractmethod
    def runs(self) -> Sequence[Run]:
        """Return the runs, each of another name."""

    @abstractmethod
    def alone(self, run: Run) -> Self:
        """Return the study of one of its runs."""

    @abstractmethod
    def measure(
        self, run: Run, dataset: Dataset, place: Place, *, out: Path | None, progress: Progress
    ) -> Measurement:
        """Measure one run as its command does."""

    def resume(
        self, run: Run, folder: Path, dataset: Dataset, place: Place, progress: Progress
    ) -> Measurement:
        """Go on with a run that was stopped; what has no state begins again."""
        shutil.rmtree(folder)
        return self.measure(run, dataset, place, out=folder, progress=progress)

    @abstractmethod
    def numbers(self, found: xr.Dataset) -> RunNumbers:
        """Return what is compared of the data set of a run."""

    def origins(self) -> Sequence[WeightsOrigin]:
        """Return where the weights are from; of runs from scratch there is nothing to say."""
        return ()
