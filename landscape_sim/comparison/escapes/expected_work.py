"""How much work a case is expected to be, so that the longest can be begun first."""

from __future__ import annotations

import math

from landscape_sim.comparison.escapes.case import Case

#: Splitting makes about so many path-steps for a rate of e^-10 relaxation rates, and the more
#: levels there are the more walkers each needs.
_SPLITTING_STEPS, _LEVELS, _POWER = 2e6, 10.0, 2.5


def expected_path_steps(case: Case) -> float:
    """Return the path-steps that the simulation of a case is expected to make, roughly."""
    law = case.expected or case.power_law or case.arrhenius
    if case.simulation is None or law is None:
        return 0.0
    if case.simulation == "simulate":
        return case.study.n_paths * math.exp(min(-law.log_rate, 700.0)) / case.time_step
    levels = max(-law.log_rate, 1.0)
    return float(_SPLITTING_STEPS * (levels / _LEVELS) ** _POWER)
