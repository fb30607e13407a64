"""Correlated sequences of known law."""

from __future__ import annotations

import math

import numpy as np
from scipy.signal import lfilter


def autoregressive(
    rng: np.random.Generator, n_paths: int, n_samples: int, rho: float
) -> np.ndarray:
    """Independent paths of ``x' = ρ x + sqrt(1 − ρ²) ξ``, standard normal from the first sample.

    The autocorrelation at lag ``k`` is ``ρ^k``, its integrated time ``(1 + ρ)/(1 − ρ)``.
    """
    noise = rng.normal(size=(n_paths, n_samples))
    noise[:, 1:] *= math.sqrt(1 - rho**2)
    return lfilter([1.0], [1.0, -rho], noise, axis=1)
