"""Many copies of one network, each on a batch stream of its own, stepped together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from landscape_sim.validation import InputError, require_count
from nn_bridge.data.datasets import Dataset
from nn_bridge.memory import require_memory
from nn_bridge.training.activations import activation_bytes
from nn_bridge.training.ghost_batch_norm import sample_multiple
from nn_bridge.training.losses import find_loss
from nn_bridge.training.networks import count_parameters
from nn_bridge.training.problem import check_problem
from nn_bridge.training.sgd import SgdSettings, batch_indices, require_batch

#: Bytes of the activations of all replicas when the full loss is evaluated.
_EVALUATION_BYTES = 2**28
#: Weights, gradients and the temporary of an update.
_COPIES = 4
#: Before the name of a weight in a state.
_WEIGHT = "weight "
#: Activations and their gradients.
_COPIES_OF_ACTIVATIONS = 2


class ParallelRuns:
    """``R`` runs of SGD from the same weights, ``θ_{k+1} = θ_k − η ∇L_{B_k}(θ_k)`` each.

    Replica ``r`` draws its batches without replacement within an epoch from a stream that
    depends on ``(seed, r)`` alone.

    Parameters
    ----------
    network : torch.nn.Module
        Every replica begins at its weights; it is not changed. Frozen parameters stay so.
    dataset : Dataset
        All ``N`` samples.
    settings : SgdSettings
        ``η``, ``B``, loss and seed.
    n_replicas : int
        ``R``.

    Raises
    ------
    InputError
        If network, loss or batch size do not fit the data, the network normalises by batches,
        or the replicas would not fit into the memory.
    """

    def __init__(
        self, network: nn.Module, dataset: Dataset, settings: SgdSettings, n_replicas: int
    ) -> None:
        check_problem(network, dataset, settings.loss)
        if sample_multiple(network) > 1:
            raise InputError(
                "the full loss under ghost batch normalisation depends on how the samples are "
                "grouped; use a network without it"
            )
        require_batch(settings, dataset)
        require_count("n_replicas", n_replicas)
        require_memory(
            _predicted_bytes(network, dataset, settings.batch_size, n_replicas),
            f"{n_replicas} replicas of {count_parameters(network)} parameters with batches of "
            f"{settings.batch_size}",
            "lower n_replicas, the batch size or the width",
            dataset.inputs.device,
        )
        self.numbers = np.arange(n_replicas)
        self._network, self._dataset, self._settings = network, dataset, settings
        self._per_sample = find_loss(settings.loss, dataset.targets)
        self._weights = {
            name: p.detach().expand(n_replicas, *p.shape).clone()
            for name, p in network.named_parameters()
            if p.requires_grad
        }
        self._gradients = vmap(grad(self._mean_loss), randomness="error")
        self._losses = vmap(self._summed_loss, in_dims=(0, None, None))
        self._n_steps = 0
        self._batches = self._epoch_batches()

    def step(self) -> None:
        """Move every replica by one step."""
        batch = self._next_batch()
        gradients = self._gradients(
            self._weights, self._dataset.inputs[batch], self._dataset.targets[batch]
        )
        for name, weight in self._weights.items():
            weight.sub_(gradients[name], alpha=self._settings.learning_rate)

    def full_losses(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return ``L(θ)`` of every replica over all ``N`` samples."""
        per_sample = activation_bytes(self._network, self._dataset.inputs) * len(self.numbers)
        size = max(1, _EVALUATION_BYTES // per_sample)
        total = torch.zeros(
            len(self.numbers), dtype=torch.float64, device=self._dataset.inputs.device
        )
        with torch.no_grad():
            for x, y in zip(
                torch.split(self._dataset.inputs, size),
                torch.split(self._dataset.targets, size),
                strict=True,
            ):
                total += self._losses(self._weights, x, y).to(total)
        return (total / len(self._dataset)).cpu().numpy()

    def keep(self, is_kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
        """Go on with these replicas only; :attr:`numbers` says which they are."""
        if is_kept.all():
            return
        chosen = torch.from_numpy(np.flatnonzero(is_kept)).to(self._dataset.inputs.device)
        self.numbers = self.numbers[is_kept]
        self._weights = {name: weight[chosen] for name, weight in self._weights.items()}
        self._batches = self._batches[chosen]

    def state(self) -> dict[str, Tensor]:
        """Return all that the runs go on from, by name; to be taken after :meth:`full_losses`."""
        weights = {f"{_WEIGHT}{name}": value for name, value in self._weights.items()}
        place = {"numbers": torch.from_numpy(self.numbers), "steps": torch.tensor(self._n_steps)}
        return weights | place

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go to where the state was taken."""
        self.numbers = state["numbers"].numpy()
        self._n_steps = int(state["steps"])
        self._weights = {
            name: state[f"{_WEIGHT}{name}"].to(value) for name, value in self._weights.items()
        }
        self._batches = self._epoch_batches()

    def _next_batch(self) -> Tensor:
        """Return the batches of the step that begins, shape (replicas, B)."""
        within = self._n_steps % self._batches.shape[1]
        if within == 0 and self._n_steps:
            self._batches = self._epoch_batches()
        self._n_steps += 1
        return self._batches[:, within]

    def _mean_loss(self, weights: Mapping[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        outputs = functional_call(self._network, dict(weights), (x,))
        return self._per_sample(outputs, y).mean()

    def _summed_loss(self, weights: Mapping[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        outputs = functional_call(self._network, dict(weights), (x,))
        return self._per_sample(outputs, y).sum(dtype=torch.float64)

    def _epoch_batches(self) -> Tensor:
        """Return the batches of the epoch that begins, shape (replicas, batches, B)."""
        n, b = len(self._dataset), self._settings.batch_size
        epoch = self._n_steps // (n // b)
        streams = [self._stream(number) for number in self.numbers.tolist()]
        drawn = [batch_indices(n, b, stream, epoch) for stream in streams]
        return torch.from_numpy(np.stack(drawn)).to(self._dataset.inputs.device)

    def _stream(self, number: int) -> int:
        sequence = np.random.SeedSequence([self._settings.seed, number])
        return int(sequence.generate_state(1, np.uint64)[0])


def _predicted_bytes(network: nn.Module, dataset: Dataset, batch_size: int, n_replicas: int) -> int:
    """Return the bytes of weights and gradients, and of the activations of a step or a look."""
    sample = dataset.inputs[:1]
    weights = _COPIES * count_parameters(network) * sample.element_size()
    activations = activation_bytes(network, sample)
    step = batch_size * (
        _COPIES_OF_ACTIVATIONS * activations + sample.numel() * sample.element_size()
    )
    look = _COPIES_OF_ACTIVATIONS * max(activations, _EVALUATION_BYTES // n_replicas)
    return n_replicas * (weights + max(step, look))
