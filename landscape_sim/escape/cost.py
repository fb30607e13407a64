"""What a direct simulation will cost, told before it begins where it is much."""

from __future__ import annotations

import math
import os

from landscape_sim.ensembles.accurate_rate import COARSEST_STEP, LADDER_COST, paths_for
from landscape_sim.escape.methods.exact import exact_rate
from landscape_sim.escape.methods.fixed_step import time_step_at
from landscape_sim.escape.methods.formula import arrhenius_of, power_law_of
from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.validation import InputError, require_positive, require_relative_error

#: Seconds that go without a word.
SHORT = 60.0
#: Steps of one coordinate that a thread makes in a second.
_STEPS_PER_SECOND = 4e8
_UNITS = ((365.25 * 86400.0, "years"), (86400.0, "days"), (3600.0, "hours"), (60.0, "minutes"))


def simulation_notice(
    problem: EscapeProblem,
    *,
    relative_error: float = 0.02,
    max_path_steps: float = 1e11,
    **_: object,
) -> str | None:
    """Return what to say before :func:`~landscape_sim.escape.methods.simulate.simulated_rate`.

    By the exact rate on a line and the formula's elsewhere. None where there is neither, where
    it is short, and where it will be refused. Takes the settings of that function.

    Raises
    ------
    InputError
        If one of these is out of range, as that function would.
    """
    n_paths = paths_for(require_relative_error(relative_error))
    max_path_steps = require_positive("max_path_steps", max_path_steps)
    step = time_step_at(problem, COARSEST_STEP)
    try:
        if problem.dimension == 1:
            log_rate = exact_rate(problem).log_rate
        else:
            law = power_law_of if problem.noise.follows_loss else arrhenius_of
            log_rate = law(problem).log_rate
    except InputError:
        return None
    log_steps = math.log(n_paths * LADDER_COST / step) - log_rate
    if log_steps > math.log(max_path_steps):
        return None
    return cost_notice(log_steps, problem.dimension)


def cost_notice(log_steps: float, dimension: float, n_threads: int | None = None) -> str | None:
    """Return what to say of so many path-steps before they begin; None below a minute.

    Parameters
    ----------
    log_steps : float
        Their logarithm.
    dimension : float
        Coordinates of a position, on average.
    n_threads : int, optional
        All cores by default.

    Examples
    --------
    >>> cost_notice(math.log(1e9), 1, n_threads=2)  # some seconds: not a word
    >>> cost_notice(math.log(3e14), 1, n_threads=2)
    'about 3e+14 path-steps, some 4 days on 2 threads; splitting is for rare escapes'
    """
    threads = n_threads or os.cpu_count() or 1
    log_seconds = log_steps + math.log(dimension / (_STEPS_PER_SECOND * threads))
    said = duration_notice(log_steps, log_seconds, counted(threads, "thread"))
    return said and f"{said}; splitting is for rare escapes"


def duration_notice(log_steps: float, log_seconds: float, means: str) -> str | None:
    """Return what to say of so many path-steps that take so many seconds; None below a minute.

    Both are logarithms: there may be more than a float holds.

    >>> duration_notice(math.log(2e12), math.log(7300), "2 workers")
    'about 2e+12 path-steps, some 2 hours on 2 workers'
    """
    if log_seconds < math.log(SHORT):
        return None
    scale, unit = next((one for one in _UNITS if log_seconds >= math.log(one[0])), _UNITS[-1])
    duration = f"{_number(log_seconds - math.log(scale))} {unit}"
    return f"about {_number(log_steps)} path-steps, some {duration} on {means}"


def counted(number: int, noun: str) -> str:
    """Return so many of a thing.

    >>> counted(1, "thread"), counted(2, "thread")
    ('1 thread', '2 threads')
    """
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _number(logarithm: float) -> str:
    """Return ``e^logarithm`` to one digit, however large."""
    decades = math.floor(logarithm / math.log(10.0) + 1e-9)
    digits = math.exp(logarithm - decades * math.log(10.0))
    return f"{digits * 10**decades:.0f}" if decades < 4 else f"{digits:.0f}e+{decades}"
