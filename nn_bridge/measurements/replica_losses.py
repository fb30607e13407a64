"""The loss of many runs of SGD from one minimum, and when each first reaches ``c L*``.

The measurement of the paper's Section 5.3.2. The clock starts at the checkpoint, whose loss is
``L*``. The loss over all samples is looked at every ``k`` steps. With ``k > 1`` a passage is seen
late, by ``k η`` at most, and an excursion between two looks not at all, which has no such limit.
Both make the mean time too long; the same looks without every second of them say by how much.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from landscape_sim.results import FirstPassageSample
from landscape_sim.validation import InputError, require_count
from nn_bridge.data.datasets import Dataset
from nn_bridge.results.run_state import RunState
from nn_bridge.training.incremental_runs import IncrementalRuns
from nn_bridge.training.parallel_runs import ParallelRuns
from nn_bridge.training.sgd import SgdSettings, full_loss

#: How the full loss is had at each look.
EVALUATIONS: dict[str, type[ParallelRuns]] = {"full": ParallelRuns, "incremental": IncrementalRuns}
#: In a state.
_RATIOS = "ratios"
#: The sparser series of looks is every so many-th.
SPARSER = 2


@dataclass(frozen=True)
class ReplicaLosses:
    """The full loss of every replica at regular looks.

    Attributes
    ----------
    ratios : ndarray, shape (n_replicas, n_looks)
        ``L(θ)/L*``; NaN after a replica passed the highest threshold.
    look_interval : float
        Time ``t = ηk`` between two looks.
    look_every : int
        Steps between two looks.
    initial_loss : float
        ``L*``.
    is_complete : bool
        False if it was interrupted.
    """

    ratios: NDArray[np.float64]
    look_interval: float
    look_every: int
    initial_loss: float
    is_complete: bool = True

    def passages(self, threshold: float, every: int = 1) -> FirstPassageSample:
        """Return when each replica was first seen at ``threshold`` times ``L*`` or above.

        Parameters
        ----------
        threshold : float
            ``c``; at most the highest one that the losses were followed to.
        every : int
            Use every so many-th look only.

        Returns
        -------
        FirstPassageSample
            Times ``t = ηk``; replicas that were not seen there are censored at the end.
        """
        seen = self.ratios[:, every - 1 :: every]
        # A replica that has left is above every threshold.
        is_above = np.isnan(seen) | (seen >= threshold)
        has_passed: NDArray[np.bool_] = np.asarray(is_above.any(axis=1))
        looks = np.where(has_passed, is_above.argmax(axis=1) + 1, seen.shape[1])
        return FirstPassageSample(looks * (self.look_interval * every), ~has_passed)


# Long: one loop, and what there is of it when it is stopped.
# Wide: what runs (3), and how long it is followed and looked at.
def follow_losses(
    network: nn.Module,
    dataset: Dataset,
    settings: SgdSettings,
    *,
    highest_threshold: float,
    n_replicas: int,
    max_steps: int,
    look_every: int = 1,
    evaluation: str = "full",
    state: RunState | None = None,
    after_look: Callable[[int, Progressing], None] | None = None,
) -> ReplicaLosses:
    """Run replicas of SGD from the network's weights until each has passed, or to ``max_steps``.

    Parameters
    ----------
    network : torch.nn.Module
        At ``θ*``; not changed.
    dataset : Dataset
        All ``N`` samples.
    settings : SgdSettings
        ``η``, ``B``, loss and seed.
    highest_threshold : float
        A replica ends where its loss is this times ``L*`` or more at an even look.
    n_replicas, max_steps : int
        Replicas, and steps after which those still on their way are censored.
    look_every : int
        Steps between two looks at the full loss.
    evaluation : str
        "full", or "incremental": brought up to date step by step, the same but for rounding, where
        the network begins with a linear layer
        (:class:`~nn_bridge.training.incremental_runs.IncrementalRuns`).
    state : RunState, optional
        Of an earlier call with the same arguments: it goes on from there, to the same bits.
    after_look : callable, optional
        Called after each look with the replicas still on their way, and with what returns the
        losses and the state so far.

    Returns
    -------
    ReplicaLosses
        On Ctrl-C, of the looks that were made.

    Raises
    ------
    InputError
        If an argument is out of range, ``L*`` is not positive, or
        :class:`ParallelRuns` refuses.
    """
    least = require_count("look_every", look_every)
    n_looks = require_count("max_steps", max_steps, minimum=least) // least
    require_thresholds([highest_threshold])
    initial_loss = _positive_loss(network, dataset, settings)
    replicas = find_evaluation(evaluation)(network, dataset, settings, n_replicas)
    so_far = Progressing(replicas, settings.learning_rate * look_every, look_every, initial_loss)
    if state is not None:
        so_far.restore(state)
    try:
        while len(so_far.ratios) < n_looks and len(replicas.numbers):
            for _ in range(look_every):
                replicas.step()
            so_far.ratios.append(_look(replicas, initial_loss, n_replicas))
            # Not earlier: the sparser looks have to see it too, or miss it, by themselves.
            if len(so_far.ratios) % SPARSER == 0:
                replicas.keep(so_far.ratios[-1][replicas.numbers] < highest_threshold)
            if after_look is not None:
                after_look(len(replicas.numbers), so_far)
    except KeyboardInterrupt:
        if not so_far.ratios:
            raise
        return so_far.losses()
    return so_far.losses(is_complete=True)


@dataclass
class Progressing:
    """Replicas on their way.

    Attributes
    ----------
    replicas : ParallelRuns
    look_interval, look_every, initial_loss
        As in :class:`ReplicaLosses`.
    ratios : list of ndarray
        One look after the other: an array for all of max_steps may be beyond any memory.
    """

    replicas: ParallelRuns
    look_interval: float
    look_every: int
    initial_loss: float
    ratios: list[NDArray[np.float64]] = field(default_factory=list)

    def losses(self, is_complete: bool = False) -> ReplicaLosses:
        """Return the losses so far."""
        seen = np.stack(self.ratios, axis=1)
        return ReplicaLosses(
            seen, self.look_interval, self.look_every, self.initial_loss, is_complete
        )

    def state(self) -> RunState:
        """Return where the replicas are, and what was seen of them."""
        return RunState({**self.replicas.state(), _RATIOS: torch.from_numpy(np.stack(self.ratios))})

    def restore(self, state: RunState) -> None:
        """Go to where the state was taken."""
        self.replicas.restore(state.tensors)
        self.ratios = list(state.tensors[_RATIOS].numpy())


def _positive_loss(network: nn.Module, dataset: Dataset, settings: SgdSettings) -> float:
    loss = full_loss(network, dataset, settings.loss)
    if not loss > 0.0:
        raise InputError("the loss at the checkpoint is zero, so there is no c L* to reach")
    return loss


def find_evaluation(name: str) -> type[ParallelRuns]:
    """Return the runs that evaluate the full loss so.

    Raises
    ------
    InputError
        If there is no such evaluation.
    """
    if name not in EVALUATIONS:
        raise InputError(f"evaluation {name!r} is unknown; choose one of {', '.join(EVALUATIONS)}")
    return EVALUATIONS[name]


def _look(runs: ParallelRuns, initial_loss: float, n_replicas: int) -> NDArray[np.float64]:
    """Return ``L(θ)/L*`` of every replica; NaN for those that have left."""
    found = runs.full_losses() / initial_loss
    # A run that diverged has passed every threshold.
    found[~np.isfinite(found)] = np.inf
    ratio = np.full(n_replicas, np.nan)
    ratio[runs.numbers] = found
    return ratio


def require_thresholds(thresholds: Sequence[float]) -> None:
    """Refuse thresholds ``c`` that are not finite, above 1 and in rising order, or none at all.

    Raises
    ------
    InputError
        With the first that is not.
    """
    if not thresholds:
        raise InputError("thresholds must hold one at least; e.g. (1.5, 2)")
    for number, threshold in enumerate(thresholds):
        if not 1.0 < threshold < math.inf:
            raise InputError(f"thresholds must be finite and exceed 1, got {threshold:g}")
        if number and threshold <= thresholds[number - 1]:
            raise InputError(f"thresholds must rise, got {threshold:g} after another not below it")
