"""A quadrature with twice the nodes until its value settles."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

from landscape_sim.exact.line.passage import PassageTime
from landscape_sim.validation import InputError


def passage_time_by_doubling(
    log_time: Callable[[int], float], fewest: int, most: int, tolerance: float, remedy: str
) -> PassageTime:
    """Return the time whose value changed by no more than ``tolerance`` when the nodes doubled.

    Parameters
    ----------
    log_time : callable
        The logarithm of the time by a quadrature with this many nodes.
    fewest, most : int
        Numbers of nodes to begin and to end with.
    tolerance : float
        Relative change at which the value is taken.
    remedy : str
        What to do where it is not reached, for the refusal.

    Raises
    ------
    InputError
        If the tolerance is not reached.
    """
    previous, nodes = math.nan, fewest
    while nodes <= most:
        value = log_time(nodes)
        # Beyond a factor e^700 it is infinite.
        error = abs(math.expm1(min(previous - value, 700.0)))
        # Beyond some size two logarithms are the same float and their times are not.
        if error <= tolerance and abs(value) * sys.float_info.epsilon <= tolerance:
            return PassageTime(value, error)
        previous, nodes = value, 2 * nodes
    raise InputError(f"the mean time is known to a relative error of {error:.1e} only{remedy}")
