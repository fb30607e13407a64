"""The rate at step zero from splitting at two steps, and what a third one says about it.

Nothing here runs: levels are rates at single steps, ``R`` the ratio of the first two.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace

from landscape_sim.estimators.rate_interval import log_t_interval
from landscape_sim.rare_events.replicas import degrees_of_freedom
from landscape_sim.rare_events.splitting_detail import SplittingDetail
from landscape_sim.results import Rate

#: Ratio ``R`` of the two steps. ``(R log κ_1 − log κ_R)/(R − 1)`` has the variance
#: ``(R² a² + b²)/(R − 1)²``; where a step ``R`` times as short costs ``R`` times as much, that
#: of a given size is cheapest at ``b² = sqrt(R) a²``, and with this ``R`` of all.
RATIO = 4.0
#: Standard errors of the two runs, the finer first, for a combined one of 1.
FINE_SHARE, COARSE_SHARE = math.sqrt(0.5), 1.0


def independent_correction(
    coarsest: Rate[SplittingDetail], coarse: Rate[SplittingDetail], fine: Rate[SplittingDetail]
) -> float:
    """Return what the extrapolation changes, told by errors that it does not share.

    The correction itself, ``(ln κ_1 − ln κ_R)/(R − 1)``, is small by chance where the extrapolated
    logarithm is large: to stop there would favour rates that are too large. With variances ``a²``
    and ``b²`` the sum ``b² ln κ_1 + R a² ln κ_R`` is independent of the extrapolated logarithm, and
    its distance from the same weights of ``ln κ_2R`` is proportional to the step.
    """
    a, b = (rate.relative_standard_error or 0.0 for rate in (fine, coarse))
    weights = b * b, RATIO * a * a
    distance = sum(weights) * coarsest.log_rate - weights[0] * fine.log_rate
    # In units of the finest step the levels are 1, R and 2R.
    length = (2.0 * RATIO - 1.0) * weights[0] + RATIO * weights[1]
    return -(distance - weights[1] * coarse.log_rate) / length


def left_by_a_line(
    coarsest: Rate[SplittingDetail], coarse: Rate[SplittingDetail], fine: Rate[SplittingDetail]
) -> tuple[float, float]:
    """Return what a line through the two finer levels leaves at step zero, and its error.

    Of steps 1 : R : 2R with ``ln κ = a + b h + c h²`` a line through the first two leaves ``−c R``,
    and ``c``, the second divided difference, is told by the third.
    """
    span = 2.0 * RATIO - 1.0
    weights = -1.0 / span, 1.0 / (RATIO - 1.0), -RATIO / (RATIO - 1.0) / span
    levels = coarsest, coarse, fine
    left = math.fsum(w * rate.log_rate for w, rate in zip(weights, levels, strict=True))
    errors = [rate.relative_standard_error or 0.0 for rate in levels]
    return left, math.hypot(*(w * error for w, error in zip(weights, errors, strict=True)))


def extrapolated(
    coarse: Rate[SplittingDetail],
    fine: Rate[SplittingDetail],
    path_steps: int,
    confidence_level: float,
    began: float,
) -> Rate[SplittingDetail]:
    """Return the rate at step zero, unbiased where those of the levels are."""
    a, b = fine.relative_standard_error, coarse.relative_standard_error
    assert a is not None
    assert b is not None
    # To second order a product of powers p of means is larger on average by p(p − 1)/2 of their
    # squared errors each: of p = R/(R − 1) and −1/(R − 1) this is the same.
    excess = 0.5 * RATIO / (RATIO - 1.0) ** 2 * (a**2 + b**2)
    log_rate = (RATIO * fine.log_rate - coarse.log_rate) / (RATIO - 1.0) - excess
    error = math.hypot(RATIO * a, b) / (RATIO - 1.0)
    freedom = degrees_of_freedom(min(fine.detail.n_replicas, coarse.detail.n_replicas))
    steps = (*coarse.detail.time_steps, *fine.detail.time_steps)
    return Rate(
        method="splitting",
        log_rate=log_rate,
        rate=math.exp(log_rate),
        interval=log_t_interval(log_rate, error, freedom, confidence_level),
        confidence_level=confidence_level,
        relative_standard_error=error,
        relative_discretisation_error=abs(math.expm1(fine.log_rate - log_rate)),
        path_steps=path_steps,
        wall_seconds=time.perf_counter() - began,
        detail=replace(fine.detail, time_steps=steps),
    )
