"""The strength of the gradient noise, ``𝒩(θ) = (1/N) Σ_μ |∇ℓ_μ|² − |∇L|²``, in two ways."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from landscape_sim.validation import InputError, require_count
from nn_bridge.gradients.layerwise import LayerwisePass, check_samples_are_independent
from nn_bridge.training.activations import chunk_size
from nn_bridge.training.losses import PerSampleLoss

#: Numbers of a gradient that are compared with the mean while they are in the cache.
_BLOCK = 1 << 18


@dataclass(frozen=True)
class NoiseStrength:
    """Loss and strength of the gradient noise at one point ``θ``.

    Attributes
    ----------
    loss : float
        ``L(θ)``.
    noise_strength : float
        ``𝒩(θ)``; mini-batches of ``B`` without replacement have ``Tr Σ = (1/B)(N−B)/(N−1) 𝒩``.
    standard_error : float
        Of ``noise_strength``; 0 where it is exact for the samples.
    squared_gradient : float
        ``|∇L|²``.
    n_samples : int
        ``N``.
    method : str
        How it was measured.
    """

    loss: float
    noise_strength: float
    standard_error: float
    squared_gradient: float
    n_samples: int
    method: str


def layerwise_noise_strength(
    network: nn.Module, inputs: Tensor, targets: Tensor, loss: PerSampleLoss
) -> NoiseStrength:
    """Return ``𝒩(θ)``, exactly, from the norms of all per-sample gradients.

    Parameters
    ----------
    network : torch.nn.Module
        At ``θ``; of layers with a rule, see :class:`LayerwisePass`.
    inputs, targets : Tensor
        All ``N`` samples.
    loss : callable
        ``(outputs, targets)`` to the ``N`` losses ``ℓ_μ``.

    Raises
    ------
    InputError
        If a layer has no rule or samples depend on one another.

    References
    ----------
    Mori, Ziyin, Liu, Ueda, *Power-Law Escape Rate of SGD* (ICML 2022), Sec. 5.2.
    """
    check_samples_are_independent(network, inputs)
    chunk = chunk_size(network, inputs)
    sums: dict[str, Tensor] = {}
    total_loss = squared_norms = 0.0
    for x, y in zip(torch.split(inputs, chunk), torch.split(targets, chunk), strict=True):
        record = LayerwisePass(network, x)
        losses = loss(record.outputs, y)
        for layer in record.factors(losses.sum()):
            norms, summed = layer.norms_and_sum()
            squared_norms += float(norms.sum(dtype=torch.float64))
            sums[layer.name] = sums[layer.name].add_(summed) if layer.name in sums else summed
        total_loss += float(losses.detach().sum(dtype=torch.float64))
    n_samples = len(inputs)
    squared_gradient = sum(_squared(total) for total in sums.values()) / n_samples**2
    return NoiseStrength(
        loss=total_loss / n_samples,
        noise_strength=squared_norms / n_samples - squared_gradient,
        standard_error=0.0,
        squared_gradient=squared_gradient,
        n_samples=n_samples,
        method="layer-wise per-sample norms",
    )


def minibatch_noise_strength(
    network: nn.Module,
    inputs: Tensor,
    targets: Tensor,
    loss: PerSampleLoss,
    *,
    batch_size: int,
    generator: torch.Generator,
) -> NoiseStrength:
    """Return ``𝒩(θ)`` estimated from the mini-batch gradients of one epoch.

    The samples are cut into batches of ``B`` at random. Every batch is a random subset, so
    ``E |∇L_B − ∇L|² = (1/B)(N−B)/(N−1) 𝒩``, and ``𝒩`` is estimated without bias from the mean over
    the batches. This is the only estimator that is defined under (ghost) batch normalisation,
    where a sample has no gradient of its own; ``∇L`` is then the mean of the batches' gradients.

    Parameters
    ----------
    network, inputs, targets, loss
        As in :func:`layerwise_noise_strength`; any layers.
    batch_size : int
        ``B``; samples beyond a multiple of it, drawn at random, are left out.
    generator : torch.Generator
        Draws the batches.

    Returns
    -------
    NoiseStrength
        Its ``standard_error`` is from the scatter of the batches: the error as an estimate for
        the population that the samples were drawn from. For these very ``N`` samples the
        error is smaller, and zero at ``B = 1``.

    Raises
    ------
    InputError
        If there are fewer than three batches, or the batch size is not a positive integer.
    """
    n_batches = len(inputs) // require_count("batch_size", batch_size)
    if n_batches < 3:
        raise InputError(
            f"batch_size = {batch_size} leaves {n_batches} batches of {len(inputs)} samples; the "
            "mini-batch estimator needs three"
        )
    n_samples = n_batches * batch_size
    order = torch.randperm(len(inputs), generator=generator)[:n_samples].to(inputs.device)
    parameters = [p for p in network.parameters() if p.requires_grad]
    mean = [torch.zeros(p.numel(), dtype=p.dtype, device=p.device) for p in parameters]
    total_loss, scatter = 0.0, []
    for count, batch in enumerate(torch.split(order, batch_size), start=1):
        mean_loss = loss(network(inputs[batch]), targets[batch]).mean()
        gradients = torch.autograd.grad(mean_loss, parameters)
        # Welford: these squares add up to Σ |∇L_B − ∇L|², without a second pass.
        squares = sum(map(_update_mean, mean, gradients, itertools.repeat(count)))
        scatter.append((count - 1) / count * squares)
        total_loss += float(mean_loss.detach())
    increments = torch.tensor(scatter, dtype=torch.float64)
    factor = batch_size * (n_samples - 1) / (n_samples - batch_size)
    return NoiseStrength(
        loss=total_loss / n_batches,
        noise_strength=factor * float(increments.mean()),
        standard_error=factor * float(increments[1:].std(correction=0)) / math.sqrt(n_batches),
        squared_gradient=sum(_squared(m) for m in mean),
        n_samples=n_samples,
        method=f"mini-batches of {batch_size}",
    )


def _update_mean(mean: Tensor, gradient: Tensor, count: int) -> float:
    """Take the ``count``-th gradient into ``mean``; return ``|gradient − mean|²`` of before.

    Block by block, because for millions of parameters the way to the memory costs as much
    as the gradient itself.
    """
    total, buffer = 0.0, torch.empty_like(mean[:_BLOCK])
    blocks = torch.split(mean, _BLOCK), torch.split(gradient.reshape(-1), _BLOCK)
    for m, g in zip(*blocks, strict=True):
        step = torch.sub(g, m, out=buffer[: len(m)])
        total += float(torch.dot(step, step))
        m.add_(step, alpha=1 / count)
    return total


def _squared(values: Tensor) -> float:
    """Return ``|values|²``; the products are exact enough in single precision, their sum is not."""
    return float(values.detach().square().sum(dtype=torch.float64))
