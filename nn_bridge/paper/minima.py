"""Figure 4: which minimum SGD selects, and at which learning rate it leaves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import xarray as xr

from landscape_sim.validation import InputError, require_count
from nn_bridge.data.datasets import UNIT, Dataset
from nn_bridge.measurements.stability import StabilitySettings, measure_stability
from nn_bridge.paper.figure_type import DataRequest, Done, PaperFigure, PaperPart
from nn_bridge.paper.minima_tables import minima_result
from nn_bridge.paper.pretraining import pretrained, restored
from nn_bridge.paper.result import PaperResult
from nn_bridge.results.provenance import Provenance
from nn_bridge.training.beginning import WeightsOrigin
from nn_bridge.training.paper import TrainingPlan
from nn_bridge.training.raised_rate import Schedule
from nn_bridge.training.sgd import SgdSettings


@dataclass(frozen=True)
class MinimaFigure(PaperFigure):
    """Figure 4, Section 5.4.

    Attributes
    ----------
    runs : int
        Seeds of each pre-training.
    samples, iterations : int
        ``N``, and steps of pre-training.
    pretraining : tuple of pairs
        ``(η, B)`` of each, the noisier first.
    batch_size : int
        ``B`` while ``η`` rises.
    last, levels, epochs_per_level, spacing
        See :class:`~nn_bridge.training.raised_rate.Schedule`. The paper ends at 0.12.
    jump : float
        The loss of the transition over that of the first level.
    hidden : tuple of int
    scaling : str
        Of the inputs; the paper does not state its own.
    seed : int
        The first.
    """

    name: ClassVar[str] = "4"
    section: ClassVar[str] = "5.4"
    title: ClassVar[str] = "The loss while the learning rate rises, from two kinds of minima"
    statement: ClassVar[str] = (
        "the loss jumps and fluctuates near η_c = 2/(n − 2) · B/h_max; the noisier pre-training "
        "has the smaller h_max and n."
    )
    cost: ClassVar[str] = "five seeds of both: a quarter of an hour of one core"

    runs: int = 5
    samples: int = 5000
    iterations: int = 10_000
    pretraining: tuple[tuple[float, int], ...] = ((0.1, 50), (0.05, 100))
    batch_size: int = 8
    last: float = 0.2
    levels: int = 100
    epochs_per_level: int = 1
    spacing: str = "linear"
    jump: float = 10.0
    hidden: tuple[int, ...] = (100, 100, 100)
    scaling: str = UNIT
    seed: int = 0

    def __post_init__(self) -> None:
        require_count("runs", self.runs)
        require_count("samples", self.samples, minimum=3)
        require_count("batch_size", self.batch_size)
        if not self.stability.jump > 1 or len(self.pretraining) != 2:
            raise InputError("pretraining must be two pairs (η, B), the noisier first")

    @property
    def stability(self) -> StabilitySettings:
        """How the transition is sought."""
        schedule = Schedule(
            last=self.last,
            n_levels=self.levels,
            epochs_per_level=self.epochs_per_level,
            spacing=self.spacing,
        )
        return StabilitySettings(schedule, self.jump)

    @classmethod
    def quick(cls) -> dict[str, Any]:
        """Return the settings of a version of less than a minute."""
        return {
            "runs": 2, "samples": 400, "iterations": 400, "levels": 15, "last": 0.6,
            "pretraining": ((0.1, 50), (0.05, 100)),
        }  # fmt: skip

    @property
    def data(self) -> tuple[DataRequest, ...]:
        """The first digits, by their parity."""
        return (DataRequest("mnist-parity", self.samples, self.scaling),)

    def plan(self, run: int, setting: int) -> TrainingPlan:
        """Return how the network of a run is pre-trained."""
        rate, batch_size = self.pretraining[setting]
        return TrainingPlan(
            "mnist-parity", "mlp", 0, rate, batch_size=batch_size, samples=self.samples,
            seed=self.seed + run, hidden=self.hidden, scaling=self.scaling,
            iterations=self.iterations,
        )  # fmt: skip

    def parts(self) -> Iterator[PaperPart]:
        """Yield a minimum, and how it is left, of each setting for one run after another."""
        for run in range(self.runs):
            for setting in range(len(self.pretraining)):
                plan, found = self.plan(run, setting), f"minimum-{run}-{setting}"
                yield PaperPart(found, pretrained, plan.dataset, {"plan": plan})
                raising = {
                    "plan": plan, "batch_size": self.batch_size, "stability": self.stability,
                }  # fmt: skip
                yield PaperPart(f"raised-{run}-{setting}", raised, plan.dataset, raising, (found,))

    def assemble(self, done: Done, provenance: Provenance, *, is_complete: bool) -> PaperResult:
        """Return limits, transitions and claims of the parts that are done."""
        left = {
            (run, setting): done[f"raised-{run}-{setting}"]
            for run in range(self.runs)
            for setting in range(len(self.pretraining))
            if f"raised-{run}-{setting}" in done
        }
        return minima_result(
            left,
            [f"η = {rate:g}, B = {size}" for rate, size in self.pretraining],
            self.stability.schedule.levels(),
            statement=self.statement,
            notes=self._notes(len(left)),
            provenance=provenance,
            is_complete=is_complete,
        )

    def _notes(self, n_raised: int) -> list[str]:
        schedule = self.stability.schedule
        return [
            f"{n_raised} runs; η from {schedule.first:g} to {schedule.last:g} in "
            f"{schedule.n_levels} {schedule.spacing} levels, epochs at each: "
            f"{schedule.epochs_per_level} (the paper says slowly), B = {self.batch_size}; input "
            f"scaling: {self.scaling} (the paper does not state its own).",
            f"Transition: the first level whose mean batch loss is {self.jump:g} times that of the "
            "first level.",
        ]


def raised(
    dataset: Dataset,
    found: xr.Dataset,
    plan: TrainingPlan,
    batch_size: int,
    stability: StabilitySettings,
) -> xr.Dataset:
    """Return the losses while the learning rate rises, from a minimum on."""
    network = restored(plan.spec, found, dataset.inputs.device)
    sgd = SgdSettings(plan.learning_rate, batch_size, plan.loss, plan.seed + 1)
    origin = WeightsOrigin(plan.spec)
    return measure_stability(network, dataset, sgd, stability, origin=origin).dataset()
