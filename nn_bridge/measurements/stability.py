"""At which learning rate SGD leaves a minimum, measured, beside what four arguments say."""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass
from pathlib import Path

from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.curvature.linear_stability import LearningRateLimits, learning_rate_limits
from nn_bridge.curvature.participation import OutlierSpectrum, gram_of_outputs, outlier_spectrum
from nn_bridge.data.datasets import Dataset
from nn_bridge.data.own_data import AnyData, as_dataset
from nn_bridge.measurements.stability_tables import LimitsAt, StabilityMeasurement
from nn_bridge.results.progress import Part, Progress, silent
from nn_bridge.results.provenance import Provenance, provenance_of
from nn_bridge.results.storing import Keeper, measure_and_store
from nn_bridge.training.beginning import UNKNOWN, WeightsOrigin
from nn_bridge.training.problem import check_problem
from nn_bridge.training.raised_rate import RaisedRun, Schedule, raise_learning_rate
from nn_bridge.training.several_inputs import taking_one_tensor
from nn_bridge.training.sgd import SgdSettings, check_training, full_loss


@dataclass(frozen=True)
class StabilitySettings:
    """How the transition is sought.

    Attributes
    ----------
    schedule : Schedule
        How ``η`` rises.
    jump : float
        The transition is the first level whose mean batch loss is this times that of the first.
    """

    schedule: Schedule = Schedule()  # noqa: RUF009 (frozen)
    jump: float = 10.0

    def __post_init__(self) -> None:
        if not 1.0 < self.jump < float("inf"):
            raise InputError(f"jump must be finite and above 1, got {self.jump:g}; e.g. 10")


def measure_stability(
    network: nn.Module,
    data: AnyData,
    sgd: SgdSettings,
    settings: StabilitySettings = StabilitySettings(),
    *,
    out: Path | str | None = None,
    origin: WeightsOrigin = UNKNOWN,
    progress: Progress = silent,
) -> StabilityMeasurement:
    """Raise the learning rate from a trained network until its loss jumps, the paper's Section 5.4.

    Parameters
    ----------
    network : torch.nn.Module
        Trained, with one output; it is not changed.
    data : Dataset, pair of tensors, or torch.utils.data.Dataset
    sgd : SgdSettings
        ``B`` and seed of the batches; the loss must be mean-square, and ``η`` is the schedule's.
    settings : StabilitySettings
    out : path, optional
        Folder to create for the results.
    origin : WeightsOrigin
        Where the weights are from, if that is known.
    progress : callable, optional
        See :data:`~nn_bridge.results.progress.Progress`.

    Raises
    ------
    InputError
        If network, loss and data do not fit one another, or the Gram matrix does not fit into the
        memory.
    """
    dataset = as_dataset(data)
    network = taking_one_tensor(network, dataset)
    check_problem(network, dataset, sgd.loss)
    check_training(network, dataset, sgd)
    if sgd.loss != "mean-square":
        raise InputError(f"Eq. (45) is of the mean-square loss, got {sgd.loss}; train with it")
    provenance = _provenance(dataset, sgd, settings, origin)

    def measure(keeper: Keeper) -> StabilityMeasurement:
        start = limits_at(network, dataset, sgd)
        run = _raised(network, dataset, sgd, settings, progress)
        before = None
        if run.before is not None:
            moved = copy.deepcopy(network)
            moved.load_state_dict(run.before)
            before = limits_at(moved, dataset, sgd)
        return StabilityMeasurement(
            run=run, start=start, before=before, jump=settings.jump,
            batch_size=sgd.batch_size, origin=origin, provenance=provenance,
        )  # fmt: skip

    return measure_and_store(provenance, out, measure)


def _provenance(
    dataset: Dataset, sgd: SgdSettings, settings: StabilitySettings, origin: WeightsOrigin
) -> Provenance:
    chosen = {"batch_size": sgd.batch_size, "loss": sgd.loss, "seed": sgd.seed}
    return provenance_of(
        "stability",
        {**chosen, **asdict(settings.schedule), "jump": settings.jump},
        dataset,
        seeds={"batches": sgd.seed},
        origins=[origin],
    )


def _raised(
    network: nn.Module,
    dataset: Dataset,
    sgd: SgdSettings,
    settings: StabilitySettings,
    progress: Progress,
) -> RaisedRun:
    part = Part(progress, "levels", settings.schedule.n_levels, "levels")

    def after_level(rate: float, loss: float) -> None:
        part.advance()
        part.note(f"η = {rate:.4g}, loss {loss:.3g}")

    return raise_learning_rate(
        network, dataset, sgd, settings.schedule, jump=settings.jump, after_level=after_level
    )


def limits_at(network: nn.Module, dataset: Dataset, sgd: SgdSettings) -> LimitsAt:
    """Return loss, spectrum and limits at the weights of ``network``."""
    gram = gram_of_outputs(network, dataset)
    spectrum: OutlierSpectrum = outlier_spectrum(gram, network)
    limits: LearningRateLimits = learning_rate_limits(spectrum, gram, sgd.batch_size, sgd.seed)
    return LimitsAt(full_loss(network, dataset, sgd.loss), spectrum, limits)
