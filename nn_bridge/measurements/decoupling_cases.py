"""The spectra at one checkpoint as a case: computed here or by a worker, and kept at once."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from landscape_sim.comparison.case_report import CaseReport
from nn_bridge.cases.case import Case
from nn_bridge.cases.order import CaseOrder, performed
from nn_bridge.cases.place import data_key, place_again, written_place
from nn_bridge.data.datasets import Dataset
from nn_bridge.gradients.gram import output_gradients
from nn_bridge.measurements.decoupling_spectra import DecouplingSpectra, decoupling_spectra
from nn_bridge.training.beginning import Place, WeightsOrigin, begin_at_checkpoint
from nn_bridge.training.losses import mean_square


def spectra_case(
    epoch: int, network: nn.Module, dataset: Dataset, origin: WeightsOrigin, place: Place
) -> Case:
    """Return the case of a network; of one that is from no checkpoint, no worker can make it."""
    plan: dict[str, Any] = {}
    depends_on: dict[str, Any] = {}
    if (checkpoint := origin.checkpoint) is not None:
        depends_on = {"checkpoint": checkpoint.sha256, "data": data_key(dataset)}
        plan = {
            "checkpoint": str(checkpoint.path.resolve()),
            "samples": len(dataset),
            "place": written_place(place),
        }
    return Case(
        f"epoch {epoch}",
        partial(spectra_at, network, dataset),
        depends_on,
        __name__,
        json.dumps(plan),
        kinds=(DecouplingSpectra,),
    )


def perform(order: CaseOrder) -> CaseReport:
    """Measure at a checkpoint, in a worker."""
    plan = json.loads(order.plan)
    place = place_again(plan["place"])
    start = begin_at_checkpoint(Path(plan["checkpoint"]), place, samples=plan["samples"])
    case = spectra_case(start.origin.epoch, start.network, start.dataset, start.origin, place)
    return performed(order, case)


def spectra_at(network: nn.Module, dataset: Dataset) -> DecouplingSpectra:
    """Return both spectra at the weights of ``network``."""
    gradients = output_gradients(network, dataset.inputs)
    outputs = torch.from_numpy(gradients.outputs)
    losses = mean_square(outputs, dataset.targets.cpu().double()).numpy()
    return decoupling_spectra(gradients, losses)
