"""The confidence intervals of rates: of a count, and of a mean of times or replicas."""

from __future__ import annotations

from landscape_sim.results import ConfidenceInterval, RateInterval


def garwood_interval(n_events: int, exposure: float, confidence_level: float) -> ConfidenceInterval:
    """Return the interval of a rate of which ``n_events`` were seen in an ``exposure``.

    With ``d`` events in an exposure ``E``, ``low = χ²(α/2; 2d) / 2E`` and
    ``high = χ²(1 − α/2; 2d + 2) / 2E``.

    References
    ----------
    F. Garwood, Biometrika 28, 437 (1936).

    Examples
    --------
    >>> interval = garwood_interval(0, 1.0, 0.95)
    >>> interval.low, round(interval.high, 3)
    (0.0, 3.689)
    """
    from scipy.special import gammainccinv, gammaincinv

    tail = (1 - confidence_level) / 2
    # χ²(p; 2d) / 2 is the p-quantile of the gamma law of shape d.
    low = float(gammaincinv(n_events, tail)) / exposure if n_events else 0.0
    high = float(gammainccinv(n_events + 1, tail)) / exposure
    return ConfidenceInterval(low, high, confidence_level)


def log_t_interval(
    log_rate: float,
    relative_standard_error: float,
    degrees_of_freedom: float,
    confidence_level: float,
) -> RateInterval:
    """Return the interval of a rate that is the mean of independent replicas, or one over it.

    That mean is nearly normal, but what is left of the replicas' skewness is that of a
    log-normal law, since each is a product of many shares: Student's t on the logarithm. Of
    first-passage times, which are nearly exponential, it covers too, be there 3 or 1000.

    Examples
    --------
    >>> interval = log_t_interval(0.0, 0.1, 15, 0.95)
    >>> round(interval.low * interval.high, 12), round(interval.high, 3)
    (1.0, 1.238)
    """
    from scipy.special import stdtrit

    quantile = float(stdtrit(degrees_of_freedom, 0.5 + confidence_level / 2.0))
    width = quantile * relative_standard_error
    return RateInterval.of_logs(log_rate - width, log_rate + width)
