"""First passage of a network's full loss, from a converged checkpoint to ``c L*``, measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import nn

from landscape_sim.comparison.network.tangent_model import MOST_DIRECTIONS
from landscape_sim.validation import InputError, require_count
from nn_bridge.curvature.tangent import has_tangent_model, tangent_features
from nn_bridge.data.datasets import Dataset
from nn_bridge.data.own_data import AnyData, as_dataset
from nn_bridge.measurements.curvature import (
    CurvatureMeasurement,
    curvature_at,
)
from nn_bridge.measurements.curvature_settings import (
    ChosenSpectrum,
    CurvatureSettings,
    choose_spectrum,
)
from nn_bridge.measurements.curvature_tables import Curvature
from nn_bridge.measurements.escape_tables import EscapeMeasurement, Tangent
from nn_bridge.measurements.replica_losses import (
    ReplicaLosses,
    find_evaluation,
    follow_losses,
    require_thresholds,
)
from nn_bridge.results.progress import Part, Progress, silent
from nn_bridge.results.provenance import Provenance, provenance_of
from nn_bridge.results.storing import Keeper, measure_and_store
from nn_bridge.training.beginning import UNKNOWN, WeightsOrigin
from nn_bridge.training.networks import count_parameters
from nn_bridge.training.problem import check_problem
from nn_bridge.training.sgd import SgdSettings, require_batch

#: Of the Hessian, where no number is given.
_EIGENVALUES = 20


@dataclass(frozen=True)
class EscapeSettings:
    """Which first passages to measure, and how many replicas of SGD.

    Attributes
    ----------
    thresholds : tuple of float
        Values of ``c``, rising and above 1.
    n_replicas : int
        Runs of SGD, stepped together.
    max_steps : int
        Steps after which those still on their way are censored.
    look_every : int
        Steps between two looks at the full loss.
    n_eigenvalues : int or None
        Of the Hessian, for ``n`` and ``h*``. None: 20, or as many as the network allows.
    evaluation : str
        Of the full loss, see :func:`~nn_bridge.measurements.replica_losses.follow_losses`.
    n_directions : int
        Of the tangent model, the first rung of the chain of approximations that
        :func:`~nn_bridge.measurements.cross_check.cross_check` climbs down, at most 64; 0 for none.
        There is none for several outputs or another loss than the mean square.
    """

    thresholds: tuple[float, ...] = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
    n_replicas: int = 40
    max_steps: int = 2000
    look_every: int = 1
    n_eigenvalues: int | None = None
    evaluation: str = "full"
    n_directions: int = 16

    def __post_init__(self) -> None:
        require_thresholds(self.thresholds)
        find_evaluation(self.evaluation)
        require_count("n_replicas", self.n_replicas, minimum=2)
        if require_count("n_directions", self.n_directions, minimum=0) > MOST_DIRECTIONS:
            raise InputError(
                f"n_directions {self.n_directions} are more than {MOST_DIRECTIONS}; take fewer"
            )
        require_count("look_every", self.look_every)
        require_count("max_steps", self.max_steps, minimum=self.look_every)
        if self.n_eigenvalues is not None:
            require_count("n_eigenvalues", self.n_eigenvalues, minimum=2)


def measure_escape(
    network: nn.Module,
    data: AnyData,
    sgd: SgdSettings,
    settings: EscapeSettings = EscapeSettings(),
    *,
    out: Path | str | None = None,
    origin: WeightsOrigin = UNKNOWN,
    progress: Progress = silent,
) -> EscapeMeasurement | CurvatureMeasurement:
    """Measure how long SGD takes from ``network`` until its full loss is ``c`` times as high.

    The clock starts at the network's weights, whose loss is ``L*``. The curvature there predicts
    the exponent in ``c``. The measurement of the paper's Section 5.3.2.

    Parameters
    ----------
    network : torch.nn.Module
        At a minimum; it is not changed.
    data : Dataset, pair of tensors, or torch.utils.data.Dataset
        All ``N`` samples.
    sgd : SgdSettings
        ``η``, ``B``, loss, and the seed of all replicas, start and random vectors.
    settings : EscapeSettings
    out : path, optional
        Folder to create for the results.
    origin : WeightsOrigin
        Where the weights are from, if that is known.
    progress : callable, optional
        See :data:`~nn_bridge.results.progress.Progress`.

    Returns
    -------
    EscapeMeasurement
        On Ctrl-C, of the looks that were made; before the first, the curvature alone.

    Raises
    ------
    InputError
        If a setting is out of range, network, loss and data do not fit one another, ``L*`` is
        zero, or descent itself leaves the minimum at this learning rate.
    """
    dataset = as_dataset(data)
    check_problem(network, dataset, sgd.loss)
    _require_noise(sgd, dataset)
    spectrum = choose_spectrum(
        count_parameters(network),
        CurvatureSettings(n_eigenvalues=settings.n_eigenvalues, seed=sgd.seed),
        default_eigenvalues=_EIGENVALUES,
    )
    provenance = _provenance(dataset, sgd, settings, spectrum, origin)

    def measure(keeper: Keeper) -> EscapeMeasurement | CurvatureMeasurement:
        curvature = curvature_at(network, dataset, sgd, spectrum, progress=progress)
        _require_stable_descent(sgd, curvature)
        known: dict[str, Any] = {
            "curvature": curvature, "origin": origin, "provenance": provenance,
        }  # fmt: skip
        keeper.keep(CurvatureMeasurement(**known, is_complete=False))
        known |= {
            "thresholds": settings.thresholds,
            "sgd": sgd,
            "max_time": settings.max_steps * sgd.learning_rate,
            "tangent": _tangent(network, dataset, sgd, settings.n_directions, progress),
        }

        def measured(losses: ReplicaLosses) -> EscapeMeasurement:
            return EscapeMeasurement(losses=losses, is_complete=losses.is_complete, **known)

        def keep(so_far: Callable[[], ReplicaLosses]) -> None:
            keeper.keep_in_passing(lambda: measured(so_far()))

        return measured(_follow(network, dataset, sgd, settings, progress, keep))

    return measure_and_store(provenance, out, measure)


def _tangent(
    network: nn.Module, dataset: Dataset, sgd: SgdSettings, n_directions: int, progress: Progress
) -> Tangent | None:
    if not n_directions or not has_tangent_model(network, dataset, sgd.loss):
        return None
    part = Part(progress, "tangent model", None, "products")
    return tangent_features(
        network, dataset, n_directions, seed=sgd.seed, after_product=part.advance
    )


def _provenance(
    dataset: Dataset,
    sgd: SgdSettings,
    settings: EscapeSettings,
    spectrum: ChosenSpectrum,
    origin: WeightsOrigin,
) -> Provenance:
    chosen = {"thresholds": list(settings.thresholds), "n_eigenvalues": spectrum.n_eigenvalues}
    return provenance_of(
        "escape",
        {**asdict(sgd), **asdict(settings), **chosen},
        dataset,
        seeds={"batches of all replicas, start and random vectors": sgd.seed},
        origins=[origin],
    )


def _require_noise(sgd: SgdSettings, dataset: Dataset) -> None:
    """Refuse batches of all samples, which have no noise."""
    require_batch(sgd, dataset)
    if sgd.batch_size == len(dataset):
        raise InputError(
            f"batch_size {sgd.batch_size} is the number of samples: there is no noise, and nothing "
            "to escape by; lower it"
        )


def _require_stable_descent(sgd: SgdSettings, curvature: Curvature) -> None:
    """Refuse a learning rate at which descent itself leaves the minimum."""
    largest = float(curvature.hessian.values[0])
    if sgd.learning_rate * largest >= 2:
        raise InputError(
            f"learning_rate {sgd.learning_rate:g} is not below 2/h = {2 / largest:.4g} of the "
            f"largest eigenvalue {largest:.4g}: SGD diverges without any noise; lower it"
        )


def _follow(
    network: nn.Module,
    dataset: Dataset,
    sgd: SgdSettings,
    settings: EscapeSettings,
    progress: Progress,
    keep: Callable[[Callable[[], ReplicaLosses]], None],
) -> ReplicaLosses:
    part = Part(progress, "replicas", settings.max_steps // settings.look_every, "looks")

    def after_look(on_their_way: int, so_far: Callable[[], ReplicaLosses]) -> None:
        keep(so_far)
        part.advance()
        part.note(f"{on_their_way} of {settings.n_replicas} below the highest threshold")

    return follow_losses(
        network,
        dataset,
        sgd,
        highest_threshold=max(settings.thresholds),
        n_replicas=settings.n_replicas,
        max_steps=settings.max_steps,
        look_every=settings.look_every,
        evaluation=settings.evaluation,
        after_look=after_look,
    )
