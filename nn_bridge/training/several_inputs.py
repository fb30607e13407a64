"""A network of several inputs, as all else takes networks: with one tensor for every sample."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from nn_bridge.data.datasets import Dataset
from nn_bridge.data.several_inputs import InputParts

#: What the names of its parameters begin with.
_OWN = "network."


class SplittingNetwork(nn.Module):
    """A network that is given its inputs joined, and what it is given taken apart.

    Weights are the network's own, also by their names in a state.

    Parameters
    ----------
    network : torch.nn.Module
        Its ``forward`` takes the inputs of the samples one by one.
    parts : InputParts
    """

    def __init__(self, network: nn.Module, parts: InputParts) -> None:
        super().__init__()
        self.network, self.parts = network, parts

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the outputs of some samples."""
        outputs: torch.Tensor = self.network(*self.parts.split(rows))
        return outputs

    def state_dict(self, *arguments: Any, **options: Any) -> Any:
        """Return that of the network."""
        return self.network.state_dict(*arguments, **options)

    def load_state_dict(self, *arguments: Any, **options: Any) -> Any:
        """Load that of the network."""
        return self.network.load_state_dict(*arguments, **options)


def taking_one_tensor(network: nn.Module, dataset: Dataset) -> nn.Module:
    """Return ``network`` as one that takes the inputs of ``dataset`` as they are there.

    Examples
    --------
    >>> from nn_bridge.data.own_data import as_dataset
    >>> data = as_dataset(((torch.tensor([[2.0]]), torch.tensor([[3.0]])), torch.zeros(1, 1)))
    >>> both = nn.Bilinear(1, 1, 1)
    >>> taking_one_tensor(both, data)(data.inputs).shape
    torch.Size([1, 1])
    >>> taking_one_tensor(both, as_dataset((torch.zeros(1, 1), torch.zeros(1, 1)))) is both
    True
    """
    parts = dataset.parts
    if parts is None or not isinstance(network, nn.Module) or isinstance(network, SplittingNetwork):
        return network
    return SplittingNetwork(network, parts)


def as_given(network: nn.Module) -> nn.Module:
    """Return the user's own network again."""
    return network.network if isinstance(network, SplittingNetwork) else network


def name_as_given(network: nn.Module, name: str) -> str:
    """Return what the user's own network calls the parameter or layer of this name."""
    return name.removeprefix(_OWN) if isinstance(network, SplittingNetwork) else name
