"""The paper's count of outliers: participation ratio and largest eigenvalue of Σ ∇f ∇fᵀ/N."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from landscape_sim.estimators.outliers import OutlierBand, estimate_outliers
from landscape_sim.validation import InputError
from nn_bridge.data.datasets import Dataset
from nn_bridge.gradients.gram import output_gradients
from nn_bridge.training.networks import count_parameters

_EIGENVALUES = 40


@dataclass(frozen=True)
class OutlierSpectrum:
    """What the eigenvalues of ``H ≈ (1/N) Σ_μ ∇f_μ ∇f_μᵀ`` say, Eq. (45).

    Attributes
    ----------
    values : ndarray
        The largest, in descending order.
    trace, trace_of_square : float
        Of the whole matrix, exactly.
    dimension : int
        ``P``.
    """

    values: NDArray[np.float64]
    trace: float
    trace_of_square: float
    dimension: int

    @property
    def largest(self) -> float:
        """``h_max``, the paper's ``h*``."""
        return float(self.values[0])

    @property
    def participation(self) -> float:
        """``n = (Σ p_i²)⁻¹`` with ``p_i = h_i/Σ h_j``, Eq. (46)."""
        return self.trace**2 / self.trace_of_square

    def rules(self) -> OutlierBand:
        """Return ``n`` and ``h*`` by every other rule."""
        return estimate_outliers(
            self.values,
            trace=self.trace,
            trace_of_square=self.trace_of_square,
            dimension=self.dimension,
        )


def outlier_spectrum(gram: NDArray[np.float64], network: nn.Module) -> OutlierSpectrum:
    """Return the spectrum from the Gram matrix of ``∇f_μ``, whose eigenvalues are ``N`` times it.

    The traces are sums over that matrix, and the largest eigenvalues come from Lanczos on it.
    """
    from scipy.sparse.linalg import eigsh

    n_samples = len(gram)
    k = min(_EIGENVALUES, n_samples - 1)
    start = np.random.default_rng(0).standard_normal(n_samples)
    largest = np.sort(eigsh(gram, k, which="LA", v0=start, return_eigenvectors=False))[::-1]
    return OutlierSpectrum(
        values=largest / n_samples,
        trace=float(np.trace(gram)) / n_samples,
        trace_of_square=float(np.vdot(gram, gram)) / n_samples**2,
        dimension=count_parameters(network),
    )


def gram_of_outputs(network: nn.Module, dataset: Dataset) -> NDArray[np.float64]:
    """Return the ``N × N`` matrix ``∇f(x_μ)·∇f(x_ν)`` of a network with one output.

    Raises
    ------
    InputError
        If it has more outputs or less than three samples, or as
        :func:`~nn_bridge.gradients.gram.output_gradients` does.
    """
    if dataset.targets.shape[1] != 1:
        raise InputError(
            f"the paper's H needs one output, got {dataset.targets.shape[1]}; use mnist-parity"
        )
    if len(dataset) < 3:
        raise InputError(f"a spectrum needs three samples, got {len(dataset)}; use more")
    return output_gradients(network, dataset.inputs).gram
