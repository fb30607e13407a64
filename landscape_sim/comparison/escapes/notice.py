"""What is said of a study before it begins."""

from __future__ import annotations

import math

from landscape_sim.comparison.escapes.plan import StudyPlan
from landscape_sim.escape.cost import SHORT, counted, duration_notice
from landscape_sim.workers.workers import Workers

#: Steps of one coordinate that every kernel makes in a second on a thread, formulas included. What
#: is short even so is not worth a measurement.
_SLOWEST = 3e7


def simulation_notice(plan: StudyPlan, workers: Workers | None = None) -> str | None:
    """Return what to say of a study's simulations before it begins; None if they are short.

    Parameters
    ----------
    plan : StudyPlan
        Of what is to be done.
    workers : Workers, optional
        Who does it, by default this process; of a scheduler nobody knows how many they are.
    """
    n_workers = 1 if workers is None else workers.n_workers or 1
    n_at_once = plan.n_threads * n_workers
    if plan.coordinate_steps < SHORT * _SLOWEST * n_at_once:
        return None
    seconds = plan.seconds_of_simulation / n_workers
    one = "thread" if workers is None else "worker"
    number = plan.n_threads if workers is None else n_workers
    said = duration_notice(math.log(plan.path_steps), math.log(seconds), counted(number, one))
    if said is None or "splitting" in plan.study.methods:
        return said
    return f"{said}; splitting is for rare escapes"
