"""First passage of a network's full loss, from a converged checkpoint to ``c L*``, measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.curvature.tangent import has_tangent_model, tangent_features
from nn_bridge.data.datasets import Dataset
from nn_bridge.data.own_data import AnyData, as_dataset
from nn_bridge.measurements.beginning_again import begin_again
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
from nn_bridge.measurements.escape_settings import EscapeSettings
from nn_bridge.measurements.escape_tables import EscapeMeasurement, Tangent
from nn_bridge.measurements.replica_losses import (
    Progressing,
    ReplicaLosses,
    follow_losses,
)
from nn_bridge.results.progress import Part, Progress, silent
from nn_bridge.results.provenance import Provenance, provenance_of, settings_again
from nn_bridge.results.run_state import RunState, read_state
from nn_bridge.results.storing import Keeper, measure_and_store, resume_and_store
from nn_bridge.training.beginning import UNKNOWN, Place, WeightsOrigin
from nn_bridge.training.networks import count_parameters
from nn_bridge.training.problem import check_problem
from nn_bridge.training.several_inputs import taking_one_tensor
from nn_bridge.training.sgd import SgdSettings, require_batch

#: Of the Hessian, where no number is given.
_EIGENVALUES = 20


def measure_escape(
    network: nn.Module,
    data: AnyData,
    sgd: SgdSettings,
    settings: EscapeSettings = EscapeSettings(),  # noqa: B008 (frozen)
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
    network = taking_one_tensor(network, dataset)
    check_problem(network, dataset, sgd.loss)
    _require_noise(sgd, dataset)
    spectrum = _spectrum(network, sgd, settings)
    provenance = _provenance(dataset, sgd, settings, spectrum, origin)

    run = _Run(network, dataset, sgd, settings, spectrum, origin, provenance, progress)
    return measure_and_store(provenance, out, run.measure)


def resume_escape(
    folder: Path | str,
    *,
    network: nn.Module | None = None,
    data: AnyData | None = None,
    place: Place = Place(),  # noqa: B008 (frozen)
    progress: Progress = silent,
) -> EscapeMeasurement | CurvatureMeasurement:
    """Go on with the measurement in ``folder`` that was stopped or killed, to the same bits.

    The curvature is measured again, the replicas go on from where they were.

    Parameters
    ----------
    folder : path
        That :func:`measure_escape` was given as ``out``.
    network, data, place, progress
        As for :func:`~nn_bridge.measurements.noise.resume_noise`.

    Raises
    ------
    InputError
        If the folder holds no such measurement or a finished one, or network and data are of the
        user's own and not given, or others than before.
    """
    folder = Path(folder)
    begun = begin_again(folder, "escape", network=network, data=data, place=place)
    with settings_again(folder):
        said = begun.provenance.settings
        given = {field.name: said[field.name] for field in fields(EscapeSettings)}
        settings = EscapeSettings(**{**given, "thresholds": tuple(given["thresholds"])})
    spectrum = _spectrum(begun.network, begun.sgd, settings)
    run = _Run(
        begun.network, begun.dataset, begun.sgd, settings, spectrum, begun.origin,
        begun.provenance, progress, read_state(folder),
    )  # fmt: skip
    return resume_and_store(begun.provenance, folder, run.measure)


def _spectrum(network: nn.Module, sgd: SgdSettings, settings: EscapeSettings) -> ChosenSpectrum:
    return choose_spectrum(
        count_parameters(network),
        CurvatureSettings(n_eigenvalues=settings.n_eigenvalues, seed=sgd.seed),
        default_eigenvalues=_EIGENVALUES,
    )


@dataclass(frozen=True)
class _Run:
    """What is measured, and where it begins: at a state, where there is one."""

    network: nn.Module
    dataset: Dataset
    sgd: SgdSettings
    settings: EscapeSettings
    spectrum: ChosenSpectrum
    origin: WeightsOrigin
    provenance: Provenance
    progress: Progress
    state: RunState | None = None

    def measure(self, keeper: Keeper) -> EscapeMeasurement | CurvatureMeasurement:
        """Return the measurement to its end."""
        network, dataset, sgd, settings = self.network, self.dataset, self.sgd, self.settings
        curvature = curvature_at(network, dataset, sgd, self.spectrum, progress=self.progress)
        _require_stable_descent(sgd, curvature)
        known: dict[str, Any] = {
            "curvature": curvature, "origin": self.origin, "provenance": self.provenance,
        }  # fmt: skip
        if self.state is None:
            keeper.keep(CurvatureMeasurement(**known, is_complete=False))
        known |= {
            "thresholds": settings.thresholds,
            "sgd": sgd,
            "max_time": settings.max_steps * sgd.learning_rate,
            "tangent": _tangent(network, dataset, sgd, settings.n_directions, self.progress),
        }

        def measured(losses: ReplicaLosses) -> EscapeMeasurement:
            return EscapeMeasurement(losses=losses, is_complete=losses.is_complete, **known)

        def keep(so_far: Progressing) -> None:
            keeper.keep_in_passing(lambda: measured(so_far.losses()), so_far.state)

        return measured(self.follow(keep))

    def follow(self, keep: Callable[[Progressing], None]) -> ReplicaLosses:
        """Return the losses of all replicas."""
        settings = self.settings
        n_looks = settings.max_steps // settings.look_every
        part = Part(self.progress, "replicas", n_looks, "looks")

        def after_look(on_their_way: int, so_far: Progressing) -> None:
            keep(so_far)
            part.advance()
            part.note(f"{on_their_way} of {settings.n_replicas} below the highest threshold")

        return follow_losses(
            self.network,
            self.dataset,
            self.sgd,
            highest_threshold=max(settings.thresholds),
            n_replicas=settings.n_replicas,
            max_steps=settings.max_steps,
            look_every=settings.look_every,
            evaluation=settings.evaluation,
            state=self.state,
            after_look=after_look,
        )


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
