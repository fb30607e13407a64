"""Slopes of the mean first-passage time in the threshold, and whether they are one slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from landscape_sim.estimators import ExponentFit
from landscape_sim.estimators.replica_exponent import fit_replica_exponent

#: Passages that a threshold needs for a local slope.
_LEAST_EVENTS = 5
_RESAMPLES = 2000


@dataclass(frozen=True)
class Slopes:
    """The slope of log time in log c over all thresholds, and at both ends of them.

    Attributes
    ----------
    fit : ExponentFit or None
        Over all thresholds, those without a passage too; None with passages to fewer than two.
    local : ndarray
        Between neighbours that were passed often enough, in rising order of ``c``.
    bend : float or None
        The last of them less the first; zero for a power law. None with fewer than two.
    bend_low, bend_high : float or None
        95 % of resampled replicas.
    """

    fit: ExponentFit | None
    local: NDArray[np.float64]
    bend: float | None
    bend_low: float | None
    bend_high: float | None


def slopes_of(part: xr.Dataset, seed: int = 0) -> Slopes:
    """Return the slopes of the passages in ``part``.

    The mean time of a local slope is exposure over passages, the estimate of exponential times
    where replicas are censored. Replicas are resampled whole, as one passes all thresholds.
    """
    log_c = np.log(part["threshold"].to_numpy())
    times, is_censored = part["time"].to_numpy(), part["is_censored"].to_numpy().astype(bool)
    n_events = (~is_censored).sum(axis=1)
    fit = None
    if (n_events > 0).sum() >= 2:
        fit = fit_replica_exponent(log_c, times, is_censored)
    used = n_events >= _LEAST_EVENTS
    if used.sum() < 3:
        return Slopes(fit, np.empty(0), None, None, None)
    log_c, times, is_event = log_c[used], times[used], ~is_censored[used]

    def local(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        # A resample without a passage to a threshold has no mean time there.
        with np.errstate(divide="ignore", invalid="ignore"):
            log_mean = np.log(weights @ times.T) - np.log(weights @ is_event.T)
        slope: NDArray[np.float64] = np.diff(log_mean, axis=-1) / np.diff(log_c)
        return slope

    n_replicas = times.shape[1]
    drawn = np.random.default_rng(seed).multinomial(
        n_replicas, np.full(n_replicas, 1 / n_replicas), size=_RESAMPLES
    )
    seen = local(np.ones(n_replicas))
    resampled = local(drawn.astype(float))
    low, high = np.nanquantile(resampled[:, -1] - resampled[:, 0], (0.025, 0.975))
    return Slopes(fit, seen, float(seen[-1] - seen[0]), float(low), float(high))
