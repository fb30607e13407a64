"""Checkpoints of several runs, or of several epochs of them, all measured the same way."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import xarray as xr

from landscape_sim.validation import InputError
from nn_bridge.data.datasets import Dataset
from nn_bridge.measurements.curvature import measure_curvature
from nn_bridge.measurements.curvature_settings import CurvatureSettings
from nn_bridge.measurements.decoupling import measure_decoupling
from nn_bridge.measurements.escape import measure_escape, resume_escape
from nn_bridge.measurements.escape_settings import EscapeSettings
from nn_bridge.measurements.stability import StabilitySettings, measure_stability
from nn_bridge.results.measurement import Measurement
from nn_bridge.results.progress import Progress
from nn_bridge.runs.numbers import (
    curvature_numbers,
    decoupling_numbers,
    escape_numbers,
    stability_numbers,
)
from nn_bridge.runs.study import Run, RunNumbers, RunsStudy
from nn_bridge.training.beginning import Beginning, Place, WeightsOrigin, begin_with, origin_of
from nn_bridge.training.checkpoints import Checkpoint, read_checkpoint

#: Of the record of a training, what may be another one from checkpoint to checkpoint.
_MAY_DIFFER: dict[str, Any] = {
    "losses": True, "epoch": True, "seed": True, "network": {"seed": True},
}  # fmt: skip
#: More than there are seeds of batches in a study.
_APART = 1_000_000


@dataclass(frozen=True)
class CheckpointRuns(RunsStudy):
    """Checkpoints of runs that differ in their seed alone.

    Attributes
    ----------
    checkpoints : tuple of Path
    samples : int or None
        Only the first so many; None: those of the training.
    learning_rate : float or None
        ``η``; None: that of the training.
    batch_size : int or None
        ``B``; None: that of the training.
    seed : int
        Added to that of each training, so that no two runs share their random numbers.
    """

    checkpoints: tuple[Path, ...]
    samples: int | None = None
    learning_rate: float | None = None
    batch_size: int | None = None
    seed: int = 0

    @cached_property
    def _read(self) -> list[Checkpoint]:
        """The checkpoints, of one family."""
        if not self.checkpoints:
            raise InputError("there is no checkpoint to measure; name one at least")
        found = sorted(
            map(read_checkpoint, self.checkpoints),
            key=lambda one: (one.record.epoch, one.record.seed, one.record.network.seed),
        )
        if len({one.record.model_dump_json(exclude=_MAY_DIFFER) for one in found}) > 1:
            raise InputError(
                "the checkpoints must be of runs that differ in seed and epoch alone; measure "
                "those of other networks, data or settings in a folder of their own"
            )
        names = [_name(one) for one in found]
        if twice := {name for name in names if names.count(name) > 1}:
            raise InputError(f"{min(twice)} stands there twice; name every checkpoint once")
        return found

    def load(self, place: Place) -> Dataset:
        """Return the data of the training."""
        device = place.find_device()
        spec = self._read[0].record.data
        return spec.load(place.data_dir, self.samples).to(device)

    def runs(self) -> Sequence[Run]:
        """Return a run for each checkpoint, by epoch and seed."""
        asked = asdict(self)
        del asked["checkpoints"]
        return [
            Run(
                _name(one),
                one.record.seed,
                one.record.epoch,
                {**asked, "command": self.command, "checkpoint": one.sha256},
            )
            for one in self._read
        ]

    def alone(self, run: Run) -> Self:
        """Return the study of one checkpoint."""
        return replace(self, checkpoints=(self._of(run).path.resolve(),))

    def _of(self, run: Run) -> Checkpoint:
        (found,) = (one for one in self._read if _name(one) == run.name)
        return found

    def origins(self) -> Sequence[WeightsOrigin]:
        """Return where every checkpoint is from."""
        return [origin_of(one) for one in self._read]

    def measure(
        self, run: Run, dataset: Dataset, place: Place, *, out: Path | None, progress: Progress
    ) -> Measurement:
        """Measure at one checkpoint as the command does."""
        checkpoint = self._of(run)
        start = begin_with(
            checkpoint,
            dataset,
            learning_rate=self.learning_rate,
            batch_size=self.batch_size,
            seed=self.seed + _own_seed(checkpoint),
        )
        return self.measure_from(start, out=out, progress=progress)

    @abstractmethod
    def measure_from(
        self, start: Beginning, *, out: Path | None, progress: Progress
    ) -> Measurement:
        """Measure at one checkpoint."""


def _name(checkpoint: Checkpoint) -> str:
    record = checkpoint.record
    weights = record.network.seed
    other = "" if weights == record.seed else f"-weights-{weights}"
    return f"epoch-{record.epoch:05d}-seed-{record.seed}{other}"


def _own_seed(checkpoint: Checkpoint) -> int:
    """Return a number that no run shares with another of the same batches and other weights."""
    batches, weights = checkpoint.record.seed, checkpoint.record.network.seed
    return batches if weights == batches else batches + _APART * (1 + weights)


@dataclass(frozen=True)
class CurvatureRuns(CheckpointRuns):
    """Spectra, outliers and predictions at checkpoints.

    Attributes
    ----------
    settings : CurvatureSettings
        Its seed is not used.
    """

    command: ClassVar[str] = "curvature"

    settings: CurvatureSettings = CurvatureSettings()  # noqa: RUF009 (frozen)

    @property
    def headline(self) -> tuple[str, ...]:
        """Size and number of the outliers, and what they predict."""
        return ("h_max", "Tr H", "n (participation)", "exponent (participation)")

    def measure_from(
        self, start: Beginning, *, out: Path | None, progress: Progress
    ) -> Measurement:
        """Measure the curvature at one checkpoint."""
        return measure_curvature(
            start.network,
            start.dataset,
            start.settings,
            replace(self.settings, seed=start.settings.seed),
            out=out,
            origin=start.origin,
            progress=progress,
        )

    def numbers(self, found: xr.Dataset) -> RunNumbers:
        """Return the spectrum in a few numbers, and what every rule says."""
        return curvature_numbers(found)


@dataclass(frozen=True)
class StabilityRuns(CheckpointRuns):
    """The learning rate raised from checkpoints.

    Attributes
    ----------
    settings : StabilitySettings
    """

    command: ClassVar[str] = "stability"

    settings: StabilitySettings = StabilitySettings()  # noqa: RUF009 (frozen)

    @property
    def headline(self) -> tuple[str, ...]:
        """Where it is left, and where it should be."""
        return ("transition", "transition/limit (paper)", "h_max", "n")

    def measure_from(
        self, start: Beginning, *, out: Path | None, progress: Progress
    ) -> Measurement:
        """Raise the learning rate from one checkpoint."""
        return measure_stability(
            start.network,
            start.dataset,
            start.settings,
            self.settings,
            out=out,
            origin=start.origin,
            progress=progress,
        )

    def numbers(self, found: xr.Dataset) -> RunNumbers:
        """Return transition, limits and the spectrum in a few numbers."""
        return stability_numbers(found)


@dataclass(frozen=True)
class EscapeRuns(CheckpointRuns):
    """First passages from checkpoints.

    Attributes
    ----------
    settings : EscapeSettings
    """

    command: ClassVar[str] = "escape"

    settings: EscapeSettings = EscapeSettings()  # noqa: RUF009 (frozen)

    @property
    def headline(self) -> tuple[str, ...]:
        """The exponent measured and predicted."""
        return ("exponent (measured)", "exponent (participation)", "h_max")

    def measure_from(
        self, start: Beginning, *, out: Path | None, progress: Progress
    ) -> Measurement:
        """Measure the first passages from one checkpoint."""
        return measure_escape(
            start.network,
            start.dataset,
            start.settings,
            self.settings,
            out=out,
            origin=start.origin,
            progress=progress,
        )

    def resume(
        self, run: Run, folder: Path, dataset: Dataset, place: Place, progress: Progress
    ) -> Measurement:
        """Go on from the state of the replicas."""
        return resume_escape(folder, data=dataset, place=place, progress=progress)

    def numbers(self, found: xr.Dataset) -> RunNumbers:
        """Return times, exponents and the spectrum in a few numbers."""
        return escape_numbers(found)


@dataclass(frozen=True)
class DecouplingRuns(CheckpointRuns):
    """Spectra of the exact and of the decoupled matrix at checkpoints."""

    command: ClassVar[str] = "decoupling"

    @property
    def headline(self) -> tuple[str, ...]:
        """How far the two agree."""
        return ("trace, exact/decoupled", "trace-weighted distance")

    def measure_from(
        self, start: Beginning, *, out: Path | None, progress: Progress
    ) -> Measurement:
        """Compare the spectra at one checkpoint."""
        return measure_decoupling(
            start.network, start.dataset, out=out, origins=[start.origin], progress=progress
        )

    def numbers(self, found: xr.Dataset) -> RunNumbers:
        """Return ratio of the traces, distance and loss."""
        return decoupling_numbers(found)


def are_of_several_runs(paths: Sequence[Path]) -> bool:
    """Return whether checkpoints differ in their seed."""
    records = [read_checkpoint(path).record for path in paths]
    return len({(record.seed, record.network.seed) for record in records}) > 1
