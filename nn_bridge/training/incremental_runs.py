"""Replicas of SGD whose full loss is brought up to date, not evaluated anew.

A step moves the weights of the first layer by ``−η Σ_b δ_b x_bᵀ``, and so its outputs on *all*
samples by ``−η Σ_b (x_μ·x_b + 1) δ_b``: with the scalar products of the samples at hand that takes
``N B`` products a unit instead of ``N d`` for ``d`` inputs. The layers behind it are evaluated as
they are. Nothing is left out: the losses are those of a full evaluation but for rounding, which is
swept out by one such evaluation an epoch.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from landscape_sim.validation import InputError
from nn_bridge.data.datasets import Dataset
from nn_bridge.memory import require_memory
from nn_bridge.training.parallel_runs import ParallelRuns
from nn_bridge.training.sgd import SgdSettings

#: Replicas that are brought up to date together on a CPU: their numbers then stay in its cache.
_IN_CACHE = 4
#: Outputs of the first layer, the products that move them, and what the layers behind form.
_COPIES = 3


class IncrementalRuns(ParallelRuns):
    """The runs of :class:`ParallelRuns`, for networks of linear layers with ReLU between them.

    Raises
    ------
    InputError
        As :class:`ParallelRuns` does, or if the network is another.
    """

    def __init__(
        self, network: nn.Module, dataset: Dataset, settings: SgdSettings, n_replicas: int
    ) -> None:
        first = linear_layers(network)[0]
        super().__init__(network, dataset, settings, n_replicas)
        self._inputs = dataset.inputs.flatten(1)
        n_samples = len(dataset)
        require_memory(
            self._inputs.element_size()
            * n_samples
            * (n_samples + _COPIES * n_replicas * first.out_features),
            f"the products of {n_samples} samples, and the first layer of {n_replicas} replicas",
            "use fewer samples or replicas",
            self._inputs.device,
        )
        # The one is that of the bias.
        self._products = self._inputs @ self._inputs.T + 1
        self._hidden = self._evaluated()
        self._pending: list[tuple[Tensor, Tensor]] = []
        self._n_pending = self._evaluated_at = 0

    def step(self) -> None:
        """Move every replica by one step."""
        batch, rate = self._next_batch(), self._settings.learning_rate
        x = self._inputs[batch]
        (weight, bias), *behind = self._layers(slice(None))
        hidden = torch.baddbmm(bias[:, :, None], weight, x.mT).requires_grad_()
        moved = [value.requires_grad_() for layer in behind for value in layer]
        loss = self._mean_losses(behind, hidden, self._dataset.targets[batch]).sum()
        # Every replica's loss depends on its own weights alone, so the sum has all gradients.
        slope, *gradients = torch.autograd.grad(loss, [hidden, *moved])
        with torch.no_grad():
            for value, gradient in zip(moved, gradients, strict=True):
                value.requires_grad_(False).sub_(gradient, alpha=rate)
            weight.baddbmm_(slope, x, alpha=-rate)
            bias.sub_(slope.sum(2), alpha=rate)
        self._pending.append((batch, slope))
        self._n_pending += batch.shape[1]

    def full_losses(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return ``L(θ)`` of every replica over all ``N`` samples."""
        is_due = self._n_steps - self._evaluated_at >= self._batches.shape[1]
        if is_due or self._n_pending >= self._inputs.shape[1]:
            self._hidden = self._evaluated()
            self._pending, self._n_pending = [], 0
            self._evaluated_at = self._n_steps
        pending = self._joined()
        n_replicas = len(self.numbers)
        size = _IN_CACHE if self._inputs.device.type == "cpu" else n_replicas
        found = []
        for start in range(0, n_replicas, size):
            part = slice(start, start + size)
            hidden = self._hidden[part]
            if pending is not None:
                batch, slope = pending
                moved = self._products[batch[part]]
                hidden.baddbmm_(slope[part], moved, alpha=-self._settings.learning_rate)
            targets = self._dataset.targets.expand(len(hidden), -1, -1)
            found.append(self._mean_losses(self._layers(part)[1:], hidden, targets))
        losses: np.ndarray[tuple[int], np.dtype[np.float64]] = torch.cat(found).cpu().numpy()
        return losses

    def keep(self, is_kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
        """Go on with these replicas only; :attr:`numbers` says which they are."""
        if is_kept.all():
            return
        super().keep(is_kept)
        chosen = torch.from_numpy(np.flatnonzero(is_kept)).to(self._inputs.device)
        self._hidden = self._hidden[chosen]
        self._pending = [(batch[chosen], slope[chosen]) for batch, slope in self._pending]

    def state(self) -> dict[str, Tensor]:
        """Return all that the runs go on from, the first layer's outputs included: every bit."""
        place = {"hidden": self._hidden, "evaluated at": torch.tensor(self._evaluated_at)}
        return super().state() | place

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go to where the state was taken."""
        super().restore(state)
        self._hidden = state["hidden"].to(self._hidden)
        self._evaluated_at = int(state["evaluated at"])
        self._pending, self._n_pending = [], 0

    def _layers(self, part: slice) -> list[tuple[Tensor, Tensor]]:
        """Return weights (replicas, outputs, inputs) and bias (replicas, outputs) of each layer."""
        values = iter([value[part] for value in self._weights.values()])
        return list(zip(values, values, strict=True))

    def _joined(self) -> tuple[Tensor, Tensor] | None:
        if not self._pending:
            return None
        batches, slopes = zip(*self._pending, strict=True)
        self._pending, self._n_pending = [], 0
        return torch.cat(batches, dim=1), torch.cat(slopes, dim=2)

    def _evaluated(self) -> Tensor:
        """Return the first layer's outputs, shape (replicas, units, samples)."""
        weight, bias = self._layers(slice(None))[0]
        return torch.matmul(weight, self._inputs.T).add_(bias[:, :, None])

    def _mean_losses(
        self, behind: list[tuple[Tensor, Tensor]], hidden: Tensor, targets: Tensor
    ) -> Tensor:
        """Return the mean loss of every replica; ``hidden`` and outputs have the samples last.

        In that order a layer with few units is a product of long rows, ten times as fast.
        """
        for weight, bias in behind:
            hidden = torch.baddbmm(bias[:, :, None], weight, torch.relu(hidden))
        outputs = hidden.mT
        losses = self._per_sample(outputs.flatten(0, 1), targets.flatten(0, 1))
        return losses.view(outputs.shape[:2]).sum(1, dtype=torch.float64) / outputs.shape[1]


def linear_layers(network: nn.Module) -> list[nn.Linear]:
    """Return the layers of a network that is linear layers with ReLU between them.

    Raises
    ------
    InputError
        If it is another, or a layer is frozen or has no bias.
    """
    layers = list(network.children()) if isinstance(network, nn.Sequential) else []
    if layers and isinstance(layers[0], nn.Flatten):
        layers = layers[1:]
    linear = [layer for layer in layers[::2] if isinstance(layer, nn.Linear)]
    is_known = (
        len(linear) == len(layers[::2])
        and len(layers) % 2 == 1
        and all(isinstance(layer, nn.ReLU) for layer in layers[1::2])
        and all(layer.bias is not None for layer in linear)
        and all(p.requires_grad for p in network.parameters())
        and all(a.out_features == b.in_features for a, b in itertools.pairwise(linear))
    )
    if not is_known:
        raise InputError(
            "the incremental evaluation is for linear layers with biases and ReLU between them, "
            "nothing frozen; use the full evaluation"
        )
    return linear
