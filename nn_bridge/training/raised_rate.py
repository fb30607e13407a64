"""SGD whose learning rate is raised level by level, until the network leaves its minimum."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from landscape_sim.validation import InputError, require_count, require_positive
from nn_bridge.data.datasets import Dataset
from nn_bridge.training.sgd import Diverged, SgdSettings, descend, full_loss

SPACINGS = ("linear", "geometric")
_MOST_LEVELS = 10**6


@dataclass(frozen=True)
class Schedule:
    """How ``η`` rises.

    Attributes
    ----------
    first, last : float
        ``η`` of the first and of the last level.
    n_levels : int
    epochs_per_level : int
    spacing : str
        "linear" or "geometric".
    """

    first: float = 0.001
    last: float = 0.2
    n_levels: int = 100
    epochs_per_level: int = 1
    spacing: str = "linear"

    def __post_init__(self) -> None:
        require_positive("first", self.first)
        if not self.first < self.last < math.inf:
            raise InputError(f"last must be above first {self.first:g}, got {self.last:g}")
        if require_count("n_levels", self.n_levels, minimum=2) > _MOST_LEVELS:
            raise InputError(
                f"n_levels must be at most {_MOST_LEVELS}, got {self.n_levels}; give a level more "
                "epochs instead"
            )
        require_count("epochs_per_level", self.epochs_per_level)
        if self.spacing not in SPACINGS:
            raise InputError(
                f"spacing {self.spacing!r} is unknown; choose one of {', '.join(SPACINGS)}"
            )

    def levels(self) -> list[float]:
        """Return ``η`` of every level.

        Examples
        --------
        >>> Schedule(0.1, 0.3, 3).levels()
        [0.1, 0.2, 0.3]
        """
        space = np.linspace if self.spacing == "linear" else np.geomspace
        return [round(float(value), 12) for value in space(self.first, self.last, self.n_levels)]


@dataclass(frozen=True)
class RaisedRun:
    """What was seen while ``η`` rose.

    Attributes
    ----------
    learning_rates : tuple of float
        The levels that were run; fewer than planned where the loss diverged.
    batch_losses : tuple of float
        Mean loss of the batches of each level; infinite where it diverged.
    losses : tuple of float
        ``L`` over all samples at the end of each.
    before : mapping or None
        Weights at the end of the level before the first on which the loss had risen to ``jump``
        times that of the first level; None where it never did.
    """

    learning_rates: tuple[float, ...]
    batch_losses: tuple[float, ...]
    losses: tuple[float, ...]
    before: dict[str, torch.Tensor] | None

    def transition(self, jump: float) -> tuple[float, float] | None:
        """Return ``η`` of the level before and of the first level at ``jump`` times the loss.

        The loss is the mean of the batches of a level, over that of the first level.

        Examples
        --------
        >>> RaisedRun((0.1, 0.2, 0.3), (1.0, 0.5, 20.0), (1.0, 0.5, 9.0), None).transition(10)
        (0.2, 0.3)
        """
        for number, loss in enumerate(self.batch_losses[1:], start=1):
            if loss >= jump * self.batch_losses[0]:
                return self.learning_rates[number - 1], self.learning_rates[number]
        return None


def raise_learning_rate(
    network: nn.Module,
    dataset: Dataset,
    settings: SgdSettings,
    schedule: Schedule,
    *,
    jump: float,
    after_level: Callable[[float, float], None] | None = None,
) -> RaisedRun:
    """Run SGD from the network's weights, a level after the other.

    Parameters
    ----------
    network : torch.nn.Module
        Not changed.
    dataset : Dataset
    settings : SgdSettings
        ``B``, loss and seed; ``η`` is the schedule's.
    schedule : Schedule
    jump : float
        See :class:`RaisedRun`.
    after_level : callable, optional
        Called with ``η`` and the mean batch loss of a level.

    Raises
    ------
    InputError
        As :func:`~nn_bridge.training.sgd.descend` does, but not where the loss diverges.
    """
    network = copy.deepcopy(network)
    rates: list[float] = []
    batch_losses: list[float] = []
    losses: list[float] = []
    before = None
    for number, rate in enumerate(schedule.levels()):
        earlier, epoch = copy.deepcopy(network.state_dict()), number * schedule.epochs_per_level
        try:
            seen = descend(
                network, dataset, replace(settings, learning_rate=rate),
                epoch + schedule.epochs_per_level, first_epoch=epoch,
            )  # fmt: skip
            batch_losses.append(float(np.mean(seen)))
            losses.append(full_loss(network, dataset, settings.loss))
        except Diverged:
            batch_losses.append(math.inf)
            losses.append(math.inf)
        rates.append(rate)
        if before is None and number and batch_losses[-1] >= jump * batch_losses[0]:
            before = earlier
        if after_level is not None:
            after_level(rate, batch_losses[-1])
        if math.isinf(batch_losses[-1]):
            break
    return RaisedRun(tuple(rates), tuple(batch_losses), tuple(losses), before)
