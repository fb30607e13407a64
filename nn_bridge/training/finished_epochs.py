"""The last epoch that a run finished, to go back to from within the next."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from torch import nn


class FinishedEpochs:
    """Mean batch loss of every finished epoch, and the weights after the last of them.

    Parameters
    ----------
    network : torch.nn.Module
        At the end of an epoch, or at the start.
    losses : sequence of float
        Of the epochs before.
    """

    def __init__(self, network: nn.Module, losses: Sequence[float] = ()) -> None:
        self._network = network
        self._state = tuple(losses), copy.deepcopy(network.state_dict())

    @property
    def losses(self) -> tuple[float, ...]:
        """Mean batch loss of each."""
        return self._state[0]

    def add(self, loss: float) -> None:
        """Take the network's weights for those after one more epoch."""
        # One assignment: Ctrl-C finds the one epoch or the other, never half of each.
        self._state = (*self.losses, loss), copy.deepcopy(self._network.state_dict())

    def restore(self) -> None:
        """Give the network the weights after the last finished epoch."""
        self._network.load_state_dict(self._state[1])
