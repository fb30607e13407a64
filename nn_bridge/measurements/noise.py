"""Train, and measure the noise strength at every epoch, the paper's Section 5.2."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.data.datasets import Dataset
from nn_bridge.data.own_data import AnyData, as_dataset
from nn_bridge.gradients.alignment import Alignment, noise_alignment
from nn_bridge.gradients.gram import output_gradients
from nn_bridge.measurements.beginning_again import begin_again
from nn_bridge.measurements.noise_series import NoiseSeries, follow_noise
from nn_bridge.measurements.noise_settings import ChosenNoise, NoiseSettings, choose_noise
from nn_bridge.measurements.noise_tables import NoiseMeasurement
from nn_bridge.results.progress import Part, Progress, silent
from nn_bridge.results.provenance import Provenance, provenance_of, settings_again
from nn_bridge.results.run_state import RunState, read_state
from nn_bridge.results.storing import Keeper, measure_and_store, resume_and_store
from nn_bridge.training.beginning import UNKNOWN, Place, WeightsOrigin
from nn_bridge.training.generators import generator_of
from nn_bridge.training.losses import find_loss
from nn_bridge.training.networks import OWN, count_parameters
from nn_bridge.training.problem import check_problem
from nn_bridge.training.several_inputs import taking_one_tensor
from nn_bridge.training.sgd import SgdSettings, check_training

_DIRECTIONS = 10
#: Names in a state.
_WEIGHT, _GENERATOR = "weight ", "generator"


def measure_noise(
    network: nn.Module,
    data: AnyData,
    sgd: SgdSettings,
    settings: NoiseSettings = NoiseSettings(),  # noqa: B008 (frozen)
    *,
    out: Path | str | None = None,
    origin: WeightsOrigin = UNKNOWN,
    progress: Progress = silent,
) -> NoiseMeasurement:
    """Train ``network`` in place and measure loss and noise strength at every epoch.

    The noise strength is ``𝒩 = (1/N) Σ |∇ℓ_μ|² − |∇L|²``. Fitted: its exponent in the loss, which
    the paper says is 1 in the later stage.

    Parameters
    ----------
    network : torch.nn.Module
        At the start.
    data : Dataset, pair of tensors, or torch.utils.data.Dataset
        All ``N`` samples.
    sgd : SgdSettings
        Of the training; its ``B`` is the largest of the mini-batch estimator too.
    settings : NoiseSettings
    out : path, optional
        Folder to create for the results.
    origin : WeightsOrigin
        Where the weights are from, if that is known.
    progress : callable, optional
        See :data:`~nn_bridge.results.progress.Progress`.

    Returns
    -------
    NoiseMeasurement
        On Ctrl-C, of the epochs that were measured; the network is at the last of them.

    Raises
    ------
    InputError
        If a setting is out of range, samples depend on one another and the method or an alignment
        was asked for all the same, or the run diverges; with ``out``, what was measured is stored
        first.
    """
    dataset = as_dataset(data)
    network = taking_one_tensor(network, dataset)
    check_problem(network, dataset, sgd.loss)
    check_training(network, dataset, sgd)
    chosen = choose_noise(network, dataset, settings)
    provenance = noise_provenance(dataset, sgd, chosen, origin)

    run = _Run(network, dataset, sgd, chosen, origin, provenance, progress)
    return measure_and_store(provenance, out, run.measure)


def resume_noise(
    folder: Path | str,
    *,
    network: nn.Module | None = None,
    data: AnyData | None = None,
    place: Place = Place(),  # noqa: B008 (frozen)
    progress: Progress = silent,
) -> NoiseMeasurement:
    """Go on with the measurement in ``folder`` that was stopped or killed, to the same bits.

    Parameters
    ----------
    folder : path
        That :func:`measure_noise` was given as ``out``.
    network : torch.nn.Module, optional
        As it was at the start; by default built anew, if it is one of the paper's.
    data : Dataset, pair of tensors, or torch.utils.data.Dataset, optional
        The same as before; by default loaded again, if they are the paper's.
    place : Place
        Where to find data, and where to build the network.
    progress : callable, optional

    Raises
    ------
    InputError
        If the folder holds no such measurement or a finished one, or network and data are of the
        user's own and not given, or others than before.
    """
    folder = Path(folder)
    begun = begin_again(folder, "noise", network=network, data=data, place=place)
    given = begun.provenance.settings
    with settings_again(folder):
        window = given["window"] and tuple(given["window"])
        chosen = ChosenNoise(given["epochs"], given["method"], window, given["alignment_samples"])
    run = _Run(
        begun.network, begun.dataset, begun.sgd, chosen, begun.origin, begun.provenance, progress
    )
    run.restore(read_state(folder))
    return resume_and_store(begun.provenance, folder, run.measure)


class _Run:
    """A run with what was measured along it so far."""

    # Wide: what runs (3), how it is measured, where it is from, and who is told.
    def __init__(
        self,
        network: nn.Module,
        dataset: Dataset,
        sgd: SgdSettings,
        chosen: ChosenNoise,
        origin: WeightsOrigin,
        provenance: Provenance,
        progress: Progress,
    ) -> None:
        self._network, self._dataset, self._chosen = network, dataset, chosen
        self._progress = progress
        self._generator = generator_of(sgd.seed)
        self._partial = NoiseMeasurement(
            series=NoiseSeries(),
            window=chosen.window,
            alignment_samples=chosen.alignment_samples,
            first_epoch=origin.epoch,
            sgd=sgd,
            origin=origin,
            provenance=provenance,
            is_complete=False,
        )

    def measure(self, keeper: Keeper) -> NoiseMeasurement:
        """Return the measurement to its end."""
        try:
            self._follow(keeper)
        finally:
            if self._partial.series.points:
                # Also before the alignment, which asks for memory.
                keeper.keep(self._partial)
        return with_alignment(self._partial, self._network, self._dataset)

    def _follow(self, keeper: Keeper) -> None:
        chosen, run = self._chosen, self._partial
        part = Part(self._progress, "noise", chosen.epochs + 1, "epochs")
        for _ in run.series.epochs:
            part.advance()

        def after_epoch(epoch: int, loss: float) -> None:
            # A copy: its fits are of the epochs so far.
            keeper.keep_in_passing(lambda: replace(run), self.state)
            part.advance()
            part.note(f"loss {loss:.4g}")

        follow_noise(
            self._network, self._dataset, run.sgd, chosen.epochs, chosen.method, run.series,
            generator=self._generator, after_epoch=after_epoch,
        )  # fmt: skip

    def state(self) -> RunState:
        """Return the state after the last measurement."""
        weights = {f"{_WEIGHT}{name}": v for name, v in self._network.state_dict().items()}
        tensors = {**weights, _GENERATOR: self._generator.get_state()}
        return RunState(tensors, {"series": self._partial.series.to_numbers()})

    def restore(self, state: RunState | None) -> None:
        """Go to where the state was taken; to the start without one."""
        if state is None:
            return
        tensors = dict(state.tensors)
        self._generator.set_state(tensors.pop(_GENERATOR))
        self._network.load_state_dict(
            {name.removeprefix(_WEIGHT): value for name, value in tensors.items()}
        )
        series = NoiseSeries.of_numbers(state.numbers["series"])
        self._partial = replace(self._partial, series=series)


def noise_provenance(
    dataset: Dataset, sgd: SgdSettings, chosen: ChosenNoise, origin: WeightsOrigin
) -> Provenance:
    """Return the provenance of a measurement of noise."""
    spec = origin.network
    is_fresh = spec.name != OWN and origin.checkpoint is None
    seeds = {"weights": spec.seed} if is_fresh else {}
    return provenance_of(
        "noise",
        {
            "network": spec.model_dump(),
            **asdict(sgd),
            "first_epoch": origin.epoch,
            **asdict(chosen),
            "window": None if chosen.window is None else list(chosen.window),
        },
        dataset,
        seeds={**seeds, "batches": sgd.seed},
        origins=[origin],
    )


def with_alignment(run: NoiseMeasurement, network: nn.Module, dataset: Dataset) -> NoiseMeasurement:
    """Return the finished run with its alignment, or with the reason why there is none."""
    try:
        alignment = _align(network, dataset, run.sgd.loss, run.alignment_samples)
    except InputError as refusal:
        # The run is finished, and has taken the hours.
        return replace(run, alignment_refusal=str(refusal), is_complete=True)
    return replace(run, alignment=alignment, is_complete=True)


def _align(network: nn.Module, dataset: Dataset, loss: str, n_samples: int) -> Alignment | None:
    if n_samples == 0:
        return None
    part = dataset.first(n_samples)
    return noise_alignment(
        output_gradients(network, part.inputs),
        part.targets,
        find_loss(loss, part.targets),
        n_parameters=count_parameters(network),
        n_directions=min(_DIRECTIONS, part.targets.numel() - 1),
    )
