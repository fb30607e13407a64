"""Do losses and gradients decouple? Measured at points of a run, the paper's Section 5.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.validation import InputError
from landscape_sim.workers.workers import Workers
from nn_bridge.cases.answering import answer_cases
from nn_bridge.cases.threads import OF_A_WORKER
from nn_bridge.data.datasets import Dataset
from nn_bridge.data.own_data import AnyData, as_dataset
from nn_bridge.gradients.gram import require_gram_memory
from nn_bridge.measurements.decoupling_cases import perform, spectra_case
from nn_bridge.measurements.decoupling_spectra import EXTRA_MATRICES, DecouplingSpectra
from nn_bridge.measurements.decoupling_tables import DecouplingMeasurement
from nn_bridge.results.progress import Part, Progress, silent
from nn_bridge.results.provenance import Provenance, provenance_of, read_provenance
from nn_bridge.results.storing import Keeper, measure_and_store, resume_and_store
from nn_bridge.training.beginning import UNKNOWN, Place, WeightsOrigin, begin_at_checkpoints
from nn_bridge.training.problem import check_problem
from nn_bridge.training.several_inputs import taking_one_tensor


def measure_decoupling(
    networks: nn.Module | Mapping[int, nn.Module],
    data: AnyData,
    *,
    out: Path | str | None = None,
    origins: Sequence[WeightsOrigin] = (UNKNOWN,),
    progress: Progress = silent,
    workers: Workers | None = None,
    place: Place = Place(),  # noqa: B008 (frozen)
) -> DecouplingMeasurement:
    """Compare the spectra of ``(1/N) Σ ℓ_μ C_μ`` and ``L (1/N) Σ C_μ`` for the mean-square loss.

    Both come from the ``N × N`` Gram matrix of the gradients, in double precision.

    Parameters
    ----------
    networks : torch.nn.Module, or mapping of int to torch.nn.Module
        With one output; several are one network at several epochs.
    data : Dataset, pair of tensors, or torch.utils.data.Dataset
    out : path, optional
        Folder to create for the results; each spectrum is in it once it is found.
    origins : sequence of WeightsOrigin
        Where the weights are from, if that is known, in the order of ``networks``.
    progress : callable, optional
        See :data:`~nn_bridge.results.progress.Progress`.
    workers : Workers, optional
        Who measures the networks, each with one thread; by default this process, with its own.
        They read the networks from their checkpoints.
    place : Place
        Where workers find the data, and where they compute.

    Returns
    -------
    DecouplingMeasurement
        On Ctrl-C, of the networks that were finished.

    Raises
    ------
    InputError
        If a network has several outputs, was trained with another loss, does not fit the data, or
        is from no checkpoint where workers are to read it; workers cannot be had; or the memory
        is short.
    """
    if not isinstance(networks, Mapping):
        networks = {origins[0].epoch: networks}
    dataset = as_dataset(data)
    networks = {e: taking_one_tensor(network, dataset) for e, network in networks.items()}
    _check(networks, dataset, origins)
    run = _Run(dict(networks), dataset, tuple(origins), progress, workers, place)
    if workers is not None and not run.is_of_checkpoints:
        raise InputError(
            "workers read networks from checkpoints, and these are from none; save and name them, "
            "or leave workers out"
        )
    return measure_and_store(run.provenance, out, run.measure)


def resume_decoupling(
    folder: Path | str,
    further: Sequence[Path] = (),
    *,
    place: Place = Place(),  # noqa: B008 (frozen)
    progress: Progress = silent,
    workers: Workers | None = None,
) -> DecouplingMeasurement:
    """Go on with the measurement in ``folder``, and at further checkpoints; what is done stays.

    Parameters
    ----------
    folder : path
        That :func:`measure_decoupling` was given as ``out``, with checkpoints.
    further : sequence of Path
        Checkpoints of the same run.
    place, progress, workers
        As for :func:`measure_decoupling`.

    Raises
    ------
    InputError
        If the folder holds no such measurement, another process fills it, checkpoints or data are
        others than before, or its spectra are of other code or of other numbers of threads.
    """
    folder = Path(folder)
    begun = read_provenance(folder)
    if begun.command != "decoupling":
        raise InputError(f"{folder} is of nn-bridge {begun.command}; name a folder of decoupling")
    if not begun.checkpoints:
        raise InputError(f"{folder} is of networks of your own; measure them anew")
    known = {Path(one.path): one.sha256 for one in begun.checkpoints}
    more = {path.resolve() for path in further} - known.keys()
    starts = begin_at_checkpoints([*known, *more], place, samples=begun.data.samples)
    for start in starts:
        read = start.origin.checkpoint
        if read is not None and known.get(read.path, read.sha256) != read.sha256:
            raise InputError(f"{read.path} is not the checkpoint of the measurement any more")
    networks = {start.origin.epoch: start.network for start in starts}
    origins = tuple(start.origin for start in starts)
    _check(networks, starts[0].dataset, origins)
    run = _Run(networks, starts[0].dataset, origins, progress, workers, place)
    return resume_and_store(run.provenance, folder, run.measure)


@dataclass(frozen=True)
class _Run:
    """What is measured, and by whom."""

    networks: Mapping[int, nn.Module]
    dataset: Dataset
    origins: tuple[WeightsOrigin, ...]
    progress: Progress
    workers: Workers | None
    place: Place

    @property
    def is_of_checkpoints(self) -> bool:
        """Whether what is measured can be named, and read again."""
        read = [origin.checkpoint for origin in self.origins if origin.checkpoint is not None]
        return len(read) == len(self.networks)

    @property
    def provenance(self) -> Provenance:
        """Of the measurement."""
        threads = None if self.workers is None else OF_A_WORKER.torch
        return _provenance(self.dataset, self.origins).model_copy(update={"threads": threads})

    def measure(self, keeper: Keeper) -> DecouplingMeasurement:
        """Return the measurement to its end; each network takes minutes, and is kept at once."""
        origins = self.origins if self.is_of_checkpoints else (UNKNOWN,) * len(self.networks)
        cases = [
            spectra_case(epoch, network, self.dataset, origin, self.place)
            for (epoch, network), origin in zip(self.networks.items(), origins, strict=True)
        ]
        folder = keeper.folder if self.is_of_checkpoints else None
        store = None if folder is None else CaseStore(folder)
        found: list[DecouplingMeasurement] = []

        def keep(done: dict[str, Any], is_new: bool) -> None:
            found.append(self._measured(done))
            keeper.keep(found[-1], is_new=is_new)

        told = Part(self.progress, "spectra", len(cases), "checkpoints")
        answer_cases(cases, store, told, keep, workers=self.workers, perform=perform)
        return found[-1]

    def _measured(self, done: Mapping[str, DecouplingSpectra]) -> DecouplingMeasurement:
        spectra = {
            epoch: done[f"epoch {epoch}"] for epoch in self.networks if f"epoch {epoch}" in done
        }
        return DecouplingMeasurement(
            spectra=spectra,
            origin=self.origins[0],
            provenance=self.provenance,
            is_complete=len(spectra) == len(self.networks),
        )


def _check(
    networks: Mapping[int, nn.Module], dataset: Dataset, origins: Sequence[WeightsOrigin]
) -> None:
    if not networks:
        raise InputError("there is no network to measure; give one, or several by their epochs")
    for origin in origins:
        if origin.checkpoint is not None and origin.checkpoint.record.loss != "mean-square":
            raise InputError("decoupling is defined for the mean-square loss; train with that")
    if (n_outputs := dataset.targets.shape[1]) != 1:
        raise InputError(
            f"the network has {n_outputs} outputs; decoupling is defined for one, as for parity"
        )
    for network in networks.values():
        check_problem(network, dataset, "mean-square")
        require_gram_memory(network, dataset.inputs, 1 + EXTRA_MATRICES)


def _provenance(dataset: Dataset, origins: Sequence[WeightsOrigin]) -> Provenance:
    checkpoints = [origin.checkpoint for origin in origins if origin.checkpoint is not None]
    settings: dict[str, Any] = {"checkpoints": [found.path.name for found in checkpoints]}
    if checkpoints:
        excluded = {"losses", "data", "epoch"}
        settings["training"] = checkpoints[0].record.model_dump(mode="json", exclude=excluded)
    return provenance_of("decoupling", settings, dataset, seeds={}, origins=origins)
