"""Runs from scratch that differ in their seed alone: to train, or to follow their noise."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

import xarray as xr

from landscape_sim.validation import require_count
from nn_bridge.data.datasets import Dataset, load_dataset
from nn_bridge.measurements.noise import measure_noise, resume_noise
from nn_bridge.measurements.noise_settings import NoiseSettings
from nn_bridge.measurements.resuming import resume_training
from nn_bridge.measurements.training_runs import train
from nn_bridge.results.measurement import Measurement
from nn_bridge.results.progress import Progress
from nn_bridge.runs.numbers import noise_numbers, training_numbers
from nn_bridge.runs.study import Run, RunNumbers, RunsStudy
from nn_bridge.training.beginning import Place, WeightsOrigin
from nn_bridge.training.paper import TrainingPlan
from nn_bridge.training.sgd import SgdSettings


@dataclass(frozen=True)
class NewRuns(RunsStudy):
    """Runs from scratch.

    Attributes
    ----------
    plan : TrainingPlan
        Of the first run; the others have the seeds after its own.
    n_runs : int
    allow_unofficial : bool
        See :func:`~nn_bridge.data.datasets.load_dataset`.
    """

    plan: TrainingPlan
    n_runs: int
    allow_unofficial: bool = False

    def __post_init__(self) -> None:
        require_count("n_runs", self.n_runs)

    def load(self, place: Place) -> Dataset:
        """Return the data of the plan."""
        plan = self.plan
        dataset = load_dataset(
            plan.dataset,
            data_dir=place.data_dir,
            samples=plan.samples,
            allow_unofficial=self.allow_unofficial,
            scaling=plan.scaling,
        )
        return dataset.to(place.find_device())

    def runs(self) -> Sequence[Run]:
        """Return a run for each seed."""
        first = self.plan.seed
        return [self._run(seed) for seed in range(first, first + self.n_runs)]

    def _run(self, seed: int) -> Run:
        depends_on = {**asdict(self._of(seed)), "command": self.command}
        # The data say it themselves.
        del depends_on["allow_unofficial"]
        return Run(f"seed-{seed}", seed, None, depends_on)

    def _of(self, seed: int) -> Self:
        return replace(self, plan=replace(self.plan, seed=seed), n_runs=1)

    def alone(self, run: Run) -> Self:
        """Return the study of one seed."""
        return self._of(run.seed)

    def measure(
        self, run: Run, dataset: Dataset, place: Place, *, out: Path | None, progress: Progress
    ) -> Measurement:
        """Measure one run as its command does."""
        return self.follow(self.alone(run).plan, dataset, out=out, progress=progress)

    @abstractmethod
    def follow(
        self, plan: TrainingPlan, dataset: Dataset, *, out: Path | None, progress: Progress
    ) -> Measurement:
        """Train one run by its plan, and measure along it."""


@dataclass(frozen=True)
class TrainRuns(NewRuns):
    """The same training with several seeds."""

    command: ClassVar[str] = "train"

    @property
    def headline(self) -> tuple[str, ...]:
        """The loss at the end."""
        return ("loss",)

    def follow(
        self, plan: TrainingPlan, dataset: Dataset, *, out: Path | None, progress: Progress
    ) -> Measurement:
        """Train by the plan, with checkpoints."""
        return train(
            plan.spec.build().to(dataset.inputs.device),
            dataset,
            SgdSettings(plan.learning_rate, plan.batch_size, plan.loss, plan.seed),
            plan.n_epochs(len(dataset)),
            out=out,
            keep=() if out is None else plan.keep,
            origin=WeightsOrigin(plan.spec),
            progress=progress,
        )

    def resume(
        self, run: Run, folder: Path, dataset: Dataset, place: Place, progress: Progress
    ) -> Measurement:
        """Go on from the latest checkpoint; begin again where there is none."""
        if not (folder / "checkpoints" / "latest.safetensors").exists():
            return super().resume(run, folder, dataset, place, progress)
        return resume_training(folder, data=dataset, place=place, progress=progress)

    def numbers(self, found: xr.Dataset) -> RunNumbers:
        """Return the losses at the checkpoints."""
        return training_numbers(found)


@dataclass(frozen=True)
class NoiseRuns(NewRuns):
    """The noise along runs with several seeds.

    Attributes
    ----------
    settings : NoiseSettings
        Its epochs are those of the runs.
    """

    command: ClassVar[str] = "noise"

    settings: NoiseSettings = NoiseSettings()  # noqa: RUF009 (frozen)

    @property
    def headline(self) -> tuple[str, ...]:
        """The exponents."""
        windows = (
            ("whole run", "later stage") if self.settings.window is None else ("given window",)
        )
        return tuple(f"exponent ({window})" for window in windows)

    def follow(
        self, plan: TrainingPlan, dataset: Dataset, *, out: Path | None, progress: Progress
    ) -> Measurement:
        """Train by the plan, and measure the noise at every epoch."""
        return measure_noise(
            plan.spec.build().to(dataset.inputs.device),
            dataset,
            SgdSettings(plan.learning_rate, plan.batch_size, plan.loss, plan.seed),
            self.settings,
            out=out,
            origin=WeightsOrigin(plan.spec),
            progress=progress,
        )

    def resume(
        self, run: Run, folder: Path, dataset: Dataset, place: Place, progress: Progress
    ) -> Measurement:
        """Go on from the state of the run."""
        return resume_noise(folder, data=dataset, place=place, progress=progress)

    def numbers(self, found: xr.Dataset) -> RunNumbers:
        """Return exponents, the end of the run and the alignment."""
        return noise_numbers(found)
