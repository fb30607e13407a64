"""Do losses and gradients decouple? Measured at points of a run, the paper's Section 5.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.data.datasets import Dataset
from nn_bridge.data.own_data import AnyData, as_dataset
from nn_bridge.gradients.gram import output_gradients, require_gram_memory
from nn_bridge.measurements.decoupling_spectra import (
    EXTRA_MATRICES,
    DecouplingSpectra,
    decoupling_spectra,
)
from nn_bridge.measurements.decoupling_tables import DecouplingMeasurement
from nn_bridge.results.progress import Part, Progress, silent
from nn_bridge.results.provenance import Provenance, provenance_of
from nn_bridge.results.storing import Keeper, measure_and_store
from nn_bridge.training.beginning import UNKNOWN, WeightsOrigin
from nn_bridge.training.losses import mean_square
from nn_bridge.training.problem import check_problem


def measure_decoupling(
    networks: nn.Module | Mapping[int, nn.Module],
    data: AnyData,
    *,
    out: Path | str | None = None,
    origins: Sequence[WeightsOrigin] = (UNKNOWN,),
    progress: Progress = silent,
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

    Returns
    -------
    DecouplingMeasurement
        On Ctrl-C, of the networks that were finished.

    Raises
    ------
    InputError
        If a network has several outputs, was trained with another loss, does not fit the data,
        or the memory is short.
    """
    if not isinstance(networks, Mapping):
        networks = {origins[0].epoch: networks}
    dataset = as_dataset(data)
    _check(networks, dataset, origins)
    provenance = _provenance(dataset, origins)

    def measure(keeper: Keeper) -> DecouplingMeasurement:
        found: dict[int, DecouplingSpectra] = {}
        part = Part(progress, "spectra", len(networks), "checkpoints")
        for epoch, network in networks.items():
            part.note(f"epoch {epoch}")
            found[epoch] = _spectra(network, dataset)
            result = DecouplingMeasurement(
                spectra=dict(found),
                origin=origins[0],
                provenance=provenance,
                is_complete=len(found) == len(networks),
            )
            # Each takes minutes: it is kept whatever becomes of the next.
            keeper.keep(result)
            part.advance()
        return result

    return measure_and_store(provenance, out, measure)


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


def _spectra(network: nn.Module, dataset: Dataset) -> DecouplingSpectra:
    gradients = output_gradients(network, dataset.inputs)
    outputs = torch.from_numpy(gradients.outputs)
    losses = mean_square(outputs, dataset.targets.cpu().double()).numpy()
    return decoupling_spectra(gradients, losses)
