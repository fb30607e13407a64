"""Per-sample losses ``ℓ_μ``; the training loss is their mean, ``L = (1/N) Σ_μ ℓ_μ``."""

from __future__ import annotations

import itertools
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
_OWN: dict[str, PerSampleLoss] = {}


def register_loss(function: PerSampleLoss) -> str:
    """Return the name by which a loss of the user's own is found and recorded from now on.

    Parameters
    ----------
    function : callable
        Of outputs and targets, both of shape ``(N, K)``, to the ``N`` losses ``ℓ_μ``. An earlier
        one of the same name is not replaced: this one then gets a number.

    Examples
    --------
    >>> def huber(outputs, targets):
    ...     return torch.nn.functional.huber_loss(outputs, targets, reduction="none").sum(1)
    >>> register_loss(huber)
    'huber'
    """
    title = getattr(function, "__name__", type(function).__name__)
    numbered = (title if n == 1 else f"{title} #{n}" for n in itertools.count(1))
    name = next(n for n in numbered if n not in LOSSES and _OWN.get(n, function) is function)
    _OWN[name] = function
    return name


def find_loss(name: str, targets: torch.Tensor) -> PerSampleLoss:
    """Return the per-sample loss of this name, after checking that it is defined for ``targets``.

    Raises
    ------
    InputError
        If the name is unknown, or cross-entropy is asked for where a target is no
        probability distribution over at least two classes.
    """
    if name in _OWN:
        return _OWN[name]
    if name not in LOSSES:
        raise InputError(
            f"loss {name!r} is unknown; choose one of {', '.join(LOSSES)}, or make one of your own "
            "known by register_loss(function)"
        )
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


def require_losses_of_samples(name: str, outputs: torch.Tensor, targets: torch.Tensor) -> None:
    """Refuse a loss that is not one number a sample, of that sample's output alone.

    Raises
    ------
    InputError
        If the loss is of another shape, has no gradient, or depends on the other samples.
    """
    per_sample, n_samples = find_loss(name, targets), len(outputs)
    try:
        outputs = outputs.detach().requires_grad_()
        together = per_sample(outputs, targets)
        pairs = zip(torch.split(outputs, 1), torch.split(targets, 1), strict=True)
        alone = [per_sample(*pair) for pair in pairs]
    except (RuntimeError, IndexError, ValueError, TypeError) as error:
        raise InputError(
            f"the loss {name!r} cannot be applied to outputs and targets of shape "
            f"{tuple(outputs.shape)} ({str(error).splitlines()[0]}); choose another"
        ) from error
    if not isinstance(together, torch.Tensor) or together.shape != (n_samples,):
        got = tuple(together.shape) if isinstance(together, torch.Tensor) else type(together)
        raise InputError(
            f"the loss {name!r} must return one number a sample, shape ({n_samples},), got {got}; "
            "leave out its mean, e.g. by reduction='none' and .sum(1)"
        )
    if not together.requires_grad:
        raise InputError(f"the loss {name!r} has no gradient in the outputs; let torch compute it")
    if not together.isfinite().all():
        raise InputError(f"the loss {name!r} is not finite at these weights; look at the outputs")
    tolerance = torch.finfo(together.dtype).eps ** 0.5
    if not torch.allclose(together, torch.cat(alone), rtol=tolerance, atol=tolerance):
        raise InputError(
            f"the loss {name!r} of a sample depends on the samples beside it; leave out what "
            "averages over them"
        )
