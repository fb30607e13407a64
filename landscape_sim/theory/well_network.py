"""Mean passage times through a network of wells, from the rates between neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landscape_sim.validation import InputError


def log_mean_passage_time(log_rates: NDArray[np.float64], start: int, target: int) -> float:
    """Return the logarithm of the mean time from one well to another, which ends the passage.

    All other wells are eliminated, one by one, by the algorithm of Grassmann, Taksar and Heyman:
    nothing is subtracted, and with logarithms nothing underflows.

    Parameters
    ----------
    log_rates : ndarray, shape (n, n)
        Logarithms of the rates from well to well, −∞ between those that no pass joins; the
        diagonal is not read.
    start, target : int
        Numbers of two wells.

    Raises
    ------
    InputError
        If no way leads from the start to the target.

    References
    ----------
    Grassmann, Taksar and Heyman, *Regenerative analysis and steady state distributions for
    Markov chains*, Oper. Res. 33 (1985) 1107.

    Examples
    --------
    A third well, from which only the start is reached, at a hundredth of the other rates:

    >>> rates = np.array([[0.0, 1.0, 1.0], [0.0, 0.0, 0.0], [0.01, 0.0, 0.0]])
    >>> with np.errstate(divide="ignore"):
    ...     float(np.exp(log_mean_passage_time(np.log(rates), start=0, target=1)).round(9))
    101.0
    """
    log_rates = np.array(log_rates, dtype=np.float64)
    np.fill_diagonal(log_rates, -np.inf)
    log_times = np.zeros(len(log_rates))
    left = list(range(len(log_rates)))
    for well in [well for well in left if well not in (start, target)]:
        left.remove(well)
        out = np.logaddexp.reduce(log_rates[well, left])
        if out == -np.inf:  # nothing leads out of it, or into it from what is left
            continue
        shares = log_rates[left, well] - out
        log_times[left] = np.logaddexp(log_times[left], shares + log_times[well])
        through = shares[:, None] + log_rates[well, left]
        log_rates[np.ix_(left, left)] = np.logaddexp(log_rates[np.ix_(left, left)], through)
        np.fill_diagonal(log_rates, -np.inf)
    if log_rates[start, target] == -np.inf:
        raise InputError(f"no way leads from well {start} to well {target}; name other wells")
    return float(log_times[start] - log_rates[start, target])
