"""How much work a case is expected to be: what a study will cost, and which case to begin first."""

from __future__ import annotations

from landscape_sim.comparison.escapes.case import Case
from landscape_sim.theory.arrhenius import ArrheniusRate
from landscape_sim.theory.power_law import PowerLawRate

#: Path-steps of splitting for each unit of the barrier in noise strengths: at least the first
#: number, and the second over the square of the relative error. On double wells in one to four
#: dimensions, barriers of 2 to 36 and errors of 0.02 to 0.3, within a factor of three.
_STEPS_OF_A_UNIT, _STEPS_BY_ERROR = 1.2e6, 6e3
_LOWEST_BARRIER = 2.0
#: The relaxation time step of those runs.
_THEIR_STEP = 0.05


def expected_path_steps(case: Case) -> float | None:
    """Return the path-steps that the simulation of a case is expected to make.

    None where nothing tells how long an escape takes, and zero without a simulation.
    """
    if case.simulation is None:
        return 0.0
    if case.simulation == "simulate":
        return case.direct_steps
    law = law_of(case)
    if law is None:
        return None
    barrier = max(_LOWEST_BARRIER, case.log_prefactor - law.log_rate)
    steps = max(_STEPS_OF_A_UNIT, _STEPS_BY_ERROR / case.study.splitting_error**2)
    return barrier * steps * _THEIR_STEP / case.study.relaxation_time_step


def law_of(case: Case) -> PowerLawRate | ArrheniusRate | None:
    """Return the law of the noise, or the next best."""
    return (case.power_law if case.escape.noise.follows_loss else None) or case.arrhenius
