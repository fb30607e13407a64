"""What is said of a study before it begins."""

from __future__ import annotations

import math

from landscape_sim.comparison.escapes.case import cases, path_steps
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.escape.cost import cost_notice


def simulation_notice(study: Study, n_threads: int | None = None) -> str | None:
    """Return what to say of a study's direct simulations before it begins; None if all are short.

    With the method splitting all are: what is rare is split.
    """
    if "simulate" not in study.methods or "splitting" in study.methods:
        return None
    steps = [
        ((path_steps(study, case.escape, case.expected) or 0.0), case.escape.dimension)
        for case in cases(study)
    ]
    total = sum(n_steps for n_steps, _ in steps)
    if not total > 0.0:
        return None
    dimension = sum(n_steps * dimension for n_steps, dimension in steps) / total
    return cost_notice(math.log(total), dimension, n_threads)
