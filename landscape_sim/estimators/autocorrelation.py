"""How many independent samples a correlated sequence is worth."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_sim.validation import InputError

#: Below this the sum over lags is a small difference of large numbers.
_CANCELLED = 0.5
#: A path must be this many autocorrelation times long for the estimate to be trusted.
MIN_AUTOCORRELATION_TIMES = 50


class AutocorrelationError(InputError):
    """Paths too short for their autocorrelation time.

    Attributes
    ----------
    estimate : float
        The autocorrelation time found, in samples: most likely too small.
    """

    def __init__(self, estimate: float, n_samples: int) -> None:
        self.estimate = estimate
        needed = f"take {MIN_AUTOCORRELATION_TIMES} times as many as that"
        if estimate < 1.0:
            needed = f"it alternates, so take far more than {MIN_AUTOCORRELATION_TIMES} samples"
        super().__init__(
            f"paths of {n_samples} samples are too short for their autocorrelation time, some "
            f"{estimate:.3g} samples; {needed}"
        )


def integrated_autocorrelation_time(series: ArrayLike) -> float:
    """Return ``1 + 2 Σ_k ρ_k`` of a stationary sequence, in samples.

    The mean of ``N`` samples has the variance of ``N`` divided by this number of
    independent ones.

    Parameters
    ----------
    series : array_like, shape (n_samples,) or (n_paths, n_samples)
        One sequence, or several independent ones of one law: their correlations
        ``ρ_k`` are averaged about the common mean, not about a mean of each.

    Returns
    -------
    float
        Below one for a sequence that alternates. The sum is taken over pairs,
        ``ρ_2k + ρ_2k+1``, and cut before the first that is not positive (Geyer's initial
        positive sequence): for a reversible chain all pairs are positive, so what follows is
        noise, also where the single ``ρ_k`` change their sign. A sum below one half is what is
        left where nearly everything cancels, and may come out negative: then the scatter of the
        means of ``sqrt(n_samples)`` blocks gives the time, which is positive and, for
        an alternating sequence, errs upwards.

    Raises
    ------
    AutocorrelationError
        If a path is shorter than 50 autocorrelation times, or than 50 samples, or if the means
        of the blocks do not vary. It carries the estimate.
    InputError
        If the series is empty, constant or not finite.

    References
    ----------
    C. J. Geyer, *Practical Markov chain Monte Carlo*, Statist. Sci. 7, 473 (1992), section 3.3.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=4000)
    >>> bool(0.9 < integrated_autocorrelation_time(noise) < 1.1)
    True
    """
    paths = _as_paths(series)
    covariance = _autocovariance(paths - paths.mean())
    n_pairs = covariance.size // 2
    pairs = covariance[: 2 * n_pairs].reshape(n_pairs, 2).sum(axis=1) / covariance[0]
    ends = np.flatnonzero(pairs <= 0.0)
    time = 2.0 * float(pairs[: ends[0] if ends.size else n_pairs].sum()) - 1.0
    if time < _CANCELLED:
        time = _block_time(paths)
    if time <= 0.0 or max(time, 1.0) * MIN_AUTOCORRELATION_TIMES > paths.shape[1]:
        raise AutocorrelationError(time, paths.shape[1])
    return time


def effective_sample_size(series: ArrayLike) -> float:
    """Return the number of independent samples whose mean is as precise as that of ``series``.

    Arguments and errors are those of :func:`integrated_autocorrelation_time`.

    Examples
    --------
    >>> walk = np.repeat(np.random.default_rng(0).normal(size=1000), 2)
    >>> bool(900 < effective_sample_size(walk) < 1100)
    True
    """
    return _as_paths(series).size / integrated_autocorrelation_time(series)


def _as_paths(series: ArrayLike) -> NDArray[np.float64]:
    paths = np.atleast_2d(np.asarray(series, dtype=float))
    if paths.ndim != 2 or paths.size == 0:
        raise InputError(
            "series must have the shape (n_samples,) or (n_paths, n_samples) and hold a sample, "
            f"got shape {np.shape(series)}"
        )
    if not np.isfinite(paths).all() or np.ptp(paths) == 0:
        raise InputError("series must be finite and must vary; check how it was sampled")
    return paths


def _block_time(paths: NDArray[np.float64]) -> float:
    """Return the variance of the means of blocks of even length, times that length."""
    length = 2 * math.ceil(math.sqrt(paths.shape[1]) / 2)
    n_blocks = paths.shape[1] // length
    blocks = paths[:, : n_blocks * length].reshape(-1, length).mean(axis=1)
    return length * float(np.mean((blocks - paths.mean()) ** 2) / paths.var())


def _autocovariance(paths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the autocovariance at every lag, averaged over paths that are already centred."""
    n_samples = paths.shape[1]
    # Twice the length, so that the periodic correlation of the transform does not wrap around.
    spectrum = np.abs(np.fft.rfft(paths, n=2 * n_samples, axis=1)) ** 2
    summed = np.fft.irfft(spectrum.mean(axis=0))[:n_samples]
    covariance: NDArray[np.float64] = summed / np.arange(n_samples, 0, -1)
    return covariance
