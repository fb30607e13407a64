"""Networks trained for a figure, kept as one vector of weights a part."""

from __future__ import annotations

import torch
import xarray as xr
from torch import nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from nn_bridge.data.datasets import Dataset
from nn_bridge.training.networks import NetworkSpec
from nn_bridge.training.paper import TrainingPlan
from nn_bridge.training.sgd import SgdSettings, descend, full_loss


def pretrained(dataset: Dataset, plan: TrainingPlan) -> xr.Dataset:
    """Train the network of ``plan`` from scratch and return its weights, and its loss.

    Raises
    ------
    InputError
        As :func:`~nn_bridge.training.sgd.descend` does.
    """
    network = plan.spec.build().to(dataset.inputs.device)
    settings = SgdSettings(plan.learning_rate, plan.batch_size, plan.loss, plan.seed)
    descend(network, dataset, settings, plan.n_epochs(len(dataset)))
    weights = parameters_to_vector(network.parameters()).detach().cpu().numpy()
    return xr.Dataset(
        {"weight": ("parameter", weights)}, attrs={"loss": full_loss(network, dataset, plan.loss)}
    )


def restored(spec: NetworkSpec, part: xr.Dataset, device: torch.device) -> nn.Sequential:
    """Return the network of a part of :func:`pretrained`."""
    network = spec.build()
    vector_to_parameters(torch.from_numpy(part["weight"].to_numpy()), network.parameters())
    return network.to(device)
