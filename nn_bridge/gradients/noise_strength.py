"""The strength of the gradient noise, ``𝒩(θ) = (1/N) Σ_μ |∇ℓ_μ|² − |∇L|²``, in two ways."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from landscape_sim.estimators.student import student_error
from landscape_sim.validation import InputError, require_count
from nn_bridge.gradients.ways import Way, choose_way
from nn_bridge.training.activations import chunk_size
from nn_bridge.training.evaluation import double_copy
from nn_bridge.training.ghost_batch_norm import sample_multiple
from nn_bridge.training.losses import PerSampleLoss

#: Below this share of the mean square, single precision leaves too little of the difference.
_SAFE_SHARE = 0.01
#: Share of the mean square below which a difference is the rounding of some thousand operations.
_RESOLUTION = 2**12 * torch.finfo(torch.float64).eps
#: Batches that know their own scatter, and those below which an error would mean nothing.
_ENOUGH_BATCHES, _FEWEST_BATCHES = 32, 8
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

    By the layers' rules where plain autograd confirms them on a few samples, otherwise by
    ``torch.func``, see :func:`~nn_bridge.gradients.ways.choose_way`; ``method`` says which. Where
    the noise is so small a part of the gradients that single precision would lose it, in double.

    Parameters
    ----------
    network : torch.nn.Module
        At ``θ``.
    inputs, targets : Tensor
        All ``N`` samples.
    loss : callable
        ``(outputs, targets)`` to the ``N`` losses ``ℓ_μ``.

    Raises
    ------
    InputError
        If samples depend on one another, or the loss is not finite.

    References
    ----------
    Mori, Ziyin, Liu, Ueda, *Power-Law Escape Rate of SGD* (ICML 2022), Sec. 5.2.
    """
    way = choose_way(network, inputs)
    found = _by_samples(way, network, (inputs, targets), loss)
    squares = found.noise_strength + found.squared_gradient
    if (
        found.noise_strength < _SAFE_SHARE * squares
        and _precision(network) < torch.float64.itemsize
    ):
        doubled = tuple(v.double() if v.is_floating_point() else v for v in (inputs, targets))
        found = _by_samples(way, double_copy(network), doubled, loss)
    if abs(found.noise_strength) <= _RESOLUTION * squares:
        return replace(found, noise_strength=0.0)
    return found


def _precision(network: nn.Module) -> int:
    """Return the bytes of a weight."""
    return next(network.parameters()).element_size()


def _by_samples(
    way: Way, network: nn.Module, data: Sequence[Tensor], loss: PerSampleLoss
) -> NoiseStrength:
    chunk, n_samples = chunk_size(network, data[0]), len(data[0])
    sums: dict[str, Tensor] = {}
    total_loss = squared_norms = 0.0
    for x, y in zip(*(torch.split(values, chunk) for values in data), strict=True):
        record = way.forward(network, x)
        losses = loss(record.outputs, y)
        for layer in record.gradients(losses.sum()):
            norms, summed = layer.norms_and_sum()
            squared_norms += float(norms.sum(dtype=torch.float64))
            sums[layer.name] = sums[layer.name].add_(summed) if layer.name in sums else summed
        total_loss += float(losses.detach().sum(dtype=torch.float64))
    if not math.isfinite(total_loss):
        raise InputError("the loss is not finite at these weights; look at the network's outputs")
    squared_gradient = sum(_squared(total) for total in sums.values()) / n_samples**2
    return NoiseStrength(
        loss=total_loss / n_samples,
        noise_strength=squared_norms / n_samples - squared_gradient,
        standard_error=0.0,
        squared_gradient=squared_gradient,
        n_samples=n_samples,
        method=way.name,
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
        Largest ``B``. It is made smaller until there are 32 batches, as far as there are samples
        and ghost batches allow: ``𝒩`` does not depend on it, and few batches do not know how far
        they scatter. Samples beyond a multiple of it, drawn at random, are left out.
    generator : torch.Generator
        Draws the batches.

    Returns
    -------
    NoiseStrength
        Its ``standard_error`` is from the scatter of the batches, the standard deviation of
        Student's law for so many of them: the error as an estimate for the population that the
        samples were drawn from. For these very ``N`` samples the error is smaller, and zero at
        ``B = 1``.

    Raises
    ------
    InputError
        If there are fewer than eight batches, the batch size is no positive integer, or the loss
        is not finite.
    """
    size = _size_of_batches(network, len(inputs), batch_size)
    n_batches = len(inputs) // size
    n_samples = n_batches * size
    order = torch.randperm(len(inputs), generator=generator)[:n_samples].to(inputs.device)
    parameters = [p for p in network.parameters() if p.requires_grad]
    mean = [torch.zeros(p.numel(), dtype=p.dtype, device=p.device) for p in parameters]
    total_loss, scatter = 0.0, []
    for count, batch in enumerate(torch.split(order, size), start=1):
        mean_loss = loss(network(inputs[batch]), targets[batch]).mean()
        gradients = torch.autograd.grad(mean_loss, parameters, materialize_grads=True)
        # Welford: these squares add up to Σ |∇L_B − ∇L|², without a second pass.
        squares = sum(map(_update_mean, mean, gradients, itertools.repeat(count)))
        scatter.append((count - 1) / count * squares)
        total_loss += float(mean_loss.detach())
    if not math.isfinite(total_loss):
        raise InputError("the loss is not finite at these weights; look at the network's outputs")
    increments = torch.tensor(scatter, dtype=torch.float64)
    # What is left out makes the samples that are used a subset, whose own 𝒩 is smaller.
    of_subset = (1 - 1 / len(inputs)) / (1 - 1 / n_samples)
    factor = size * (n_samples - 1) / (n_samples - size) * of_subset
    noise_strength = factor * float(increments.mean())
    from_subset = (len(inputs) - n_samples) / (len(inputs) - 1) / n_samples
    return NoiseStrength(
        loss=total_loss / n_batches,
        noise_strength=noise_strength,
        # The first batch scatters about itself: increments are one fewer than batches.
        standard_error=(1 - 1 / n_batches) * factor * student_error(increments[1:].numpy()),
        squared_gradient=sum(_squared(m) for m in mean) - from_subset * noise_strength,
        n_samples=len(inputs),
        method=f"mini-batches of {size}",
    )


def _size_of_batches(network: nn.Module, n_samples: int, largest: int) -> int:
    """Return the largest ``B`` allowed of which there are enough batches."""
    multiple = sample_multiple(network)
    fitting = min(require_count("batch_size", largest), n_samples // _ENOUGH_BATCHES)
    size = max(fitting // multiple, 1) * multiple
    if (n_batches := n_samples // size) < _FEWEST_BATCHES:
        raise InputError(
            f"{n_samples} samples make {n_batches} batches of {size}; the mini-batch estimator "
            f"needs {_FEWEST_BATCHES}: give more samples or a smaller ghost batch"
        )
    return size


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
