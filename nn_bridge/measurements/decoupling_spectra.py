"""Do losses and gradients decouple? The two spectra of the paper's Section 5.1.

With one output, ``∇ℓ_μ ∇ℓ_μᵀ = 2 ℓ_μ C_μ`` with ``C_μ = ∇f_μ ∇f_μᵀ``. The theory replaces
``(1/N) Σ ℓ_μ C_μ`` by ``L (1/N) Σ C_μ``. The nonzero eigenvalues of both, of as many columns as
the network has parameters, are those of two ``N × N`` matrices made of ``G_μν = ∇f_μ·∇f_ν``:
``sqrt(ℓ_μ ℓ_ν) G_μν / N`` and ``L G_μν / N``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from landscape_sim.validation import InputError
from nn_bridge.gradients.gram import OutputGradients, matrix_bytes
from nn_bridge.memory import require_memory

#: Matrices beside the Gram matrix: the other one, and the copy that LAPACK works in.
EXTRA_MATRICES = 2


@dataclass(frozen=True)
class LeadingRanks:
    """Ratios of the largest eigenvalues that hold a share of the decoupled trace.

    Attributes
    ----------
    trace_share : float
    n_ranks : int
        How many they are.
    low, high : float
        Smallest and largest ratio among them.
    """

    trace_share: float
    n_ranks: int
    low: float
    high: float


@dataclass(frozen=True)
class FallenRanks:
    """Where the exact spectrum falls below the decoupled one for good.

    Attributes
    ----------
    ratio : float
        From ``first_rank`` on, every resolved exact eigenvalue is below this multiple of the
        decoupled one.
    first_rank : int or None
        Counted from 1; None where the last resolved ratio is not below.
    relative_eigenvalue : float
        The decoupled eigenvalue there, over the largest one.
    trace_share : float
        Of the decoupled eigenvalues from there on.
    """

    ratio: float
    first_rank: int | None
    relative_eigenvalue: float
    trace_share: float


@dataclass(frozen=True)
class DecouplingSpectra:
    """The exact and the decoupled spectrum, and how far apart they are.

    Attributes
    ----------
    loss : float
        ``L``.
    exact, decoupled : ndarray, shape (N,)
        Eigenvalues of ``(1/N) Σ ℓ_μ C_μ`` and of ``L (1/N) Σ C_μ``, largest first.
    trace_ratio : float
        ``Tr exact / Tr decoupled = 1 + Cov(ℓ_μ, |∇f_μ|²) / (L mean |∇f_μ|²)``.
    trace_ratio_error : float
        Standard error of ``trace_ratio`` over the choice of the ``N`` samples, at fixed ``θ``.
    """

    loss: float
    exact: NDArray[np.float64]
    decoupled: NDArray[np.float64]
    trace_ratio: float
    trace_ratio_error: float

    @property
    def resolution(self) -> float:
        """Eigenvalues below this are rounding errors: ``N ε`` times the largest one."""
        largest = max(self.exact[0], self.decoupled[0])
        return float(self.exact.size * np.finfo(float).eps * largest)

    @property
    def ratios(self) -> NDArray[np.float64]:
        """Exact over decoupled eigenvalue, rank by rank; NaN where one is not resolved."""
        resolved = np.minimum(self.exact, self.decoupled) > self.resolution
        return np.where(resolved, self.exact / np.where(resolved, self.decoupled, 1.0), np.nan)

    @property
    def trace_weighted_distance(self) -> float:
        """Mean of ``|exact/decoupled − 1|``, each rank weighted with its decoupled eigenvalue."""
        return float(np.abs(self.exact - self.decoupled).sum() / self.decoupled.sum())

    def leading(self, trace_share: float) -> LeadingRanks:
        """Return the ratios among the largest eigenvalues that hold a share of the trace."""
        share = np.cumsum(self.decoupled) / self.decoupled.sum()
        n_ranks = min(int(np.searchsorted(share, trace_share)) + 1, share.size)
        ratios = self.ratios[:n_ranks]
        low, high = float(np.nanmin(ratios)), float(np.nanmax(ratios))
        return LeadingRanks(trace_share, n_ranks, low, high)

    def share_within(self, tolerance: float) -> float:
        """Return the share of all ranks with a ratio between 1 − and 1 + ``tolerance``."""
        return float(np.mean(np.abs(self.ratios - 1) <= tolerance))

    def fallen(self, ratio: float) -> FallenRanks:
        """Return from which rank on the ratio stays below ``ratio``."""
        not_below = np.flatnonzero(self.ratios >= ratio)
        resolved = np.flatnonzero(np.isfinite(self.ratios))
        first = int(not_below[-1]) + 1 if not_below.size else 0
        if not resolved.size or first > resolved[-1]:
            return FallenRanks(ratio, None, math.nan, math.nan)
        rest = float(self.decoupled[first:].sum() / self.decoupled.sum())
        return FallenRanks(ratio, first + 1, float(self.decoupled[first] / self.decoupled[0]), rest)


def decoupling_spectra(
    gradients: OutputGradients, losses: NDArray[np.float64]
) -> DecouplingSpectra:
    """Return both spectra of a network with one output; its Gram matrix is used up.

    Parameters
    ----------
    gradients : OutputGradients
        Of a network with one output. ``gradients.gram`` is overwritten: at ``N = 10⁴`` a
        further copy would take 0.8 GB.
    losses : ndarray, shape (N,)
        Mean-square losses ``ℓ_μ = ½ (f_μ − y_μ)²``.

    Raises
    ------
    InputError
        If the network has several outputs, where ``∇ℓ_μ ∇ℓ_μᵀ`` is no multiple of one matrix,
        or the matrices would not fit into the memory.

    References
    ----------
    Mori, Ziyin, Liu, Ueda, *Power-Law Escape Rate of SGD* (ICML 2022), Sec. 5.1.

    Examples
    --------
    Equal losses decouple exactly:

    >>> gram = np.array([[2.0, 0.5], [0.5, 1.0]])
    >>> spectra = decoupling_spectra(OutputGradients(np.zeros((2, 1)), gram), np.full(2, 3.0))
    >>> spectra.trace_ratio, round(spectra.trace_weighted_distance, 12)
    (1.0, 0.0)
    """
    n_samples, n_outputs = gradients.outputs.shape
    if n_outputs != 1:
        raise InputError(
            f"the network has {n_outputs} outputs; decoupling is defined for one, as for parity"
        )
    if losses.shape != (n_samples,) or not (losses >= 0).all() or not losses.any():
        raise InputError(f"losses must be {n_samples} numbers, none negative and not all zero")
    require_memory(
        matrix_bytes(n_samples, EXTRA_MATRICES),
        f"two spectra of {n_samples} samples",
        "use fewer samples",
    )
    decoupled, loss = gradients.gram, float(losses.mean())
    squared_norms = decoupled.diagonal().copy()
    root = np.sqrt(losses / n_samples)
    exact = decoupled * root
    exact *= root[:, None]
    decoupled *= loss / n_samples
    ratio, error = _trace_ratio(losses, squared_norms)
    values = _descending_eigenvalues(exact)
    del exact
    return DecouplingSpectra(
        loss=loss,
        exact=values,
        decoupled=_descending_eigenvalues(decoupled),
        trace_ratio=ratio,
        trace_ratio_error=error,
    )


def _trace_ratio(
    losses: NDArray[np.float64], squared_norms: NDArray[np.float64]
) -> tuple[float, float]:
    """Return ``⟨ℓ c⟩ / (⟨ℓ⟩⟨c⟩)`` and its standard error, to first order (delta method)."""
    ell, c = losses / losses.mean(), squared_norms / squared_norms.mean()
    ratio = float((ell * c).mean())
    influence = ell * c - ratio * (ell + c - 1)
    return ratio, float(influence.std()) / math.sqrt(losses.size)


def _descending_eigenvalues(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    # torch brings MKL, which at N = 10⁴ takes half as long as the LAPACK that SciPy brings. It
    # wants columns one after the other: the symmetric matrix the other way round needs no
    # transposed copy, which takes twenty times as long as a plain one.
    values: NDArray[np.float64] = torch.linalg.eigvalsh(torch.from_numpy(matrix).mT).numpy()
    return values[::-1]
