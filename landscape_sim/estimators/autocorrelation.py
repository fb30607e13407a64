"""How many independent samples a correlated sequence is worth."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_sim.validation import InputError

#: Sokal's window: lags up to this many autocorrelation times are summed.
_WINDOW = 5.0
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
        super().__init__(
            f"paths of {n_samples} samples are too short for their autocorrelation time, some "
            f"{estimate:.3g} samples; take {MIN_AUTOCORRELATION_TIMES} times as many as that"
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
        The sum is cut at the first lag beyond five times its own value (Sokal's
        window), where it would gather noise only.

    Raises
    ------
    AutocorrelationError
        If a path is shorter than 50 autocorrelation times. It carries the estimate.
    InputError
        If the series is empty, constant or not finite.

    References
    ----------
    A. Sokal, *Monte Carlo Methods in Statistical Mechanics* (1997), section 3.
    D. Foreman-Mackey et al., *emcee: The MCMC Hammer*, PASP 125, 306 (2013).

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=4000)
    >>> bool(0.9 < integrated_autocorrelation_time(noise) < 1.1)
    True
    """
    paths = _as_paths(series)
    covariance = _autocovariance(paths - paths.mean())
    times = 2.0 * np.cumsum(covariance / covariance[0]) - 1.0
    beyond = np.flatnonzero(np.arange(times.size) >= _WINDOW * times)
    time = float(times[beyond[0]] if beyond.size else times[-1])
    if time * MIN_AUTOCORRELATION_TIMES > paths.shape[1]:
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


def _autocovariance(paths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the autocovariance at every lag, averaged over paths that are already centred."""
    n_samples = paths.shape[1]
    # Twice the length, so that the periodic correlation of the transform does not wrap around.
    spectrum = np.abs(np.fft.rfft(paths, n=2 * n_samples, axis=1)) ** 2
    summed = np.fft.irfft(spectrum.mean(axis=0))[:n_samples]
    covariance: NDArray[np.float64] = summed / np.arange(n_samples, 0, -1)
    return covariance
