"""Data sets of known laws, drawn from a seed."""

from __future__ import annotations

import numpy as np

from landscape_sim.models.data_set import DataSet
from landscape_sim.models.linear import LinearModel
from landscape_sim.models.phase import PhaseModel
from landscape_sim.models.rank_one import RankOneModel
from landscape_sim.validation import InputError, require_count, require_positive, require_seed


def gaussian_regression(*, dimension: int, n_samples: int, seed: int = 0) -> DataSet:
    """Return linear regression with ``x`` and ``y`` independent standard normal: ``h* = 1``.

    The loss at the minimum is ½ up to ``O(N^−1/2)``.

    Raises
    ------
    InputError
        If an argument is out of range, or ``dimension`` is not below ``n_samples``.

    References
    ----------
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022, Sec. 5.3.

    Examples
    --------
    >>> data = gaussian_regression(dimension=2, n_samples=1000, seed=0)
    >>> data.inputs.shape, bool(0.4 < data.landscape.floor < 0.6)
    ((2, 1000), True)
    """
    dimension = require_count("dimension", dimension)
    n_samples = require_count("n_samples", n_samples)
    if dimension >= n_samples:
        raise InputError(
            f"dimension d = {dimension} must be below the number of samples N = {n_samples}: the "
            "loss would vanish at its minimum; take more samples"
        )
    generator = np.random.default_rng(require_seed(seed))
    inputs = generator.standard_normal((dimension, n_samples))
    return DataSet(LinearModel(dimension), inputs, generator.standard_normal(n_samples))


def phase_regression(*, label_noise: float, n_samples: int, seed: int = 0) -> DataSet:
    """Return ``y = sin x + ε`` with ``x`` uniform and ``ε`` normal of deviation ``label_noise``.

    Raises
    ------
    InputError
        If an argument is out of range.

    Examples
    --------
    >>> data = phase_regression(label_noise=1.0, n_samples=100_000, seed=0)
    >>> ratio = data.landscape.loss((np.pi,)) / data.landscape.loss((0.0,))
    >>> round(float(ratio), 1)  # 1 + 2/σ²
    3.0
    """
    label_noise = require_positive("label_noise", label_noise)
    n_samples = require_count("n_samples", n_samples, 3)
    generator = np.random.default_rng(require_seed(seed))
    x = generator.uniform(0.0, 2 * np.pi, n_samples)
    targets = np.sin(x) + label_noise * generator.standard_normal(n_samples)
    return DataSet(PhaseModel(), x[None, :], targets)


def rank_one_regression(
    *, signal: float, label_noise: float, n_samples: int, seed: int = 0
) -> DataSet:
    """Return ``y = u x + ε`` for the model ``θ_1 θ_2 x``; ``u`` is ``signal``.

    At the saddle ``L^s/L* = 1 + u²/σ²`` with ``σ = label_noise``, up to ``O(N^−1/2)``.

    Raises
    ------
    InputError
        If an argument is out of range.

    Examples
    --------
    >>> data = rank_one_regression(signal=1.0, label_noise=0.5, n_samples=100_000, seed=0)
    >>> round(float(data.landscape.loss((0.0, 0.0)) / data.landscape.floor), 0)
    5.0
    """
    signal = require_positive("signal", signal)
    label_noise = require_positive("label_noise", label_noise)
    n_samples = require_count("n_samples", n_samples, 2)
    generator = np.random.default_rng(require_seed(seed))
    inputs = generator.standard_normal((1, n_samples))
    targets = signal * inputs[0] + label_noise * generator.standard_normal(n_samples)
    return DataSet(RankOneModel(), inputs, targets)
