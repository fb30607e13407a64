"""The paper's runs: what is trained on which data, and how; every setting may be another."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from landscape_sim.validation import InputError
from nn_bridge.data.datasets import UNIT
from nn_bridge.training.networks import NetworkSpec


@dataclass(frozen=True)
class TrainingPlan:
    """All that a run from scratch needs.

    Attributes
    ----------
    dataset : str
        A name of :func:`~nn_bridge.data.datasets.load_dataset`.
    network : str
        A name of :func:`~nn_bridge.training.networks.build_network`.
    epochs : int
    learning_rate : float
        ``η``.
    samples : int or None
        Only the first so many; None: all.
    width, ghost_batch_size : int or None
        Of the network; None: its own width, no ghost batches.
    batch_size : int
        ``B``.
    loss : str
    seed : int
        Of weights and batches.
    keep : tuple of int
        Epochs whose checkpoints stay, besides the last.
    hidden : tuple of int or None
        Hidden layers of the network "mlp".
    n_inputs, n_outputs : int
        Of a sample of the data.
    scaling : str
        Of the inputs, see :func:`~nn_bridge.data.datasets.load_dataset`.
    iterations : int or None
        Steps in all, in place of the epochs.
    """

    dataset: str
    network: str
    epochs: int
    learning_rate: float
    samples: int | None = None
    width: int | None = None
    ghost_batch_size: int | None = None
    batch_size: int = 100
    loss: str = "mean-square"
    seed: int = 0
    keep: tuple[int, ...] = (0, 50, 500)
    hidden: tuple[int, ...] | None = None
    n_inputs: int = 784
    n_outputs: int = 1
    scaling: str = UNIT
    iterations: int | None = None

    @property
    def spec(self) -> NetworkSpec:
        """How to build its network."""
        return NetworkSpec(
            name=self.network,
            width=self.width,
            ghost_batch_size=self.ghost_batch_size,
            seed=self.seed,
            hidden=self.hidden,
            n_inputs=self.n_inputs,
            n_outputs=self.n_outputs,
        )

    def n_epochs(self, n_samples: int) -> int:
        """Return the epochs of a run on ``n_samples``, as given or by its iterations.

        Raises
        ------
        InputError
            If the iterations are no whole number of epochs.

        Examples
        --------
        >>> TrainingPlan("mnist-parity", "mlp-100", 3, 0.1, iterations=200).n_epochs(10_000)
        2
        """
        if self.iterations is None:
            return self.epochs
        steps = n_samples // self.batch_size
        if steps == 0 or self.iterations % steps:
            raise InputError(
                f"iterations {self.iterations} are no whole number of epochs of {steps} batches; "
                f"choose a multiple of {steps}"
            )
        return self.iterations // steps


#: Experiment 5.1 for MNIST, 5.2 (ICML version) for the others.
PAPER = {
    plan.dataset: plan
    for plan in (
        TrainingPlan("mnist-parity", "mlp-100", 500, 0.01, samples=10_000),
        TrainingPlan("fashion-mnist", "fc", 80, 0.1, n_outputs=10),
        TrainingPlan("cifar-10", "cnn", 100, 0.1, n_inputs=3072, n_outputs=10),
    )
}
#: ``η`` of Appendix D, where it is another with cross-entropy.
_CROSS_ENTROPY_RATES = {"cifar-10": 0.05}


def plan_training(dataset: str, given: Mapping[str, Any]) -> TrainingPlan:
    """Return the paper's plan for ``dataset``, with what is given and not None in its place.

    With cross-entropy that is Appendix D.

    Raises
    ------
    InputError
        If the data set is unknown.

    Examples
    --------
    >>> plan = plan_training("mnist-parity", {"batch_size": 10, "loss": None})
    >>> plan.network, plan.batch_size, plan.loss
    ('mlp-100', 10, 'mean-square')
    """
    if dataset not in PAPER:
        raise InputError(f"data set {dataset!r} is unknown; choose one of {', '.join(PAPER)}")
    chosen = {name: value for name, value in given.items() if value is not None}
    if chosen.get("loss") == "cross-entropy" and dataset in _CROSS_ENTROPY_RATES:
        chosen = {"learning_rate": _CROSS_ENTROPY_RATES[dataset], **chosen}
    return dataclasses.replace(PAPER[dataset], **chosen)
