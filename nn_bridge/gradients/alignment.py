"""Is the gradient noise aligned with the Hessian? Both from one Gram matrix.

The theory says ``Σ ≈ (2 L/B) H``. Here ``Σ₁ = (1/N) Σ_μ ∇ℓ_μ ∇ℓ_μᵀ − ∇L ∇Lᵀ``, the covariance for
``B = 1``, and ``H = (1/N) Σ_μ J_μᵀ S_μ J_μ``, the Gauss–Newton part of the Hessian, where ``J_μ``
has the rows ``∇f_k(x_μ)`` and ``S_μ = ∂²ℓ_μ/∂f²`` (the unit matrix for the mean-square loss). With
``g_μ = J_μᵀ ∂ℓ_μ/∂f``, all traces of their products are sums over the Gram matrix of the ``J_μ``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landscape_sim.validation import InputError, require_count
from nn_bridge.gradients.gram import OutputGradients, gram_bytes, matrix_bytes
from nn_bridge.memory import free_memory, require_memory
from nn_bridge.training.losses import PerSampleLoss

#: Rows of the Gram matrix where no number of samples is given.
_DEFAULT_ROWS = 2000
#: Matrices of the Gram matrix's size that are held at once, itself one of them.
_MATRICES = 4


@dataclass(frozen=True)
class Alignment:
    """How the noise covariance lies to the Gauss–Newton matrix.

    Attributes
    ----------
    loss : float
        ``L``.
    noise_strength : float
        ``𝒩 = Tr Σ₁``.
    curvature_trace : float
        ``Tr H``.
    cosine : float
        ``Tr(Σ₁ H) / (‖Σ₁‖ ‖H‖)``, Frobenius norms: 1 where the theory is exact.
    isotropic_cosine : float
        The same for noise without a direction, ``Σ₁ ∝ 1``: ``Tr H / (‖H‖ sqrt(P))``.
    curvatures : ndarray, shape (k,)
        Largest eigenvalues ``h_i`` of ``H``, descending.
    noise_along : ndarray, shape (k,)
        ``v_iᵀ Σ₁ v_i`` along their eigenvectors; the theory says ``2 L h_i`` for one output, and
        a ``K``-th of that for ``K`` outputs with independent residuals of one size.
    """

    loss: float
    noise_strength: float
    curvature_trace: float
    cosine: float
    isotropic_cosine: float
    curvatures: NDArray[np.float64]
    noise_along: NDArray[np.float64]

    @property
    def direction_ratios(self) -> NDArray[np.float64]:
        """``v_iᵀ Σ₁ v_i / (2 L h_i)``: 1 where the theory is exact, for one output."""
        ratios: NDArray[np.float64] = self.noise_along / (2 * self.loss * self.curvatures)
        return ratios


def alignment_samples(
    network: torch.nn.Module, inputs: Tensor, n_outputs: int, asked: int | None
) -> int:
    """Return over how many samples to measure the alignment, before anything else is measured.

    Parameters
    ----------
    network, inputs
        All ``N`` samples.
    n_outputs : int
        ``K``.
    asked : int or None
        None: as many as make a Gram matrix of 2000 rows, but not more than ``N`` and than what
        takes half of the free memory.

    Raises
    ------
    InputError
        If more were asked for than there are or than the memory will hold, or so few that there
        is no direction to measure along.
    """
    if asked is None:
        n_samples = min(len(inputs), max(2, _DEFAULT_ROWS // n_outputs))
        half = free_memory(inputs.device) // 2
        while n_samples > 2 and gram_bytes(network, inputs[:n_samples], _MATRICES) > half:
            n_samples //= 2
        return n_samples
    if not 2 <= asked <= len(inputs):
        raise InputError(
            f"alignment samples {asked} must be 2 to {len(inputs)}, the samples that there are, "
            "or 0 for no alignment"
        )
    require_memory(
        gram_bytes(network, inputs[:asked], _MATRICES),
        f"the alignment over {asked} samples",
        "lower alignment_samples",
    )
    return asked


def noise_alignment(
    gradients: OutputGradients,
    targets: Tensor,
    loss: PerSampleLoss,
    *,
    n_parameters: int,
    n_directions: int = 20,
) -> Alignment:
    """Return the alignment of ``Σ`` with ``H`` over the samples of a Gram matrix.

    Parameters
    ----------
    gradients : OutputGradients
        Of the ``N`` samples.
    targets : Tensor, shape (N, K)
        What the outputs are compared with.
    loss : callable
        ``(outputs, targets)`` to the ``N`` losses ``ℓ_μ``.
    n_parameters : int
        ``P``.
    n_directions : int
        Leading eigenvectors of ``H`` along which the noise is measured.

    Raises
    ------
    InputError
        If the targets do not fit, there are fewer rows than directions, or the memory is short.

    References
    ----------
    Mori, Ziyin, Liu, Ueda, *Power-Law Escape Rate of SGD* (ICML 2022), Sec. 3.
    """
    n_samples, n_outputs = gradients.outputs.shape
    if len(targets) != n_samples:
        raise InputError(f"targets must have {n_samples} rows, one a sample, got {len(targets)}")
    n_directions = require_count("n_directions", n_directions)
    if n_directions >= n_samples * n_outputs:
        raise InputError(f"n_directions = {n_directions} must be below {n_samples * n_outputs}")
    require_memory(
        matrix_bytes(n_samples * n_outputs, _MATRICES - 1),
        f"the alignment over {n_samples} samples",
        "use fewer",
    )
    losses, slopes, roots = _expand_loss(gradients.outputs, targets, loss)
    # Scaled gradients: rows S^½ J / sqrt(N) for the curvature, g / sqrt(N) for the noise.
    curvature, mixed, noise = _products(gradients.gram, slopes, roots)
    noise = noise - noise.mean(0) - noise.mean(1)[:, None] + noise.mean()
    mixed = mixed - mixed.mean(0)
    values, vectors = _leading(curvature, n_directions)
    norms = np.linalg.norm(noise), np.linalg.norm(curvature)
    return Alignment(
        loss=float(losses.mean()),
        noise_strength=float(np.trace(noise)),
        curvature_trace=float(np.trace(curvature)),
        cosine=float((mixed**2).sum() / (norms[0] * norms[1])),
        isotropic_cosine=float(np.trace(curvature) / (norms[1] * math.sqrt(n_parameters))),
        curvatures=values,
        noise_along=((mixed @ vectors) ** 2).sum(0) / values,
    )


def _expand_loss(
    outputs: NDArray[np.float64], targets: Tensor, loss: PerSampleLoss
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return ``ℓ_μ`` (N,), ``∂ℓ_μ/∂f`` (N, K) and the symmetric roots of ``S_μ`` (N, K, K)."""
    f = torch.tensor(outputs, requires_grad=True)
    losses = loss(f, targets.to(f))
    (slopes,) = torch.autograd.grad(losses.sum(), f, create_graph=True)
    # One sample's loss depends on its own outputs only, so sums over samples do not mix them.
    rows = [torch.autograd.grad(s, f, retain_graph=True)[0] for s in slopes.sum(0)]
    values, vectors = torch.linalg.eigh(torch.stack(rows, dim=1))
    roots = vectors * values.clamp(min=0.0).sqrt()[:, None, :] @ vectors.mT
    return losses.detach().numpy(), slopes.detach().numpy(), roots.numpy()


def _products(
    gram: NDArray[np.float64], slopes: NDArray[np.float64], roots: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the scalar products curvature–curvature, noise–curvature and noise–noise, over N."""
    n, k = slopes.shape
    blocks = gram.reshape(n, k, n, k)
    # Sums over the second sample's outputs first; each is one product of stacked matrices.
    half = np.matmul(gram.reshape(n * k, n, k).transpose(1, 0, 2), roots)  # (ν, μk, l)
    half = half.transpose(1, 0, 2).reshape(n, k, n * k)
    curvature = np.matmul(roots, half).reshape(n * k, n * k) / n
    mixed = np.einsum("mk,mkc->mc", slopes, half) / n
    noise = np.einsum("mk,mknl,nl->mn", slopes, blocks, slopes, optimize=True) / n
    return curvature, mixed, noise


def _leading(
    matrix: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the largest eigenvalues, descending, with their eigenvectors as columns."""
    from scipy.linalg import eigh

    # Not by Lanczos, which loses copies where outputs are alike.
    n = len(matrix)
    values, vectors = eigh(matrix, subset_by_index=[n - count, n - 1])
    return values[::-1], vectors[:, ::-1]
