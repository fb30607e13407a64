"""Replicas of SGD whose full loss is brought up to date, not evaluated anew.

A step moves the weights of a linear first layer by ``−η Σ_b δ_b x_bᵀ``, and so its outputs on *all*
samples by ``−η Σ_b (x_μ·x_b + 1) δ_b``: with the scalar products of the samples at hand that takes
``N B`` products a unit instead of ``N d`` for ``d`` inputs. The layers behind it are evaluated as
they are. Nothing is left out: the losses are those of a full evaluation but for rounding, which is
swept out by one such evaluation an epoch.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from landscape_sim.validation import InputError
from nn_bridge.data.datasets import Dataset
from nn_bridge.memory import require_memory
from nn_bridge.training.parallel_runs import ParallelRuns
from nn_bridge.training.sgd import SgdSettings

#: Replicas that are brought up to date together on a CPU: their numbers then stay in its cache.
_IN_CACHE = 2
#: Outputs of the first layer, the products that move them, and what the layers behind form.
_COPIES = 3


class IncrementalRuns(ParallelRuns):
    """The runs of :class:`ParallelRuns`, for networks that begin with a linear layer.

    Raises
    ------
    InputError
        As :class:`ParallelRuns` does, or if the first layer with weights is not linear, is frozen,
        or has no bias.
    """

    def __init__(
        self, network: nn.Module, dataset: Dataset, settings: SgdSettings, n_replicas: int
    ) -> None:
        super().__init__(network, dataset, settings, n_replicas)
        first, self._rest = split_first_layer(network)
        self._inputs = dataset.inputs.flatten(1)
        element, n_samples = self._inputs.element_size(), len(dataset)
        require_memory(
            element * n_samples * (n_samples + _COPIES * n_replicas * first.out_features),
            f"the products of {n_samples} samples, and the first layer of {n_replicas} replicas",
            "use fewer samples or replicas",
            self._inputs.device,
        )
        # The one is that of the bias.
        self._products = self._inputs @ self._inputs.T + 1
        weight, bias, *others = self._weights
        self._first = self._weights.pop(weight), self._weights.pop(bias)
        # Names within the rest begin after the layers before it.
        own = [name for name, _ in self._rest.named_parameters()]
        self._weights = {
            new: self._weights[old] for new, old in zip(own, others, strict=True)
        }
        self._slopes = vmap(grad(self._rest_loss, argnums=(0, 1)))
        self._rest_losses = vmap(self._summed_rest_loss, in_dims=(0, 0, None))
        self._hidden = self._evaluated()
        self._pending: list[tuple[Tensor, Tensor]] = []
        self._n_pending = 0

    def step(self) -> None:
        """Move every replica by one step."""
        batch = self._next_batch()
        weight, bias = self._first
        x, rate = self._inputs[batch], self._settings.learning_rate
        hidden = torch.baddbmm(bias[:, None], x, weight.mT)
        gradients, slope = self._slopes(self._weights, hidden, self._dataset.targets[batch])
        for name, value in self._weights.items():
            value.sub_(gradients[name], alpha=rate)
        weight.baddbmm_(slope.mT, x, alpha=-rate)
        bias.sub_(slope.sum(1), alpha=rate)
        self._pending.append((batch, slope))
        self._n_pending += batch.shape[1]

    def full_losses(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return ``L(θ)`` of every replica over all ``N`` samples."""
        is_due = self._n_steps % self._batches.shape[1] == 0
        if is_due or self._n_pending >= self._inputs.shape[1]:
            self._hidden = self._evaluated()
            self._pending, self._n_pending = [], 0
        pending = self._joined()
        n_replicas = len(self.numbers)
        size = _IN_CACHE if self._inputs.device.type == "cpu" else n_replicas
        found = []
        with torch.no_grad():
            for start in range(0, n_replicas, size):
                part = slice(start, start + size)
                hidden = self._hidden[part]
                if pending is not None:
                    moved = self._products[pending[0][part]].mT
                    hidden.baddbmm_(moved, pending[1][part], alpha=-self._settings.learning_rate)
                weights = {name: value[part] for name, value in self._weights.items()}
                found.append(self._rest_losses(weights, hidden, self._dataset.targets))
        losses: np.ndarray[tuple[int], np.dtype[np.float64]] = torch.cat(found).cpu().numpy()
        return losses / len(self._dataset)

    def keep(self, is_kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
        """Go on with these replicas only; :attr:`numbers` says which they are."""
        if is_kept.all():
            return
        super().keep(is_kept)
        chosen = torch.from_numpy(np.flatnonzero(is_kept)).to(self._inputs.device)
        self._first = self._first[0][chosen], self._first[1][chosen]
        self._hidden = self._hidden[chosen]
        self._pending = [(batch[chosen], slope[chosen]) for batch, slope in self._pending]

    def _joined(self) -> tuple[Tensor, Tensor] | None:
        if not self._pending:
            return None
        batches, slopes = zip(*self._pending, strict=True)
        self._pending, self._n_pending = [], 0
        return torch.cat(batches, dim=1), torch.cat(slopes, dim=1)

    def _evaluated(self) -> Tensor:
        """Return the first layer's outputs, shape (replicas, samples, units)."""
        weight, bias = self._first
        return torch.baddbmm(bias[:, None], self._inputs.expand(len(weight), -1, -1), weight.mT)

    def _rest_loss(self, weights: Mapping[str, Tensor], hidden: Tensor, y: Tensor) -> Tensor:
        return self._per_sample(functional_call(self._rest, dict(weights), (hidden,)), y).mean()

    def _summed_rest_loss(
        self, weights: Mapping[str, Tensor], hidden: Tensor, y: Tensor
    ) -> Tensor:
        outputs = functional_call(self._rest, dict(weights), (hidden,))
        return self._per_sample(outputs, y).sum(dtype=torch.float64)


def split_first_layer(network: nn.Module) -> tuple[nn.Linear, nn.Sequential]:
    """Return the linear layer that ``network`` begins with, and all layers behind it.

    Raises
    ------
    InputError
        If it does not begin so.
    """
    layers = list(network.children()) if isinstance(network, nn.Sequential) else []
    if layers and isinstance(layers[0], nn.Flatten):
        layers = layers[1:]
    first = layers[0] if layers else None
    if (
        not isinstance(first, nn.Linear)
        or first.bias is None
        or not all(p.requires_grad for p in network.parameters())
    ):
        raise InputError(
            "an incremental evaluation needs a network that begins with a linear layer with bias, "
            "of which nothing is frozen; use the full evaluation"
        )
    return first, nn.Sequential(*layers[1:])
