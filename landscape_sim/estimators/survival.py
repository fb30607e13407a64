"""Is the escape memoryless? Survival curve and test of exponentiality under censoring."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_sim.results import FirstPassageSample
from landscape_sim.validation import InputError, require_confidence_level

MIN_EVENTS = 5


@dataclass(frozen=True, eq=False)
class SurvivalCurve:
    """Kaplan–Meier estimate of ``S(t) = P(first passage after t)``, right-continuous steps.

    Attributes
    ----------
    times : ndarray, shape (m,)
        0, then the distinct times of the sample, ascending (units of ``t = ηk``).
    survival : ndarray, shape (m,)
        ``S`` from each time on.
    low, high : ndarray, shape (m,)
        Pointwise confidence bounds; NaN where Greenwood's variance is undefined,
        which is before the first event and where ``S = 0``.
    confidence_level : float
        Level of the pointwise bounds.
    """

    times: NDArray[np.float64]
    survival: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    confidence_level: float


def survival_curve(sample: FirstPassageSample, confidence_level: float = 0.95) -> SurvivalCurve:
    """Return the Kaplan–Meier survival curve with log-log Greenwood bounds.

    Parameters
    ----------
    sample : FirstPassageSample
        Times in units of ``t = ηk``, right-censored.
    confidence_level : float
        Pointwise level of the bounds; they are not a simultaneous band.

    Raises
    ------
    InputError
        If ``confidence_level`` is not a fraction.

    References
    ----------
    E. L. Kaplan and P. Meier, J. Am. Stat. Assoc. 53, 457 (1958); J. D. Kalbfleisch and
    R. L. Prentice, *The Statistical Analysis of Failure Time Data* (2nd ed.), section 1.4.

    Examples
    --------
    >>> sample = FirstPassageSample(np.array([1.0, 2.0, 3.0]), np.array([False, True, False]))
    >>> survival_curve(sample).survival.round(3).tolist()
    [1.0, 0.667, 0.667, 0.0]
    """
    from scipy.special import ndtri

    width = ndtri(0.5 + require_confidence_level(confidence_level) / 2.0)
    times, where, n_ended = np.unique(sample.times, return_inverse=True, return_counts=True)
    n_events = np.bincount(where, weights=~sample.is_censored)
    n_at_risk = n_ended[::-1].cumsum()[::-1]
    survival = np.cumprod(1.0 - n_events / n_at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        # The variance of log S, and from it that of log(−log S).
        variance = np.cumsum(n_events / (n_at_risk * (n_at_risk - n_events)))
        spread = width * np.sqrt(variance) / -np.log(survival)
        low, high = survival ** np.exp(spread), survival ** np.exp(-spread)
    is_defined = (survival > 0.0) & (survival < 1.0)
    return SurvivalCurve(
        times=np.append(0.0, times),
        survival=np.append(1.0, survival),
        low=np.append(1.0, np.where(is_defined, low, np.nan)),
        high=np.append(1.0, np.where(is_defined, high, np.nan)),
        confidence_level=confidence_level,
    )


@dataclass(frozen=True)
class ExponentialityTest:
    """Outcome of :func:`exponentiality_test`.

    Attributes
    ----------
    statistic : float
        Standard normal if the times are exponential; positive if the hazard grows
        with time (events come late), negative if it falls (events come early).
    p_value : float
        Two-sided.
    n_events : int
        Events behind the test.
    method : str
        Name of the test.
    """

    statistic: float
    p_value: float
    n_events: int
    method: str


def exponentiality_test(sample: FirstPassageSample) -> ExponentialityTest:
    """Test whether the first-passage times are exponential, at an unknown rate.

    The test looks for a hazard that rises or falls: paths that first have to relax
    into the well, or a part of them that leaves early. A hazard that does both
    in balance goes unnoticed.

    Parameters
    ----------
    sample : FirstPassageSample
        Uncensored, or right-censored independently of the passage (``max_time``).

    Raises
    ------
    InputError
        With fewer than 5 events, where the normal law of the statistic is not
        reached.

    Notes
    -----
    On the clock ``W(t) = Σ_j min(t_j, t)``, the total time on test, the events of
    memoryless paths are a Poisson process whatever the censoring (Aalen and Hoem):
    evenly spread over ``[0, E]``, ``E = Σ_j t_j`` the exposure. The statistic is the
    cumulative total time on test (Laplace's trend test on that clock),

    ``U = Σ_events [W(t_i) − E/2 − t_i/2]``, ``z = U / (E sqrt((d − f)/12))``,

    with ``d`` events and ``f = Σ_events t_i / E``. The term ``t_i/2`` makes the mean
    of ``U`` vanish at any sample size: it is ``−Cov(d − κE, E)/2``, as
    ``E[t 1(event)] = κ E[t²]/2`` for one path. Uncensored, ``f = 1`` and ``z`` is exactly the
    standardised sum of ``d − 1`` uniform variables; under heavy censoring ``f → 0`` and it
    is that of ``d``.

    References
    ----------
    B. Epstein, Technometrics 2, 83 (1960). O. O. Aalen and J. M. Hoem, Scand. Actuar. J.
    1978, 81.

    Examples
    --------
    >>> times = np.random.default_rng(0).weibull(3.0, size=50)  # the hazard grows as t²
    >>> exponentiality_test(FirstPassageSample(np.minimum(times, 1.0), times > 1.0)).p_value < 1e-4
    True
    """
    events = sample.n_events
    if events < MIN_EVENTS:
        raise InputError(
            f"the exponentiality test needs at least {MIN_EVENTS} events, got {events}; "
            "add paths or raise max_time"
        )
    order = np.argsort(sample.times)
    times = sample.times[order] / sample.exposure
    is_event = ~sample.is_censored[order]
    time_on_test = np.cumsum(times) + times * np.arange(times.size - 1, -1, -1)
    score = float(np.sum((time_on_test - 0.5 - times / 2)[is_event]))
    statistic = score / math.sqrt((events - float(times[is_event].sum())) / 12)
    return ExponentialityTest(
        statistic=statistic,
        p_value=math.erfc(abs(statistic) / math.sqrt(2)),
        n_events=events,
        method="cumulative total time on test",
    )
