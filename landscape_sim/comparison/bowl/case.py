"""One bowl at one temperature: both exponents measured, or its loss followed in time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_sim.dynamics import EulerMaruyama, LeimkuhlerMatthews, LossProportionalNoise
from landscape_sim.ensembles import sample_stationary
from landscape_sim.estimators import (
    QuadraticValleyFamily,
    StationaryExponentFit,
    fit_stationary_exponent,
)
from landscape_sim.landscapes import QuadraticBowl
from landscape_sim.results import ConfidenceInterval, StationarySample
from landscape_sim.seeds import case_seed
from landscape_sim.theory.stationary import log_loss_growth_rate

#: In units of the relaxation time at the minimum: ``L*/h`` in ``τ``, ``1/h`` in ``t``.
TIME_CHANGED_STEP = 0.05
DIRECT_STEP = 0.005
_SAMPLING_INTERVAL = 2.0
_BURN_IN = 200.0
_DURATION = 160.0
N_TIMES = 60
#: ``log(L/L*)`` beyond which squares of positions would soon overflow, and its margin in
#: standard deviations of the paths.
_LARGEST_LOG_RATIO, _MARGIN = 600.0, 8.0

CLOCKS = ("t", "tau")
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: Edges of the histogram of the radius, in units of ``sqrt(2 L*/h)``, where ``L = 2 L*``.
RADIUS_EDGES = np.geomspace(0.03, 30.0, 37)


@dataclass(frozen=True)
class ExponentMeasurement:
    """The exponents of ``P`` in ``t`` and of ``P̃`` in ``τ``, from one run.

    Attributes
    ----------
    temperature : float
        ``T``.
    fits : dict of str to StationaryExponentFit
        By clock, ``t`` and ``tau``.
    step_errors : dict of str to tuple of float
        What the time step adds to the exponent, ``(φ(Δτ) − φ(2Δτ))/3`` for a scheme of second
        order, from a second run, and the standard error of that.
    radial_densities : dict of str to tuple of ndarray
        Histogram of ``r`` in the bins of ``RADIUS_EDGES``, as a density per unit of length,
        and its standard error.
    path_steps : int
        Integration steps of both runs.
    """

    temperature: float
    fits: dict[str, StationaryExponentFit]
    step_errors: dict[str, tuple[float, float]]
    radial_densities: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]
    path_steps: int


@dataclass(frozen=True)
class TransitionMeasurement:
    """The loss of paths that start at the minimum, as time goes on.

    Attributes
    ----------
    times : ndarray, shape (n_times,)
        In units of ``t``.
    quantiles : ndarray, shape (n_times, 5)
        Quantiles ``QUANTILES`` of ``log(L/L*)`` over the paths.
    median_interval : ConfidenceInterval
        Of the median at the last time, from order statistics.
    growth_rate : float
        Mean slope of ``log L`` over the second half of the time.
    growth_interval : ConfidenceInterval
        Of the growth rate, from the scatter of the paths.
    path_steps : int
        Integration steps.
    """

    times: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    median_interval: ConfidenceInterval
    growth_rate: float
    growth_interval: ConfidenceInterval
    path_steps: int


def measure_exponents(
    bowl: QuadraticBowl,
    temperature: float,
    *,
    n_paths: int,
    n_samples: int,
    confidence_level: float,
    seed: int,
) -> ExponentMeasurement:
    """Sample the bowl by the scheme of Leimkuhler and Matthews in ``τ`` and fit both exponents.

    The weights of the samples turn averages over ``τ`` into averages over ``t``.
    """
    family = QuadraticValleyFamily(int(np.count_nonzero(bowl.curvatures)), bowl.floor)
    fits, path_steps = [], 0
    # The coarser step first: the samples kept at the end are those of the finer one.
    for factor, stream in ((2, case_seed(seed, 1)), (1, seed)):
        step = factor * TIME_CHANGED_STEP
        sample = _sample_in_tau(bowl, temperature, step, n_paths, n_samples, stream)
        log_loss, path_steps = log_losses(bowl, sample), path_steps + sample.path_steps
        weights = dict(zip(CLOCKS, (sample.weights, None), strict=True))
        fits.append(
            {
                clock: fit_stationary_exponent(log_loss, family, weight, confidence_level)
                for clock, weight in weights.items()
            }
        )
    coarse, fine = fits
    return ExponentMeasurement(
        temperature=temperature,
        fits=fine,
        step_errors={clock: _step_error(fine[clock], coarse[clock]) for clock in CLOCKS},
        radial_densities={
            clock: _radial_density(bowl, log_loss, weight) for clock, weight in weights.items()
        },
        path_steps=path_steps,
    )


def _sample_in_tau(
    bowl: QuadraticBowl, temperature: float, step: float, n_paths: int, n_samples: int, seed: int
) -> StationarySample:
    """Sample with ``step`` in units of the relaxation time at the minimum."""
    relaxation = bowl.floor / bowl.curvatures[0]
    return sample_stationary(
        bowl,
        LeimkuhlerMatthews(LossProportionalNoise(temperature), step * relaxation),
        (0.0,) * len(bowl.curvatures),
        n_paths=n_paths,
        n_samples=n_samples,
        sampling_interval=_SAMPLING_INTERVAL * relaxation,
        burn_in=_BURN_IN * relaxation,
        seed=seed,
    )


def log_losses(bowl: QuadraticBowl, sample: StationarySample) -> NDArray[np.float64]:
    """Return ``log L`` of every sample, shape ``(n_paths, n_samples)``."""
    coordinates = tuple(np.moveaxis(sample.positions, 2, 0))
    log_loss: NDArray[np.float64] = np.log(bowl.loss(coordinates))
    return log_loss


def _step_error(fine: StationaryExponentFit, coarse: StationaryExponentFit) -> tuple[float, float]:
    error = math.hypot(fine.standard_error, coarse.standard_error)
    return (fine.exponent - coarse.exponent) / 3, error / 3


def _radial_density(
    bowl: QuadraticBowl, log_loss: NDArray[np.float64], weights: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the histogram of the radius and its standard error from the scatter of the paths."""
    unit = math.sqrt(2 * bowl.floor / bowl.curvatures[0])
    # From the loss, because flat directions do not count.
    radius = np.sqrt(np.expm1(log_loss - math.log(bowl.floor)).clip(min=0.0))
    weight = np.ones_like(radius) if weights is None else weights
    n_paths, n_bins = len(radius), RADIUS_EDGES.size - 1
    # One bin more to either side; np.histogram path by path would take seconds.
    bins = np.searchsorted(RADIUS_EDGES, radius) + (n_bins + 2) * np.arange(n_paths)[:, None]
    summed = np.bincount(bins.ravel(), weight.ravel(), minlength=n_paths * (n_bins + 2))
    counts = summed.reshape(n_paths, n_bins + 2)[:, 1:-1]
    scale = weight.sum() * np.diff(RADIUS_EDGES) * unit
    return counts.sum(axis=0) / scale, counts.std(axis=0, ddof=1) * math.sqrt(n_paths) / scale


def transition_duration(curvature: float, temperature: float, n_outliers: int) -> float:
    """Return the time to follow paths: 160 relaxation times, less where the loss would overflow."""
    rate = log_loss_growth_rate(1.0, temperature, n_outliers)
    duration = _DURATION
    if rate > 0:
        # The root of rate t + margin sqrt(4 T t) = largest, with log L of variance 4 T t.
        spread = _MARGIN * math.sqrt(temperature)
        root = (math.sqrt(spread**2 + rate * _LARGEST_LOG_RATIO) - spread) / rate
        duration = min(duration, root**2)
    return duration / curvature


def measure_transition(
    bowl: QuadraticBowl,
    temperature: float,
    *,
    duration: float,
    n_paths: int,
    confidence_level: float,
    seed: int,
) -> TransitionMeasurement:
    """Follow ``log(L/L*)`` from the minimum by Euler's scheme in ``t``."""
    from scipy.stats import quantile_test

    scheme = EulerMaruyama(LossProportionalNoise(temperature), DIRECT_STEP / bowl.curvatures[0])
    sample = sample_stationary(
        bowl,
        scheme,
        (0.0,) * len(bowl.curvatures),
        n_paths=n_paths,
        n_samples=N_TIMES,
        sampling_interval=duration / N_TIMES,
        burn_in=0.0,
        seed=seed,
    )
    log_ratio = log_losses(bowl, sample) - math.log(bowl.floor)
    # A sample is taken before the last step of its interval.
    steps = sample.path_steps // (n_paths * N_TIMES) * np.arange(1, N_TIMES + 1) - 1
    times = scheme.time_step * steps.astype(float)
    half = N_TIMES // 2 - 1
    slopes = (log_ratio[:, -1] - log_ratio[:, half]) / (times[-1] - times[half])
    median = quantile_test(log_ratio[:, -1], p=0.5).confidence_interval(confidence_level)
    return TransitionMeasurement(
        times=times,
        quantiles=np.quantile(log_ratio, QUANTILES, axis=0).T,
        median_interval=ConfidenceInterval(float(median.low), float(median.high), confidence_level),
        growth_rate=float(slopes.mean()),
        growth_interval=_interval_of_mean(slopes, confidence_level),
        path_steps=sample.path_steps,
    )


def _interval_of_mean(values: NDArray[np.float64], confidence_level: float) -> ConfidenceInterval:
    from scipy.special import stdtrit

    quantile = float(stdtrit(values.size - 1, (1 + confidence_level) / 2))
    half = quantile * float(values.std(ddof=1)) / math.sqrt(values.size)
    mean = float(values.mean())
    return ConfidenceInterval(mean - half, mean + half, confidence_level)
