"""The escape rate from right-censored first-passage times."""

from __future__ import annotations

from landscape_sim.estimators.rate_interval import garwood_interval
from landscape_sim.results import FirstPassageSample, RateEstimate
from landscape_sim.validation import require_confidence_level


def estimate_rate(sample: FirstPassageSample, confidence_level: float = 0.95) -> RateEstimate:
    """Return the maximum-likelihood rate ``κ̂ = events / exposure`` and its interval.

    The escape is assumed to be memoryless (:func:`exponentiality_test` checks
    that). Censored paths carry no event, but their time counts as exposure:
    leaving them out would overestimate the rate.

    Parameters
    ----------
    sample : FirstPassageSample
        Times in units of ``t = ηk``, right-censored at ``max_time``.
    confidence_level : float
        Two-sided level of the interval.

    Returns
    -------
    RateEstimate
        Rates per unit of ``t``. Without an event, ``rate`` and ``low`` are 0 and
        ``high`` is ``−ln(α/2) / exposure`` with ``α = 1 − confidence_level``: a
        one-sided upper bound at level ``1 − α/2``, 3.69 / exposure at the default
        (the "rule of three", level 0.95, is ``confidence_level=0.90``). It is not
        narrowed to level ``1 − α``, because an interval whose kind depends on
        the data loses its coverage.

    Raises
    ------
    InputError
        If ``confidence_level`` is not a fraction.

    Notes
    -----
    The interval is Garwood's: :func:`landscape_sim.estimators.rate_interval.garwood_interval`.
    Observation that stops at the ``d``-th event (no censoring) has ``2κE ~ χ²(2d)``
    and would allow ``2d`` degrees of freedom at both ends; observation over a given
    exposure has a Poisson ``d`` and needs ``2d + 2`` at the upper one. A common
    ``max_time`` lies between the two. Garwood's pair is exact in the
    Poisson limit (few of many paths escape) and conservative elsewhere.

    References
    ----------
    D. R. Cox, Biometrika 40, 354 (1953).

    Examples
    --------
    >>> import numpy as np
    >>> sample = FirstPassageSample(np.array([1.0, 2.0, 5.0]), np.array([False, False, True]))
    >>> estimate_rate(sample).rate
    0.25
    """
    confidence_level = require_confidence_level(confidence_level)
    events, exposure = sample.n_events, sample.exposure
    return RateEstimate(
        rate=events / exposure,
        interval=garwood_interval(events, exposure, confidence_level),
        n_events=events,
        n_censored=sample.n_censored,
        exposure=exposure,
        method="censored-exponential maximum likelihood, Garwood interval",
    )
