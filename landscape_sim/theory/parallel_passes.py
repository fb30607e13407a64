"""Rates over several passes between the same two wells: they add."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from landscape_sim.theory.arrhenius import ArrheniusRate
from landscape_sim.theory.power_law import PowerLawRate

Law = TypeVar("Law", PowerLawRate, ArrheniusRate)


def sum_over_passes(laws: Sequence[Law]) -> Law:
    """Return the law of the lowest pass, its prefactor raised to the sum of all rates.

    Whoever leaves the well takes one pass or another, so the rates add (Berglund, *Kramers'
    law: validity, derivations and generalisations*, 2013, section 2.3: the capacities do). Of
    equal passes there are twice as many ways out; one that is higher adds next to nothing.

    Parameters
    ----------
    laws : sequence of PowerLawRate or of ArrheniusRate
        One for each pass, the lowest first.

    Examples
    --------
    >>> from landscape_sim.landscapes import CriticalPoint
    >>> from landscape_sim.theory.arrhenius import eyring_kramers_rate
    >>> minimum = CriticalPoint((-1.0, 0.0), 0.0, np.array([8.0, 1.0]), np.eye(2))
    >>> saddle = CriticalPoint((0.0, 1.0), 1.0, np.array([-4.0, 1.0]), np.eye(2))
    >>> one = eyring_kramers_rate(minimum, saddle, diffusion=0.2)
    >>> both = sum_over_passes([one, one])
    >>> round(both.rate / one.rate, 9), len(both.passes)
    (2.0, 2)
    """
    lowest = laws[0]
    if len(laws) == 1:
        return lowest
    log_rate = float(np.logaddexp.reduce([law.log_rate for law in laws]))
    return replace(
        lowest,
        log_prefactor=lowest.log_prefactor + log_rate - lowest.log_rate,
        log_rate=log_rate,
        passes=tuple(laws),
    )
