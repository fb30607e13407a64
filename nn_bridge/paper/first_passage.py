"""Figure 3 (c): the escape of a network, its mean first-passage times against the threshold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import xarray as xr

from landscape_sim.results import FirstPassageSample
from landscape_sim.validation import MOST, InputError, require_count, require_positive
from nn_bridge.curvature.participation import OutlierSpectrum, gram_of_outputs, outlier_spectrum
from nn_bridge.data.datasets import UNIT, Dataset
from nn_bridge.measurements.replica_losses import follow_losses, require_thresholds
from nn_bridge.paper.figure_type import DataRequest, Done, PaperFigure, PaperPart
from nn_bridge.paper.first_passage_tables import passage_result
from nn_bridge.paper.pretraining import pretrained, restored
from nn_bridge.paper.result import PaperResult
from nn_bridge.results.provenance import Provenance
from nn_bridge.training.paper import TrainingPlan
from nn_bridge.training.sgd import SgdSettings


@dataclass(frozen=True)
class FirstPassageFigure(PaperFigure):
    """Figure 3 (c), Section 5.3.2 and Appendix E.

    Attributes
    ----------
    runs : int
        Pre-training seeds.
    replicas : int
        Runs of SGD from each minimum, at each learning rate.
    max_time : float
        ``t = ηk`` after which to censor.
    samples, iterations : int
        ``N``, and steps of pre-training with ``η = 0.01``, ``B = 100``.
    learning_rates, thresholds : tuple of float
        ``η``, and ``c``.
    batch_size : int
        ``B`` of the escape.
    hidden : tuple of int
    scaling : str
        Of the inputs; the paper does not state its own.
    seed : int
        The first.
    """

    name: ClassVar[str] = "3c"
    section: ClassVar[str] = "5.3.2, Appendix E"
    title: ClassVar[str] = "Mean first-passage time of a network's loss to c L*"
    statement: ClassVar[str] = (
        "the mean time until the full loss is c L* is a power of c with exponent "
        "B/(η h*) + 1 − n/2, h* = h_max = 95.6, if n = 9 is taken instead of the measured 12.7."
    )
    cost: ClassVar[str] = (
        "100 replicas, t to 100, five seeds: 70 minutes of one core, six of an H200 (by full "
        "evaluations of the loss thirty times as long)"
    )

    runs: int = 5
    replicas: int = 100
    max_time: float = 100.0
    samples: int = 10_000
    iterations: int = 100_000
    learning_rates: tuple[float, ...] = (0.005, 0.01, 0.015)
    thresholds: tuple[float, ...] = (1.1, 1.2, 1.3, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, 10.0)
    batch_size: int = 10
    hidden: tuple[int, ...] = (10,)
    scaling: str = UNIT
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("runs", 1), ("replicas", 2), ("samples", 3), ("batch_size", 1)):
            require_count(name, getattr(self, name), minimum=least)
        require_count("iterations", self.iterations)
        require_positive("max_time", self.max_time)
        for rate in self.learning_rates:
            if self.max_time > (longest := MOST * require_positive("learning_rates", rate)):
                raise InputError(f"max_time must be at most {longest:.2g}, got {self.max_time:g}")
        require_thresholds(self.thresholds)
        if len(self.thresholds) < 2:
            raise InputError("thresholds must be two at least, for a slope; e.g. (1.1, 1.5)")

    @classmethod
    def quick(cls) -> dict[str, Any]:
        """Return the settings of a version of less than a minute."""
        return {
            "runs": 2, "replicas": 10, "max_time": 2.0, "samples": 1000, "iterations": 4000,
            "learning_rates": (0.01, 0.015), "thresholds": (1.05, 1.1, 1.2, 1.3),
        }  # fmt: skip

    @property
    def data(self) -> tuple[DataRequest, ...]:
        """The first digits, by their parity."""
        return (DataRequest("mnist-parity", self.samples, self.scaling),)

    def plan(self, run: int) -> TrainingPlan:
        """Return how the network of a run is pre-trained."""
        return TrainingPlan(
            "mnist-parity", "mlp", 0, 0.01, samples=self.samples, seed=self.seed + run,
            hidden=self.hidden, scaling=self.scaling, iterations=self.iterations,
        )  # fmt: skip

    def parts(self) -> Iterator[PaperPart]:
        """Yield the minimum of each run, and the passages from it at each learning rate."""
        for run in range(self.runs):
            plan, found = self.plan(run), f"minimum-{run}"
            yield PaperPart(found, minimum, plan.dataset, {"plan": plan})
            for rate in self.learning_rates:
                settings = {
                    "plan": plan,
                    "learning_rate": rate,
                    "batch_size": self.batch_size,
                    "thresholds": self.thresholds,
                    "n_replicas": self.replicas,
                    "max_steps": max(1, round(self.max_time / rate)),
                }
                name = f"passages-{run}-{rate}"
                yield PaperPart(name, passages, plan.dataset, settings, (found,))

    def assemble(self, done: Done, provenance: Provenance, *, is_complete: bool) -> PaperResult:
        """Return slopes and claims of the parts that are done."""
        minima = {
            run: done[f"minimum-{run}"] for run in range(self.runs) if f"minimum-{run}" in done
        }
        passages = {
            (run, rate): done[f"passages-{run}-{rate}"]
            for run in minima
            for rate in self.learning_rates
            if f"passages-{run}-{rate}" in done
        }
        return passage_result(
            minima,
            passages,
            batch_size=self.batch_size,
            statement=self.statement,
            notes=self._notes(len(minima)),
            provenance=provenance,
            is_complete=is_complete,
        )

    def _notes(self, n_minima: int) -> list[str]:
        return [
            f"{n_minima} pre-training seeds, {self.replicas} replicas each, t to "
            f"{self.max_time:g}; input scaling: {self.scaling} (the paper does not state its own).",
            "The full loss is looked at after every step, by an incremental evaluation; slopes are "
            "Poisson regressions of passages on exposure, so that censored replicas count.",
        ]


def minimum(dataset: Dataset, plan: TrainingPlan) -> xr.Dataset:
    """Return the weights of a pre-trained network, and the outliers of its spectrum."""
    part = pretrained(dataset, plan)
    network = restored(plan.spec, part, dataset.inputs.device)
    spectrum: OutlierSpectrum = outlier_spectrum(gram_of_outputs(network, dataset), network)
    return part.assign(eigenvalue=("rank", spectrum.values)).assign_attrs(
        h_max=spectrum.largest,
        n=spectrum.participation,
        trace=spectrum.trace,
        trace_of_square=spectrum.trace_of_square,
        dimension=spectrum.dimension,
    )


# Wide: what runs (3), and how long it is followed and looked at.
def passages(
    dataset: Dataset,
    found: xr.Dataset,
    plan: TrainingPlan,
    learning_rate: float,
    batch_size: int,
    thresholds: tuple[float, ...],
    n_replicas: int,
    max_steps: int,
) -> xr.Dataset:
    """Return the passages of all replicas from a minimum to each threshold."""
    losses = follow_losses(
        restored(plan.spec, found, dataset.inputs.device),
        dataset,
        SgdSettings(learning_rate, batch_size, plan.loss, plan.seed + 1),
        highest_threshold=max(thresholds),
        n_replicas=n_replicas,
        max_steps=max_steps,
        evaluation="incremental",
    )
    if not losses.is_complete:
        raise KeyboardInterrupt
    samples: list[FirstPassageSample] = [losses.passages(c) for c in thresholds]
    late = losses.ratios[:, losses.ratios.shape[1] // 2 :]
    settled = float(np.nanmedian(late)) if np.isfinite(late).any() else np.nan
    return xr.Dataset(
        {
            "time": (("threshold", "replica"), np.stack([one.times for one in samples])),
            "is_censored": (
                ("threshold", "replica"),
                np.stack([one.is_censored for one in samples]).astype(np.int8),
            ),
        },
        coords={"threshold": list(thresholds)},
        attrs={"settled": settled, "loss": losses.initial_loss},
    )
