"""Ghost batch normalisation: each group of a batch is normalised by its own mean and variance."""

from __future__ import annotations

import torch
from torch import nn

from landscape_sim.validation import InputError, require_count


class GhostBatchNorm(nn.Module):
    """Batch normalisation over consecutive groups of ``ghost_batch_size`` samples.

    There are no running averages: training and evaluation use the same function of the
    batch, so the loss that is reported is the loss that SGD descends. The output of a
    sample depends on its group, hence per-sample gradients do not exist.

    Parameters
    ----------
    n_features : int
        Outputs of a Linear or channels of a Conv2d layer; axis 1 of the input.
    ghost_batch_size : int
        Samples a group, at least 2.

    References
    ----------
    E. Hoffer, I. Hubara, D. Soudry, NeurIPS 2017, Algorithm 1.

    Examples
    --------
    >>> norm = GhostBatchNorm(1, ghost_batch_size=2)
    >>> norm(torch.tensor([[1.0], [3.0], [10.0], [10.0]])).detach().round(decimals=2).T
    tensor([[-1.,  1.,  0.,  0.]])
    """

    epsilon = 1e-5

    def __init__(self, n_features: int, ghost_batch_size: int) -> None:
        super().__init__()
        self.ghost_batch_size = require_count("ghost_batch_size", ghost_batch_size, minimum=2)
        self.weight = nn.Parameter(torch.ones(n_features))
        self.bias = nn.Parameter(torch.zeros(n_features))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Normalise ``inputs``, shape (B, n_features, ...), B a multiple of the group's size.

        Raises
        ------
        InputError
            If the batch does not divide into groups.
        """
        size = self.ghost_batch_size
        if len(inputs) % size:
            raise InputError(
                f"a batch of {len(inputs)} does not divide into ghost batches of {size}; choose "
                "batch size and samples as multiples of it"
            )
        groups = inputs.reshape(-1, size, *inputs.shape[1:])
        axes = (1, *range(3, groups.ndim))
        variance, mean = torch.var_mean(groups, dim=axes, correction=0, keepdim=True)
        normal = ((groups - mean) * torch.rsqrt(variance + self.epsilon)).reshape(inputs.shape)
        features = (-1, *(1,) * (inputs.ndim - 2))
        return normal * self.weight.view(features) + self.bias.view(features)

    def extra_repr(self) -> str:
        """Return what ``print(network)`` shows of this layer."""
        return f"{self.weight.numel()}, ghost_batch_size={self.ghost_batch_size}"


def sample_multiple(network: nn.Module) -> int:
    """Return the number whose multiples are the batches that ``network`` accepts.

    With ghost batch normalisation the size of a ghost batch, otherwise 1.

    Raises
    ------
    InputError
        If its ghost batches have several sizes.
    """
    sizes = {m.ghost_batch_size for m in network.modules() if isinstance(m, GhostBatchNorm)}
    if len(sizes) > 1:
        raise InputError(f"ghost batches of several sizes, {sorted(sizes)}; use one size")
    return sizes.pop() if sizes else 1
