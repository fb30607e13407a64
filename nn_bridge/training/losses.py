"""Per-sample losses ``ℓ_μ``; the training loss is their mean, ``L = (1/N) Σ_μ ℓ_μ``."""

from __future__ import annotations

from collections.abc import Callable

import torch

from landscape_sim.validation import InputError

PerSampleLoss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def mean_square(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return ``ℓ_μ = ½ Σ_outputs (f_μ − y_μ)²``, shape (N,), the paper's mean-square loss.

    Examples
    --------
    >>> mean_square(torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 0.0]]))
    tensor([2.5000])
    """
    return 0.5 * (outputs - targets).square().sum(dim=1)


def cross_entropy(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return ``ℓ_μ = −Σ_outputs y_μ log softmax(f_μ)``, shape (N,), for targets one-hot."""
    return -(targets * torch.log_softmax(outputs, dim=1)).sum(dim=1)


LOSSES: dict[str, PerSampleLoss] = {
    "mean-square": mean_square,
    "cross-entropy": cross_entropy,
}


def find_loss(name: str, targets: torch.Tensor) -> PerSampleLoss:
    """Return the per-sample loss of this name, after checking that it is defined for ``targets``.

    Raises
    ------
    InputError
        If the name is unknown, or cross-entropy is asked for where a target is no
        probability distribution over at least two classes.
    """
    if name not in LOSSES:
        raise InputError(f"loss {name!r} is unknown; choose one of {', '.join(LOSSES)}")
    if name == "cross-entropy":
        is_distribution = bool((targets >= 0).all()) and torch.allclose(
            targets.sum(dim=1), torch.ones_like(targets[:, 0])
        )
        if targets.shape[1] < 2 or not is_distribution:
            raise InputError(
                "cross-entropy needs one-hot targets of at least two classes, got targets of shape "
                f"{tuple(targets.shape)}; use mean-square"
            )
    return LOSSES[name]
