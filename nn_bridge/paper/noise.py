"""Figures 2 and 7: loss and noise strength along training, with either loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import xarray as xr

from landscape_sim.validation import require_count
from nn_bridge.data.datasets import UNIT, Dataset
from nn_bridge.measurements.noise import measure_noise
from nn_bridge.measurements.noise_settings import NoiseSettings
from nn_bridge.paper.figure_type import DataRequest, Done, PaperFigure, PaperPart
from nn_bridge.paper.noise_tables import noise_result
from nn_bridge.paper.result import PaperResult
from nn_bridge.results.provenance import Provenance
from nn_bridge.training.networks import DEFAULT_WIDTHS, NetworkSpec
from nn_bridge.training.paper import PAPER, plan_training
from nn_bridge.training.sgd import SgdSettings

#: Part, and the data that its network is trained on.
FULLY_CONNECTED, CONVOLUTIONAL = "fully-connected", "convolutional"
_DATA = {FULLY_CONNECTED: "fashion-mnist", CONVOLUTIONAL: "cifar-10"}


@dataclass(frozen=True)
class NoiseFigure(PaperFigure):
    """Figure 2, Section 5.2.

    Attributes
    ----------
    runs : int
        Initialisations of the convolutional network; of the other there is one.
    samples : int or None
        Of both data sets; None: all.
    epochs : int or None
        Of both networks; None: the paper's, 80 and 100.
    width : int or None
        First channels of the convolutional network; None: the paper's 64. The fully connected one
        is as much narrower or wider than the paper's 2000.
    scaling : str
        Of the inputs; the paper does not state its own.
    seed : int
        The first.
    """

    name: ClassVar[str] = "2"
    section: ClassVar[str] = "5.2"
    title: ClassVar[str] = "Loss and noise strength along training, mean-square loss"
    statement: ClassVar[str] = "the noise strength is proportional to L in the later stage."
    cost: ClassVar[str] = (
        "two hours of one core for the fully connected network, a day an initialisation of the "
        "convolutional one; on an H200 two minutes, and for 10,000 images two an initialisation"
    )
    loss: ClassVar[str] = "mean-square"

    runs: int = 10
    samples: int | None = None
    epochs: int | None = None
    width: int | None = None
    scaling: str = UNIT
    seed: int = 0

    def __post_init__(self) -> None:
        require_count("runs", self.runs)
        for name in ("samples", "epochs", "width"):
            if (value := getattr(self, name)) is not None:
                require_count(name, value)

    @classmethod
    def quick(cls) -> dict[str, Any]:
        """Return the settings of a version of less than a minute."""
        return {"runs": 1, "samples": 200, "epochs": 100, "width": 4}

    @property
    def data(self) -> tuple[DataRequest, ...]:
        """CIFAR-10 and Fashion-MNIST."""
        names = _DATA[CONVOLUTIONAL], _DATA[FULLY_CONNECTED]
        return tuple(DataRequest(name, self.samples, self.scaling) for name in names)

    def parts(self) -> Iterator[PaperPart]:
        """Yield the run of the fully connected network, and those of the convolutional one."""
        for kind, n_runs in ((FULLY_CONNECTED, 1), (CONVOLUTIONAL, self.runs)):
            for run in range(n_runs):
                settings = {
                    "loss": self.loss,
                    "width": self._width(kind),
                    "epochs": self.epochs,
                    "seed": self.seed + run,
                }
                yield PaperPart(f"{kind}-{run}", noise_along_training, _DATA[kind], settings)

    def assemble(self, done: Done, provenance: Provenance, *, is_complete: bool) -> PaperResult:
        """Return exponents and claims of the runs that are done."""
        return noise_result(
            done,
            self.loss,
            statement=self.statement,
            notes=self._notes(len(done)),
            provenance=provenance,
            is_complete=is_complete,
        )

    def _notes(self, n_runs: int) -> list[str]:
        samples = "all samples" if self.samples is None else f"{self.samples} samples"
        epochs = "the paper's epochs" if self.epochs is None else f"{self.epochs} epochs"
        widths = " and ".join(f"{self._width(kind)} ({kind})" for kind in _DATA)
        return [
            f"{n_runs} runs, {samples} of each data set, {epochs}, widths {widths}; input scaling: "
            f"{self.scaling} (the paper does not state its own)."
        ]

    def _width(self, kind: str) -> int:
        network = PAPER[_DATA[kind]].network
        full, convolutional = DEFAULT_WIDTHS[network], DEFAULT_WIDTHS["cnn"]
        return full if self.width is None else round(self.width * full / convolutional)


class CrossEntropyFigure(NoiseFigure):
    """Figure 7, Appendix D."""

    name: ClassVar[str] = "7"
    section: ClassVar[str] = "Appendix D"
    title: ClassVar[str] = "Loss and noise strength along training, cross-entropy"
    statement: ClassVar[str] = (
        "the noise strength is proportional to L at an intermediate stage, and to L² where the "
        "loss is very small."
    )
    loss: ClassVar[str] = "cross-entropy"


def noise_along_training(
    dataset: Dataset, loss: str, width: int, epochs: int | None, seed: int
) -> xr.Dataset:
    """Return loss and noise strength at every epoch of a run from scratch."""
    given = {"loss": loss, "width": width, "epochs": epochs, "seed": seed}
    plan = plan_training(dataset.name, given)
    network = NetworkSpec(name=plan.network, width=plan.width, seed=plan.seed).build()
    settings = SgdSettings(plan.learning_rate, plan.batch_size, plan.loss, plan.seed)
    found = measure_noise(
        network.to(dataset.inputs.device),
        dataset,
        settings,
        NoiseSettings(plan.epochs, alignment_samples=0),
    )
    if not found.is_complete:
        raise KeyboardInterrupt
    # The fits are made anew from loss and noise strength when the figure is assembled.
    return found.dataset()[["loss", "noise_strength"]]
