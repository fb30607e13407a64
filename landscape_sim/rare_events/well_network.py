"""From the rates between wells to the rate into the target, with its error."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from landscape_sim.rare_events.side_wells import TARGET

#: Change of a logarithm by which a derivative is taken.
_DIFFERENCE = 1e-4


def log_rate_into_target(log_rates: Mapping[tuple[int, int], float]) -> float:
    """Return the logarithm of one over the mean time from well 0 into the target.

    A path that enters a well begins anew there, at its minimum: so the wells are the states of
    a jump process, and their elimination one by one, the last first, keeps the mean time.
    Rates are only added, multiplied and divided, so that no precision is lost (Grassmann,
    Taksar and Heyman, Oper. Res. 33 (1985) 1107), and by their logarithms, which have no bounds.
    The formula's network of wells has an elimination of its own, so that neither can hide an
    error of the other.

    Parameters
    ----------
    log_rates : mapping of pairs of int to float
        Of every passage, by the numbers of the well that it leaves and of the one it enters.

    Examples
    --------
    >>> rates = {(0, 1): 2.0, (1, 0): 0.1, (0, TARGET): 0.5}
    >>> rate = log_rate_into_target({pair: math.log(rate) for pair, rate in rates.items()})
    >>> round(math.exp(-rate), 12)  # 1/0.5 in the first well and 20 times as long in the second
    42.0
    """
    n_wells = 1 + max(start for start, _ in log_rates)
    rates, times = np.full((n_wells, n_wells + 1), -np.inf), np.zeros(n_wells)
    for pair, log_rate in log_rates.items():
        rates[pair] = log_rate
    for last in range(n_wells - 1, 0, -1):
        _eliminate(last, rates, times)
    return float(rates[0, TARGET] - times[0])


def _eliminate(last: int, rates: NDArray[np.float64], times: NDArray[np.float64]) -> None:
    """Give what the last well does to the others, who enter it now in no time; all are logarithms.

    ``times`` is the time in a well times the rate out of it.
    """
    onward = [*range(last), TARGET]
    leaving = np.logaddexp.reduce(rates[last, onward])
    for well in range(last):
        share = rates[well, last] - leaving
        rates[well, onward] = np.logaddexp(rates[well, onward], share + rates[last, onward])
        times[well] = np.logaddexp(times[well], share + times[last])


def relative_error_into_target(
    log_rates: Mapping[tuple[int, int], float], errors: Mapping[tuple[int, int], float]
) -> float:
    """Return the relative standard error of that rate, from those of the passages' rates."""
    middle = log_rate_into_target(log_rates)
    total = 0.0
    for pair, error in errors.items():
        changed = {**log_rates, pair: log_rates[pair] + _DIFFERENCE}
        slope = (log_rate_into_target(changed) - middle) / _DIFFERENCE
        total += (slope * error) ** 2
    return math.sqrt(total)
